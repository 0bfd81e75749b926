// What a fuzzer's bytes are taken for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace risk::fuzz {

// Values read off the front; zeros when nothing is left.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }

  template <class T>
  T take() {
    T value{};
    const std::size_t size = std::min(sizeof value, rest_.size());
    std::memcpy(&value, rest_.data(), size);
    rest_.remove_prefix(size);
    return value;
  }
  // 0 to below `end`.
  std::uint32_t below(std::uint32_t end) { return take<std::uint16_t>() % end; }

  std::string text(std::size_t size_max) {
    const std::size_t wanted = take<std::uint8_t>() % (size_max + 1);
    const std::size_t size = std::min(wanted, rest_.size());  // of what is left after that
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }

 private:
  std::string_view rest_;
};

}  // namespace risk::fuzz
