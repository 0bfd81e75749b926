// A place in a stream of the log. Those who use the log keep positions, compare them and give them back; how one is
// made is known to the log alone.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "risk/base/short_text.hpp"

namespace risk::log {

// The log cannot be opened, read or written: the message says where and why.
class LogError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An ordered series of records of one publisher on one topic.
struct StreamId {
  ShortText<32> text;  // as the database and the log's own files have it

  friend bool operator==(const StreamId&, const StreamId&) = default;
  friend std::strong_ordering operator<=>(const StreamId& a, const StreamId& b) {
    return a.text.view() <=> b.text.view();
  }
};
StreamId make_stream_id();  // random, 32 lower-case hexadecimal digits

// The hash of a record as it is written down, 16 hexadecimal digits, and back; no value: it is none.
std::string hash_digits(std::uint64_t hash);
std::optional<std::uint64_t> parse_hash_digits(std::string_view digits);

// That of a record, and with it of every record before.
class Position {
 public:
  // A position as it is written down: in the columns of a cursor, in a file, in a line for people. Whoever reads one
  // back gives all fields; nobody computes with them outside the log.
  struct Fields {
    StreamId stream;
    std::uint64_t epoch = 0;     // rises when the stream has lost its end and begins anew
    std::uint64_t sequence = 0;  // rises within an epoch; 0: before the first record
    // Of the record that stands there, by which another publisher of the same stream is told; none: not known.
    std::optional<std::uint64_t> record_hash{};
  };

  Position() = default;  // of no stream
  Position(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence) : fields_{stream, epoch, sequence} {}
  explicit Position(const Fields& fields) : fields_(fields) {}

  const Fields& fields() const { return fields_; }
  const StreamId& stream() const { return fields_.stream; }

  // Just before the record that stands here: every earlier one, without it. Precondition: a record stands here.
  Position previous() const;

  // The same place, whether its record's hash is known or not.
  friend bool operator==(const Position& a, const Position& b) {
    return a.fields_.stream == b.fields_.stream && a.fields_.epoch == b.fields_.epoch &&
           a.fields_.sequence == b.fields_.sequence;
  }
  // Unordered: of two streams.
  friend std::partial_ordering operator<=>(const Position& a, const Position& b);

 private:
  Fields fields_;
};

// How many records follow `from` up to `to`; 0: none. Where `to` is in a later epoch, those of that epoch alone: nobody
// knows how the earlier ones ended. Precondition: of one stream.
std::uint64_t distance(const Position& from, const Position& to);

}  // namespace risk::log
