// FIX messages as tests write them: fields with | between them, without BodyLength and CheckSum.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>

#include "drop-copy/fix/message.hpp"

namespace risk::drop_copy::test {

// "35=8|150=F" as the fields of a message.
inline std::string fields(std::string text) {
  std::replace(text.begin(), text.end(), '|', kSoh);
  return text.empty() ? text : text + kSoh;
}

// A whole message of these fields.
inline std::string message(const std::string& text, const std::string& begin_string = "FIX.4.4") {
  const auto body = fields(text);
  const auto head = "8=" + begin_string + kSoh + "9=" + std::to_string(body.size()) + kSoh + body;
  char trailer[8];
  std::snprintf(trailer, sizeof trailer, "10=%03u%c", fix_checksum(head), kSoh);
  return head + trailer;
}

}  // namespace risk::drop_copy::test
