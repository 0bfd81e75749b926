// Numbers as foreign files write them, brought into the one form that risk::parse_decimal_units reads. Nothing is
// rounded, and what could be two numbers is none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace risk::ingest {

// How a file writes all of its numbers.
struct NumberStyle {
  char decimal = '.';                   // '.' or ','; 0: the format does not say, and what is ambiguous is refused
  char thousands = '\0';                // ',' '.' '\'' or ' ' (which stands for no-break spaces too); 0: none
  bool has_exponents = false;           // 1e-7
  bool has_parentheses = false;         // (5): -5
  std::vector<std::string> prefixes{};  // "$", before or after a sign
};

// How one field differs.
struct NumberForm {
  // Above 0: a number without a decimal mark counts units of 10^-implied_places, and one with a mark has to have
  // exactly so many decimals.
  int implied_places = 0;
  int times = 1;  // what the number is multiplied by, above 0: what one unit in the file stands for
};

// Sets `plain` to the number of `text` as [-]digits[.digits], times 10^shift. Returns why `text` is none. Its length is
// bounded by that of `text`, and by 100 characters more.
std::optional<std::string> read_number(std::string_view text, const NumberStyle& style, const NumberForm& form,
                                       int shift, std::string& plain);

}  // namespace risk::ingest
