// The one door to Catch2: version 2 on Debian 12, version 3 on Debian 13.
#pragma once

#ifdef RISK_CATCH2_V3
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#define CATCH_CONFIG_ENABLE_ALL_STRINGMAKERS
#include <catch2/catch.hpp>
#endif
