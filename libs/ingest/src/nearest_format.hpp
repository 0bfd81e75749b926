// Which format a header would fit, when it does not fit the one it was read by.
#pragma once

#include <string>

#include "header_error.hpp"
#include "layout.hpp"

namespace risk::ingest {

// What to add to the error of a header that does not fit `layout`: "; it fits kraken-trades (--input-format
// kraken-trades)", "; binance-trades comes nearest: column Side is missing", or "".
std::string nearest_format(const HeaderError& error, const Layout& layout);

}  // namespace risk::ingest
