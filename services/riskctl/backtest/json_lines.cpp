#include "riskctl/backtest/json_lines.hpp"

#include "risk/service/output.hpp"

namespace risk::riskctl {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

}  // namespace

JsonLines& JsonLines::begin(std::string_view kind) {
  json_.begin_object();
  return text("kind", kind);
}

JsonLines& JsonLines::text(std::string_view key, std::string_view value) {
  json_.member(key, value);
  return *this;
}

JsonLines& JsonLines::text_or_null(std::string_view key, const std::optional<std::string>& value) {
  json_.member(key, value);
  return *this;
}

JsonLines& JsonLines::number(std::string_view key, std::uint64_t value) {
  json_.member(key, value);
  return *this;
}

JsonLines& JsonLines::open(std::string_view key) {
  json_.key(key);
  json_.begin_object();
  return *this;
}

JsonLines& JsonLines::close() {
  json_.end_object();
  return *this;
}

void JsonLines::end() {
  json_.end_object();
  json_.end_line();
  if (json_.text().size() >= kBufferBytes) flush();
}

void JsonLines::finish() {
  flush();
  service::finish_output(out_);
}

void JsonLines::flush() {
  const auto lines = json_.take();
  out_.write(lines.data(), static_cast<std::streamsize>(lines.size()));
}

}  // namespace risk::riskctl
