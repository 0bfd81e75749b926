// Texts put together with a separator between each two.
#pragma once

#include <string>
#include <string_view>

namespace risk {

// "a, b" of {"a", "b"} and ", ". `words` is any range of texts.
template <class Range>
std::string join(const Range& words, std::string_view separator) {
  std::string text;
  bool is_first = true;
  for (const auto& word : words) {
    if (!is_first) text.append(separator);
    text.append(word);
    is_first = false;
  }
  return text;
}

}  // namespace risk
