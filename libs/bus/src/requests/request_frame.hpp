// A request or a reply as bytes (libs/bus/README.md, "Requests"). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"

namespace risk::bus {

enum class RequestKind : std::uint8_t { kRequest = 1, kReply = 2 };

inline constexpr std::size_t kRequestOverheadBytes = 24;

struct RequestFrame {
  RequestKind kind = RequestKind::kRequest;
  std::uint64_t number = 0;
  std::string_view payload;  // looks into the bytes that were decoded
};

std::string encode_request_frame(const RequestFrame& frame);
// Errors: a clause that names what is wrong and at which byte.
Result<RequestFrame> decode_request_frame(std::string_view bytes);

}  // namespace risk::bus
