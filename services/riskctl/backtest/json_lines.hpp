// Writes JSON objects, one a line, in constant memory. Keys come as they are written; texts are UTF-8, and what would
// pass for something else on a terminal (is_plain()) is escaped.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "risk/base/json.hpp"

namespace risk::riskctl {

class JsonLines {
 public:
  // `out` must outlive it.
  explicit JsonLines(std::ostream& out) : out_(out) {}

  // A line is begin(), its members, end().
  JsonLines& begin(std::string_view kind);  // {"kind":"event"
  JsonLines& text(std::string_view key, std::string_view value);
  JsonLines& text_or_null(std::string_view key, const std::optional<std::string>& value);
  JsonLines& number(std::string_view key, std::uint64_t value);
  // An object as a member: its own members, close().
  JsonLines& open(std::string_view key);
  JsonLines& close();
  void end();

  // Writes what is still here. Throws std::runtime_error if anything could not be written.
  void finish();

 private:
  void flush();

  std::ostream& out_;
  JsonWriter json_{0, JsonText::kVisible};
};

}  // namespace risk::riskctl
