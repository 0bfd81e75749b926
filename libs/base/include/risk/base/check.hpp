// Assertions for programmer errors. They stay on in every build: a risk system that goes on after a broken
// invariant is worse than one that stops. Never for bad input, which is an expected outcome (see result.hpp).
#pragma once

#include <cstdio>
#include <cstdlib>

#define RISK_CHECK(condition)                                                                \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
