// Texts put together with a separator between each two.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace risk {

// "a, b" of {"a", "b"} and ", ". `items` is any range; `text_of` makes the text of one.
template <class Range, class TextOf = std::identity>
std::string join(const Range& items, std::string_view separator, const TextOf& text_of = {}) {
  std::string text;
  bool is_first = true;
  for (const auto& item : items) {
    if (!is_first) text.append(separator);
    text.append(std::invoke(text_of, item));
    is_first = false;
  }
  return text;
}

}  // namespace risk
