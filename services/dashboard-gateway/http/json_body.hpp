// What a JSON text must not have, and nlohmann::json takes without a word.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace risk::gateway {

// The first member that an object of this text has twice, at any depth: which of the two counts would depend on who
// reads it. Nothing when there is none, or the text is no JSON.
std::optional<std::string> repeated_member(std::string_view json);

}  // namespace risk::gateway
