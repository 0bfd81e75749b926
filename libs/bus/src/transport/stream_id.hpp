// A stream id as frames carry it: 16 bytes.
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <string_view>

#include "risk/bus/message.hpp"

namespace risk::bus {

using StreamKey = std::array<unsigned char, 16>;

// No value: text is not 32 lower-case hexadecimal digits.
std::optional<StreamKey> parse_stream_id(std::string_view text);
StreamId to_stream_id(const StreamKey& key);

struct StreamKeyHash {
  std::size_t operator()(const StreamKey& key) const {
    std::uint64_t halves[2];
    std::memcpy(halves, key.data(), sizeof halves);
    return std::hash<std::uint64_t>{}(halves[0] ^ halves[1] * 0x9e3779b97f4a7c15u);
  }
};

}  // namespace risk::bus
