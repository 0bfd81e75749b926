// Integers in frames: little-endian, unaligned.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"

namespace risk::bus {

static_assert(std::endian::native == std::endian::little, "frames are little-endian");

// Precondition: bytes holds them.
template <class Integer>
Integer get(std::string_view bytes, std::size_t at) {
  Integer value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class Integer>
void put(std::string& bytes, std::size_t at, Integer value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

// What is wrong, and where.
inline Error at(std::size_t byte, std::string what) {
  return Error{"byte " + std::to_string(byte) + ": " + std::move(what)};
}

}  // namespace risk::bus
