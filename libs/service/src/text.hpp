// Escaping of texts that come from outside, for logfmt. JSON is written by risk/base/json.hpp.
#pragma once

#include <string>
#include <string_view>

namespace risk::service {

// As it is where that is unambiguous, else in double quotes with \" \\ \n \r \t, \uNNNN or \UNNNNNNNN for what is not
// is_plain() (risk/base/text.hpp), \xNN for bytes that are not UTF-8.
void append_logfmt_value(std::string& out, std::string_view text);

// With _ for what a logfmt key cannot hold.
void append_logfmt_key(std::string& out, std::string_view key);

}  // namespace risk::service
