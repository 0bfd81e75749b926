// The characters and lists of RFC 9110's grammar.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace risk::http {

bool is_digit(char c);
bool is_hex_digit(char c);
bool is_token(std::string_view text);        // 1*tchar
bool is_field_value(std::string_view text);  // no control character but the tab; bytes from 0x80 on are allowed

std::string_view trimmed(std::string_view text);  // without blanks and tabs at both ends
// The elements of a comma-separated list, trimmed. Empty ones are left out, as RFC 9110 5.6.1.2 has it.
std::vector<std::string_view> list_elements(std::string_view text);
bool list_contains(std::string_view list, std::string_view element);  // ignoring case

// All of `text` as a number in base 10 or 16 without sign or blanks. No value: it is none; too large: the largest one.
std::optional<std::uint64_t> whole_number(std::string_view text, int base);

}  // namespace risk::http
