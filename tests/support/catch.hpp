// The one door to Catch2: version 2 on Debian 12, version 3 on Debian 13.
#pragma once

#ifdef RISK_CATCH2_V3
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#define CATCH_CONFIG_ENABLE_ALL_STRINGMAKERS
#include <catch2/catch.hpp>

// Version 3 has this name for what version 2 calls Contains, and another Contains.
namespace Catch::Matchers {
inline auto ContainsSubstring(const std::string& text) {
  return Contains(text);
}
}  // namespace Catch::Matchers
#endif
