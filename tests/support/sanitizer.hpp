#pragma once

namespace risk::test {

// True in a build with a sanitizer. It keeps freed memory and asks the kernel for descriptors of its own, so tests
// that judge memory, or that take every descriptor, cannot judge there; the build without one does.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace risk::test
