// The bytes of a snapshot: chunks, integers and texts. The format is in SNAPSHOT.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/engine/core.hpp"
#include "wide.hpp"

namespace risk::engine {

inline constexpr std::size_t kChunkHeadBytes = 24;
inline constexpr std::size_t kPayloadBytesMax = kSnapshotChunkBytes - kChunkHeadBytes;

// The instants of versions 1 and 2: microseconds of the years 1 to 9999. One beyond those that there are today is read
// as the first or the last of these.
inline constexpr std::int64_t kOldMicrosMin = -62'135'596'800'000'000;
inline constexpr std::int64_t kOldMicrosMax = 253'402'300'799'999'999;
inline constexpr std::size_t kLaterTextBytesMax = std::size_t{1} << 24;

// What stands before a field that came after version 1.
constexpr std::uint32_t later_tag(std::uint32_t field, bool is_text) {
  return field * 2 + (is_text ? 1 : 0);
}

// A signed number as an unsigned one, small for a small magnitude; and back.
inline Uint128 folded(Int128 value) {
  return value >= 0 ? static_cast<Uint128>(value) << 1 : (static_cast<Uint128>(-(value + 1)) << 1) + 1;
}
inline Int128 unfolded(Uint128 number) {
  const auto half = static_cast<Int128>(number >> 1);
  return (number & 1) == 0 ? half : -half - 1;
}

// Where the body goes: into chunks, or a hash.
class SnapshotWriter {
 public:
  using Sink = std::function<void(std::string_view payload)>;
  // What stands at the end of a record to which no later field was written. The hash has nothing there, so that it is
  // that of the time before the record could have such fields.
  enum class EmptyEnd { kWritten, kLeftOut };
  // Whether the numbers of inputs are written. The hash has none: those of a store and of a file that lead to one state
  // differ.
  enum class InputNumbers { kWritten, kLeftOut };
  explicit SnapshotWriter(Sink sink, EmptyEnd empty_end = EmptyEnd::kWritten,
                          InputNumbers input_numbers = InputNumbers::kWritten)
      : sink_(std::move(sink)), empty_end_(empty_end), input_numbers_(input_numbers) {
    payload_.reserve(kPayloadBytesMax);
  }

  void raw(std::string_view bytes) {
    for (const char byte : bytes) put(byte);
  }
  void number(Uint128 value) {
    for (; value >= 0x80; value >>= 7) put(static_cast<char>(static_cast<unsigned>(value & 0x7f) | 0x80));
    put(static_cast<char>(value));
  }
  void signed_number(Int128 value) { number(folded(value)); }
  void wide(const Wide& value) {
    for (std::size_t i = 0; i < Wide::kLimbs; ++i) number(value.limb(i));
  }
  void text(std::string_view text) {
    number(text.size());
    raw(text);
  }
  // A field that the record got after version 1, left out where it has the value that means what was before it.
  // `field` numbers those of the record, from 1, and rises in a record.
  void later_number(std::uint32_t field, Uint128 value, Uint128 usual) {
    if (value == usual) return;
    number(later_tag(field, false));
    number(value);
    has_later_ = true;
  }
  void later_text(std::uint32_t field, std::string_view value) {
    if (value.empty()) return;
    number(later_tag(field, true));
    text(value);
    has_later_ = true;
  }
  InputNumbers input_numbers() const { return input_numbers_; }
  void input_number(std::uint64_t input) {
    if (input_numbers_ == InputNumbers::kWritten) number(input);
  }
  void later_input_number(std::uint32_t field, std::uint64_t input) {
    if (input_numbers_ == InputNumbers::kWritten) later_number(field, input, 0);
  }
  void end_record() {
    if (empty_end_ == EmptyEnd::kWritten || has_later_) number(0);
    has_later_ = false;
  }
  void finish() {
    if (!payload_.empty()) sink_(payload_);
    payload_.clear();
  }
  // What `write` writes, as the value of a field that holds more than a number.
  static std::string text_of(const std::function<void(SnapshotWriter& inner)>& write,
                             InputNumbers input_numbers = InputNumbers::kWritten) {
    std::string text;
    SnapshotWriter inner([&](std::string_view payload) { text += payload; }, EmptyEnd::kWritten, input_numbers);
    write(inner);
    inner.finish();
    return text;
  }

 private:
  void put(char byte) {
    if (payload_.size() == kPayloadBytesMax) finish();
    payload_.push_back(byte);
  }

  Sink sink_;
  EmptyEnd empty_end_;
  InputNumbers input_numbers_;
  bool has_later_ = false;  // since the last end of a record
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
    const Int128 value = unfolded(number<Uint128>(what, ~Uint128{0}));
    if (value < least || value > most) refuse(what, "is out of range");
    return static_cast<T>(value);
  }
  Timestamp timestamp(const char* what) {
    if (version_ >= 3) return {signed_number(what, kTimestampMin.nanos, kTimestampMax.nanos)};
    const auto micros = signed_number(what, kOldMicrosMin, kOldMicrosMax);
    return Timestamp::from_micros(std::clamp(micros, kTimestampMin.micros(), kTimestampMax.micros()));
  }
  bool flag(const char* what) { return number<std::uint8_t>(what, 1) == 1; }
  Wide wide(const char* what) {
    Wide value;
    for (std::size_t i = 0; i < Wide::kLimbs; ++i) value.set_limb(i, number(what));
    return value;
  }
  std::string text(const char* what, std::size_t bytes_max) { return raw(number<std::size_t>(what, bytes_max)); }
  // What a record says beyond the fields of version 1. `take` is given a field's number and its value, a number or a
  // text, and says whether it knows the field; one that it does not know is counted and skipped.
  struct LaterValue {
    bool is_text = false;
    Uint128 number = 0;
    std::string text;
  };
  using TakeLater = std::function<bool(std::uint32_t field, const LaterValue& value)>;
  void end_record(const TakeLater& take = nullptr) {
    if (version_ < 2) return;
    for (std::uint32_t before = 0;;) {
      const auto tag = number<std::uint32_t>("tag of a field");
      if (tag == 0) return;
      if (tag / 2 <= before) refuse("tag of a field", "is not in order");
      before = tag / 2;
      LaterValue value;
      value.is_text = tag % 2 == 1;
      if (value.is_text) {
        value.text = text("field", kLaterTextBytesMax);
      } else {
        value.number = number<Uint128>("field", ~Uint128{0});
      }
      if (!take || !take(before, value)) ++unknown_fields_;
    }
  }
  // What follows is of this version.
  void set_version(std::uint32_t version) { version_ = version; }
  std::uint64_t unknown_fields() const { return unknown_fields_; }
  // Reads a later field's text that text_of() made: all of it.
  void read_inner(const char* what, const std::string& text, const std::function<void(SnapshotReader& inner)>& read) {
    SnapshotReader inner(*this, text);
    read(inner);
    if (inner.at_ != inner.payload_.size()) inner.refuse(what, "goes on after its end");
    unknown_fields_ += inner.unknown_fields_;
  }
  void skip() { at_ = payload_.size(); }
  // Nothing may follow the body.
  void finish() {
    if (at_ != payload_.size() || source_()) throw BadSnapshot{"it goes on after its end"};
  }

  [[noreturn]] void refuse(const char* what, const std::string& problem) const {
    throw BadSnapshot{"chunk " + std::to_string(chunks_ - 1) + ", byte " + std::to_string(at_) + ": " + what + " " +
                      problem};
  }

 private:
  SnapshotReader(const SnapshotReader& outer, std::string text)
      : payload_(std::move(text)), chunks_(outer.chunks_), version_(outer.version_) {}

  char next() {
    if (at_ == payload_.size()) read_chunk();
    return payload_[at_++];
  }
  void read_chunk();

  Source source_;
  std::string payload_;
  std::size_t at_ = 0;
  std::uint32_t chunks_ = 0;
  std::uint32_t version_ = 1;
  std::uint64_t unknown_fields_ = 0;
};

// A chunk with its head.
std::string make_chunk(std::uint32_t number, std::string_view payload);

}  // namespace risk::engine
