// Field lines of a header or of trailers (RFC 9112 5).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "risk/base/result.hpp"
#include "risk/http/message.hpp"

namespace risk::http {

class Fields {
 public:
  std::optional<Refusal> add(std::string_view line);

  std::size_t size() const { return fields_.size(); }
  // Every value of this name, in order.
  std::vector<std::string_view> all(std::string_view name) const;
  bool has(std::string_view name) const { return !all(name).empty(); }
  // Of a field that may come once: its value, nothing, or 400 when it came twice.
  Result<std::optional<std::string_view>, Refusal> single(std::string_view name) const;
  // Of a list field: its lines put together with commas.
  std::string list(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace risk::http
