#include "riskctl/convert/convert.hpp"

#include <filesystem>
#include <optional>
#include <stdexcept>

#include "risk/base/join.hpp"
#include "risk/base/json.hpp"
#include "risk/base/os.hpp"
#include "risk/base/text.hpp"
#include "risk/ingest/csv.hpp"
#include "risk/ingest/csv_row.hpp"
#include "riskctl/table.hpp"

namespace risk::riskctl {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

[[noreturn]] void fail(const FileProblem& problem) {
  throw std::runtime_error("cannot " + problem.doing + " " + problem.path + ": " + errno_text(problem.error));
}

void check_output(const std::string& input, const std::string& output) {
  const auto source = file_id(input);
  for (const std::string& path : {output, FileReplacement::temporary_of(output)}) {
    const auto target = file_id(path);
    if (target && source && *target == *source) throw std::runtime_error(path + ": is the file to read");
  }
  std::error_code unknown;
  const auto status = std::filesystem::status(output, unknown);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw std::runtime_error(output + ": is no file that could be replaced; without OUT the rows go to the output");
  }
}

// Where the rows go: a file, which replaces an older one when all is written, or a stream.
class Output {
 public:
  Output(const std::string& path, std::ostream& out) : out_(out) {
    if (path.empty()) return;
    file_.emplace(path, 0666);
    if (const auto problem = file_->open()) fail(*problem);
  }

  std::string& buffer() { return buffer_; }

  void flush_if_full() {
    if (buffer_.size() >= kBufferBytes) flush();
  }
  void finish() {
    flush();
    if (!file_) return;
    if (const auto problem = file_->commit()) fail(*problem);
  }

 private:
  void flush() {
    if (file_) {
      if (const auto problem = file_->write(buffer_)) fail(*problem);
    } else {
      out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
      if (!out_) throw std::runtime_error("the output cannot be written");
    }
    buffer_.clear();
  }

  std::ostream& out_;
  std::optional<FileReplacement> file_;
  std::string buffer_;
};

// What is told of the rows.
class Report {
 public:
  Report(std::ostream& err, std::string file, bool as_json) : err_(err), file_(std::move(file)), as_json_(as_json) {}

  void refuse(const ingest::BadRow& row) {
    ++refused_;
    const auto& [field, value, reason] = row.rejection;
    if (as_json_) {
      json_.begin_object();
      json_.member("kind", "refused");
      json_.member("line", row.line);
      json_.member("field", field);
      json_.member("value", value);
      json_.member("reason", reason);
      return end_line();
    }
    err_ << "riskctl: " << display_line(file_) << ':' << row.line << ": " << display_line(field)
         << (field.empty() ? "\"" : " \"") << display_line(value) << "\": " << display_line(reason) << '\n';
  }

  void finish(const std::string& format, std::uint64_t converted, std::uint64_t filtered) {
    if (as_json_) {
      json_.begin_object();
      json_.member("kind", "summary");
      json_.member("file", file_);
      json_.member("format", format);
      json_.member("converted", converted);
      json_.member("filtered", filtered);
      json_.member("refused", refused_);
      return end_line();
    }
    err_ << "riskctl: " << display_line(file_) << ": " << converted << " converted, " << filtered << " filtered, "
         << refused_ << " refused\n";
  }

 private:
  // Written at once: what was refused is told even if reading fails later.
  void end_line() {
    json_.end_object();
    json_.end_line();
    err_ << json_.take();
  }

  std::ostream& err_;
  JsonWriter json_{0, JsonText::kVisible};
  std::string file_;
  bool as_json_;
  std::uint64_t refused_ = 0;
};

}  // namespace

void convert_file(const Options& options, const std::string& input, const std::string& output, std::ostream& out,
                  std::ostream& err) {
  if (!output.empty()) check_output(input, output);
  ingest::TransactionReader reader(input, options.input_format.format);
  Output rows(output, out);
  Report report(err, input, options.json);
  ingest::append_csv_header(rows.buffer());
  engine::Transaction transaction;
  ingest::BadRow bad;
  std::uint64_t converted = 0;
  for (auto step = reader.read(transaction, bad); step != ingest::Step::kEnd; step = reader.read(transaction, bad)) {
    if (step == ingest::Step::kBadRow) {
      report.refuse(bad);
      continue;
    }
    ++converted;
    ingest::append_csv_row(rows.buffer(), transaction);
    rows.flush_if_full();
  }
  rows.finish();
  report.finish(options.input_format.format.name(), converted, reader.rows_skipped());
}

void list_formats(const Options& options, std::ostream& out) {
  TextTable table({{"format"}, {"needs by --set"}, {"of"}});
  JsonWriter json{0, JsonText::kVisible};
  for (const auto& shipped : ingest::shipped_formats()) {
    const auto about = ingest::describe(shipped);
    if (options.json) {
      json.begin_object();
      json.member("kind", "format");
      json.member("name", shipped.name);
      json.member("description", std::string_view(about.description));
      json.key("needs");
      json.begin_array();
      for (const std::string& need : about.needs) json.value(std::string_view(need));
      json.end_array();
      json.end_object();
      json.end_line();
    } else {
      table.add({std::string(shipped.name), join(about.needs, ","), about.description});
    }
  }
  if (options.json) {
    out << json.text();
  } else {
    table.print(out);
  }
}

}  // namespace risk::riskctl
