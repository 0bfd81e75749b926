// What a reader of the log is given. The log does not look inside a record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "risk/log/position.hpp"

namespace risk::log {

inline constexpr std::size_t kRecordBytesMax = 1 << 20;  // the longest record

struct Records;

// One of several records that came together; lives as they do.
class Record {
 public:
  Record(const Records& records, std::size_t index) : records_(&records), index_(index) {}

  std::string_view topic() const;
  std::string_view publisher() const;
  Position position() const;
  // The position as it is written down, without the hash: much faster than to make one.
  const StreamId& stream() const;
  std::uint64_t epoch() const;
  std::uint64_t sequence() const;
  std::string_view payload() const;

 private:
  const Records* records_;
  std::size_t index_;
};

// Records of one stream that came together, in order, at least one. The views live until the handler that is given them
// returns.
struct Records {
  std::string_view topic;
  std::string_view publisher;  // the publisher's own name: "simulator@host"
  Position first;              // of the first; those of the others follow it without a hole
  std::span<const std::string_view> payloads;
  std::optional<std::uint64_t> last_hash{};  // of the last payload, where the log has one: last() carries it

  std::size_t size() const { return payloads.size(); }
  const StreamId& stream() const { return first.stream(); }
  Record operator[](std::size_t i) const { return Record(*this, i); }
  Position position(std::size_t i) const {
    auto fields = first.fields();
    fields.sequence += i;
    fields.record_hash = i + 1 == payloads.size() ? last_hash : std::nullopt;
    return Position(fields);
  }
  Position last() const { return position(payloads.size() - 1); }
};

inline std::string_view Record::topic() const {
  return records_->topic;
}
inline std::string_view Record::publisher() const {
  return records_->publisher;
}
inline Position Record::position() const {
  return records_->position(index_);
}
inline const StreamId& Record::stream() const {
  return records_->first.stream();
}
inline std::uint64_t Record::epoch() const {
  return records_->first.fields().epoch;
}
inline std::uint64_t Record::sequence() const {
  return records_->first.fields().sequence + index_;
}
inline std::string_view Record::payload() const {
  return records_->payloads[index_];
}

// Records from `first` to `last` that will not come: nobody has them any more.
struct Gap {
  std::string_view publisher;
  Position first;
  Position last;

  std::uint64_t records() const { return distance(first, last) + 1; }
};

}  // namespace risk::log
