// A text of at most N bytes that is kept in place: copied without the heap, for values of which there are millions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "risk/base/check.hpp"

namespace risk {

template <std::size_t N>
class ShortText {
  static_assert(N <= 255);

 public:
  ShortText() = default;
  // Precondition: text.size() <= N.
  ShortText(std::string_view text) : size_(static_cast<std::uint8_t>(text.size())) {  // NOLINT: as std::string is made
    RISK_CHECK(text.size() <= N);
    text.copy(bytes_.data(), N);
  }
  ShortText(const std::string& text) : ShortText(std::string_view(text)) {}  // NOLINT
  ShortText(const char* text) : ShortText(std::string_view(text)) {}         // NOLINT

  std::string_view view() const { return {bytes_.data(), size_}; }
  operator std::string_view() const { return view(); }  // NOLINT: it is a text
  bool empty() const { return size_ == 0; }

  friend bool operator==(const ShortText& a, const ShortText& b) { return a.view() == b.view(); }

 private:
  std::array<char, N> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace risk
