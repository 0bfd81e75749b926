// Strong ids: a client id cannot stand where a symbol goes. An id is 1 to 50 bytes of UTF-8 without control
// characters; id_problem() judges a text from outside, the types do not judge.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace risk {

inline constexpr std::size_t kIdBytesMax = 50;

template <class Tag>
struct Id {
  std::string text;

  Id() = default;
  explicit Id(std::string id) : text(std::move(id)) {}

  bool empty() const { return text.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;  // byte order
};

using ClientId = Id<struct ClientIdTag>;
using Symbol = Id<struct SymbolTag>;

// Why text cannot be an id ("empty", "longer than 50 bytes", "contains a control character",
// "not valid UTF-8"), or nothing when it can.
std::optional<std::string_view> id_problem(std::string_view text);

bool is_valid_utf8(std::string_view text);

// text with every invalid byte and control character written \xNN, cut to at most `bytes_max` bytes: safe for a
// log, a database and JSON.
std::string printable(std::string_view text, std::size_t bytes_max = 200);

}  // namespace risk

template <class Tag>
struct std::hash<risk::Id<Tag>> {
  std::size_t operator()(const risk::Id<Tag>& id) const { return std::hash<std::string>{}(id.text); }
};
