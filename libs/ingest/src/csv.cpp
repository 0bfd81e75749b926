#include "risk/ingest/csv.hpp"

#include <filesystem>
#include <fstream>

#include "header_error.hpp"
#include "input_file.hpp"
#include "layout.hpp"
#include "nearest_format.hpp"
#include "risk/base/text.hpp"
#include "row_values.hpp"
#include "table.hpp"

namespace risk::ingest {
namespace {

// Of a path, what a template calls {file}.
std::string stem_of(const std::string& path) {
  return printable(std::filesystem::path(path).stem().string());
}

}  // namespace

// A reader of a file of its own, or of a stream that someone else owns. A foreign file is decoded on the way.
class TransactionReader::Impl {
 public:
  Impl(const std::string& path, const Format& format)
      : format_(format),
        file_(open_input(path)),
        input_(decoded(file_)),
        table_(make_table(path)),
        values_(layout(), stem_of(path)) {}
  Impl(std::istream& input, const std::string& name, const Format& format)
      : format_(format), input_(decoded(input)), table_(make_table(name)), values_(layout(), stem_of(name)) {}

  Step read(engine::Transaction& transaction, BadRow& bad) {
    while (true) {
      const Step step = table_.next();
      if (step == Step::kBadRow) bad = table_.bad_row();
      if (step != Step::kValue) return step;
      if (values_.is_skipped(table_)) {
        ++rows_skipped_;
        continue;
      }
      auto problem = values_.read(table_, transaction);
      if (!problem) return step;
      bad = std::move(*problem);
      return Step::kBadRow;
    }
  }

  const Table& table() const { return table_; }
  std::uint64_t rows_skipped() const { return rows_skipped_ + table_.rows_passed_over(); }
  std::uint64_t bytes_read() const { return decoder_ ? decoder_->bytes_in() : table_.bytes_read(); }

 private:
  const Layout& layout() const { return format_.layout(); }

  std::istream& decoded(std::istream& input) {
    if (layout().encoding == Encoding::kUtf8) return input;
    decoder_.emplace(input, layout().encoding);
    decoded_.emplace(&*decoder_);
    decoded_->exceptions(std::ios::badbit);  // so that what the decoder throws comes through
    return *decoded_;
  }

  Table make_table(const std::string& name) try {
    return Table(input_, name, layout().table);
  } catch (const HeaderError& error) {
    throw CsvError(error.what() + nearest_format(error, layout()));
  }

  Format format_;
  std::ifstream file_;
  std::optional<Decoder> decoder_;
  std::optional<std::istream> decoded_;
  std::istream& input_;
  Table table_;
  RowValues values_;
  std::uint64_t rows_skipped_ = 0;
};

TransactionReader::TransactionReader(const std::string& path, const Format& format)
    : impl_(std::make_unique<Impl>(path, format)) {}
TransactionReader::TransactionReader(std::istream& input, const std::string& name, const Format& format)
    : impl_(std::make_unique<Impl>(input, name, format)) {}
TransactionReader::~TransactionReader() = default;

std::optional<std::variant<engine::Transaction, BadRow>> TransactionReader::next() {
  engine::Transaction transaction;
  BadRow bad;
  switch (read(transaction, bad)) {
    case Step::kValue:
      return transaction;
    case Step::kBadRow:
      return bad;
    case Step::kEnd:
      break;
  }
  return std::nullopt;
}
Step TransactionReader::read(engine::Transaction& transaction, BadRow& bad) {
  return impl_->read(transaction, bad);
}
std::uint64_t TransactionReader::bytes_read() const {
  return impl_->bytes_read();
}
std::uint64_t TransactionReader::rows_skipped() const {
  return impl_->rows_skipped();
}
std::uint64_t TransactionReader::line() const {
  return impl_->table().line();
}
std::string TransactionReader::raw() const {
  return impl_->table().raw();
}

}  // namespace risk::ingest
