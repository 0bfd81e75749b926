// The CSV readers: any bytes give rows, bad rows or a CsvError, and each row that was read is read the same again.
#include <sstream>

#include "input.hpp"
#include "risk/base/check.hpp"
#include "risk/ingest/csv.hpp"

namespace {

using namespace risk;

template <class Reader>
void read_all(const std::string& text) {
  std::istringstream input(text);
  try {
    Reader reader(input, "fuzz.csv");
    std::uint64_t line = 0;
    while (const auto row = reader.next()) {
      RISK_CHECK(reader.line() > line);
      line = reader.line();
      const auto* bad = std::get_if<ingest::BadRow>(&*row);
      if (bad == nullptr) continue;
      RISK_CHECK(bad->line == line);
      RISK_CHECK(!bad->rejection.reason.empty());
      RISK_CHECK(bad->raw.size() <= ingest::kRawBytesMax && is_valid_utf8(bad->raw));
    }
  } catch (const ingest::CsvError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  // As it is, and as the rows of a file whose header is right.
  read_all<ingest::TransactionReader>(text);
  read_all<ingest::PositionReader>(text);
  read_all<ingest::TransactionReader>(
      "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n" + text);
  read_all<ingest::TransactionReader>(
      "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market,kind,ref_transaction_"
      "id"
      "\n" +
      text);
  read_all<ingest::PositionReader>("client_id,symbol,quantity,price,currency\n" + text);
  read_all<ingest::PriceReader>("at,symbol,price,currency\n" + text);
  read_all<ingest::InstrumentReader>(
      "symbol,multiplier,currency,contract,expires_at,allows_negative,name,asset_class\n" + text);
  read_all<ingest::AdjustmentReader>("effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n" + text);
  read_all<ingest::RateReader>("at,currency,rate\n" + text);
  return 0;
}
