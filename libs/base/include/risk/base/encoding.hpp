// Bytes as text and back: hexadecimal, base64, percent-encoding. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace risk {

// 0 to 15, of a digit in either case; -1: it is none.
int hex_value(char digit);

// Two lower-case digits a byte.
std::string to_hex(std::string_view bytes);
// Two upper-case digits a byte, as RFC 2045 wants them in a mail.
std::string to_upper_hex(std::string_view bytes);
// 16 lower-case digits, the most significant first.
std::string to_hex(std::uint64_t number);

// What to_hex(bytes) made; upper case is refused, so that each text has one spelling.
std::optional<std::string> from_hex(std::string_view digits);

// RFC 4648, with padding, without line breaks.
std::string base64(std::string_view bytes);

// No value: a '%' without two hexadecimal digits. '+' stays '+'.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace risk
