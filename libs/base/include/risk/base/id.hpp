// Strong ids: a client id cannot stand where a symbol goes. An id is 1 to 50 bytes of UTF-8 without control
// characters; id_problem() judges a text from outside, the types do not judge.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/text.hpp"

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

// The same of an id or a name that a person types: it also must not pass for another one (plain_text_problem()). What
// feeds send is judged by id_problem() alone, and shown by display_line().
std::optional<std::string> name_problem(std::string_view text);

}  // namespace risk

template <class Tag>
struct std::hash<risk::Id<Tag>> {
  std::size_t operator()(const risk::Id<Tag>& id) const { return std::hash<std::string>{}(id.text); }
};
