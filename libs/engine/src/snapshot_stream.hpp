// The bytes of a snapshot: chunks, integers and texts. The format is in SNAPSHOT.md.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"
#include "risk/engine/core.hpp"
#include "wide.hpp"

namespace risk::engine {

inline constexpr std::size_t kChunkHeadBytes = 24;
inline constexpr std::size_t kPayloadBytesMax = kSnapshotChunkBytes - kChunkHeadBytes;

// Where the body goes: into chunks, or a hash.
class SnapshotWriter {
 public:
  using Sink = std::function<void(std::string_view payload)>;
  explicit SnapshotWriter(Sink sink) : sink_(std::move(sink)) { payload_.reserve(kPayloadBytesMax); }

  void raw(std::string_view bytes) {
    for (const char byte : bytes) put(byte);
  }
  void number(Uint128 value) {
    for (; value >= 0x80; value >>= 7) put(static_cast<char>(static_cast<unsigned>(value & 0x7f) | 0x80));
    put(static_cast<char>(value));
  }
  void signed_number(Int128 value) {
    number(value >= 0 ? static_cast<Uint128>(value) << 1 : (static_cast<Uint128>(-(value + 1)) << 1) + 1);
  }
  void wide(const Wide& value) {
    for (std::size_t i = 0; i < Wide::kLimbs; ++i) number(value.limb(i));
  }
  void text(std::string_view text) {
    number(text.size());
    raw(text);
  }
  void finish() {
    if (!payload_.empty()) sink_(payload_);
    payload_.clear();
  }

 private:
  void put(char byte) {
    if (payload_.size() == kPayloadBytesMax) finish();
    payload_.push_back(byte);
  }

  Sink sink_;
  std::string payload_;
};

// A snapshot that cannot be read; caught in Core::load.
struct BadSnapshot {
  std::string reason;
};

class SnapshotReader {
 public:
  using Source = std::function<std::optional<std::string>()>;
  explicit SnapshotReader(Source source) : source_(std::move(source)) {}

  // All throw BadSnapshot.
  std::string raw(std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) bytes.push_back(next());
    return bytes;
  }
  template <class T = std::uint64_t>
  T number(const char* what, Uint128 most = static_cast<Uint128>(std::numeric_limits<T>::max())) {
    Uint128 value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(next());
      const Uint128 bits = byte & 0x7f;
      if (shift > 126 || (shift == 126 && bits > 3)) refuse(what, "has more than 128 bits");
      value |= bits << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) refuse(what, "is not in its shortest form");
        break;
      }
    }
    if (value > most) refuse(what, "is out of range");
    return static_cast<T>(value);
  }
  template <class T = std::int64_t>
  T signed_number(const char* what, Int128 least = std::numeric_limits<T>::min(),
                  Int128 most = std::numeric_limits<T>::max()) {
    const auto folded = number<Uint128>(what, ~Uint128{0});
    const auto half = static_cast<Int128>(folded >> 1);
    const Int128 value = (folded & 1) == 0 ? half : -half - 1;
    if (value < least || value > most) refuse(what, "is out of range");
    return static_cast<T>(value);
  }
  bool flag(const char* what) { return number<std::uint8_t>(what, 1) == 1; }
  Wide wide(const char* what) {
    Wide value;
    for (std::size_t i = 0; i < Wide::kLimbs; ++i) value.set_limb(i, number(what));
    return value;
  }
  std::string text(const char* what, std::size_t bytes_max) { return raw(number<std::size_t>(what, bytes_max)); }
  // Nothing may follow the body.
  void finish() {
    if (at_ != payload_.size() || source_()) throw BadSnapshot{"it goes on after its end"};
  }

  [[noreturn]] void refuse(const char* what, const std::string& problem) const {
    throw BadSnapshot{"chunk " + std::to_string(chunks_ - 1) + ", byte " + std::to_string(at_) + ": " + what + " " +
                      problem};
  }

 private:
  char next() {
    if (at_ == payload_.size()) read_chunk();
    return payload_[at_++];
  }
  void read_chunk();

  Source source_;
  std::string payload_;
  std::size_t at_ = 0;
  std::uint32_t chunks_ = 0;
};

// A chunk with its head.
std::string make_chunk(std::uint32_t number, std::string_view payload);

}  // namespace risk::engine
