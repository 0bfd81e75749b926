// Formats and files together: any YAML gives a format or mistakes, any format and any file give rows, bad rows or a
// CsvError, and each transaction is the same again when it is written as canonical CSV and read.
#include <sstream>

#include "input.hpp"
#include "risk/base/check.hpp"
#include "risk/ingest/csv.hpp"
#include "risk/ingest/csv_row.hpp"

namespace {

using namespace risk;

void check_round_trip(const engine::Transaction& transaction) {
  std::string text;
  ingest::append_csv_header(text);
  ingest::append_csv_row(text, transaction);
  if (text.size() > ingest::kRowBytesMax) return;  // which no row of a file may be
  std::istringstream input(text);
  ingest::TransactionReader reader(input, "again.csv");
  const auto row = reader.next();
  RISK_CHECK(row && std::holds_alternative<engine::Transaction>(*row));
  RISK_CHECK(std::get<engine::Transaction>(*row) == transaction);
  RISK_CHECK(!reader.next());
}

void read_all(const std::string& text, const ingest::Format& format) {
  std::istringstream input(text);
  try {
    ingest::TransactionReader reader(input, "folder/fuzz.csv", format);
    std::uint64_t line = 0;
    while (const auto row = reader.next()) {
      RISK_CHECK(reader.line() > line);
      line = reader.line();
      if (const auto* transaction = std::get_if<engine::Transaction>(&*row)) {
        check_round_trip(*transaction);
        continue;
      }
      const auto& bad = std::get<ingest::BadRow>(*row);
      RISK_CHECK(bad.line == line && !bad.rejection.reason.empty());
      RISK_CHECK(bad.raw.size() <= ingest::kRawBytesMax && is_valid_utf8(bad.raw));
      RISK_CHECK(is_valid_utf8(bad.rejection.field) && is_valid_utf8(bad.rejection.value));
    }
  } catch (const ingest::CsvError& error) {
    RISK_CHECK(is_valid_utf8(error.what()));
  }
}

}  // namespace

// A byte that says whose format; of one's own format its YAML, up to a NUL; the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto shipped = ingest::shipped_formats();
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] <= shipped.size() && data[0] > 0) {
    const auto format = ingest::Format::load(std::string(shipped[data[0] - 1].name),
                                             {{"client_id", "C"}, {"currency", "USD"}, {"zone", "America/New_York"}});
    RISK_CHECK(format.ok());
    read_all(std::string(rest), *format);
    return 0;
  }
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  const auto format = ingest::Format::parse(rest.substr(0, end), "fuzz.yaml");
  if (format) {
    read_all(std::string(rest.substr(std::min(end + 1, rest.size()))), *format);
  } else {
    RISK_CHECK(!format.error().empty());
    for (const auto& mistake : format.error()) RISK_CHECK(is_valid_utf8(mistake));
  }
  return 0;
}
