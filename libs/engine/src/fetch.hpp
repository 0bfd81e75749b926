// Fetching memory ahead of its use, and what is expanded where it is called.
#pragma once

#include <cstddef>

// A function that only fetches has no effect that g++ knows of: called as one, it and all its calls are removed. So all
// of them are expanded where they are called.
#define RISK_FETCHES [[gnu::always_inline]] inline

// What every transaction goes through, and what few do: the one is expanded where it is called, the other is not.
#define RISK_HOT [[gnu::always_inline]] inline
#define RISK_COLD [[gnu::noinline]]

namespace risk::engine {

// The cache line at an address; a null one does no harm.
RISK_FETCHES void fetch(const void* line) {
  __builtin_prefetch(line, 1);
}

// The lines of an object up to the end of one of its members, or all of them.
template <class T, class Member>
RISK_FETCHES void fetch_through(const T& object, const Member& member) {
  const auto* line = reinterpret_cast<const std::byte*>(&object);
  const auto* end = reinterpret_cast<const std::byte*>(&member) + sizeof(Member);
  for (; line < end; line += 64) fetch(line);
}
template <class T>
RISK_FETCHES void fetch_all(const T& object) {
  fetch_through(object, object);
}

}  // namespace risk::engine
