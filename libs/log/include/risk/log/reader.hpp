// The reading end of the log: delivers each record of its topics once, in order, stream by stream. What was missed is
// fetched from the past, and waited for; what nobody has any more is a gap.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "risk/log/position.hpp"
#include "risk/log/record.hpp"

namespace risk::log {

// What a stream is to a reader that meets it for the first time, without resume_after(): wanted from its first record,
// or from here on.
enum class FirstMet : std::uint8_t { kFromBeginning, kFromHere };

struct ReaderOptions {
  std::vector<std::string> topics;
  FirstMet first_met = FirstMet::kFromBeginning;
  std::string consumer;                         // the name that commit() gives, at most 128 bytes; needed for it
  std::chrono::milliseconds silence_max{5000};  // without a sign of life: the stream counts as down
};

struct ReaderHandlers {
  std::function<void(const Records&)> on_records;
  std::function<void(const Gap&)> on_gap;  // may be empty
  // What came cannot be read or is not to be trusted, and was dropped: the reason names what and where. May be empty.
  std::function<void(std::string_view reason)> on_problem{};
};

struct ReaderCounters {
  std::uint64_t records = 0;           // delivered
  std::uint64_t missing_records = 0;   // in gaps
  std::uint64_t replayed_records = 0;  // of `records`: from the past
  std::uint64_t problems = 0;          // messages dropped, as told to on_problem
  std::uint64_t rival_records = 0;     // refused, of a second publisher of a stream
};

struct StreamStatus {
  std::string topic;  // "": not heard of yet
  std::string publisher;
  Position delivered;         // the last given to the application
  Position announced;         // the last that its publisher says there is
  std::uint64_t missing = 0;  // records that never came
  bool is_up = false;         // heard of within silence_max
  // Not "": a second publisher of this stream is refused. For people: names the stream and both.
  std::string conflict{};

  const StreamId& stream() const { return delivered.stream(); }
  std::uint64_t lag() const { return distance(delivered, announced); }
};
// The conflicts of all streams, for people; "" if there is none.
std::string conflicts(const std::vector<StreamStatus>& streams);

// Threads: one at a time, but for wake(), which any thread may call.
class Reader {
 public:
  virtual ~Reader() = default;

  // Everything up to here is done: delivery of its stream goes on after it. Call before the first poll().
  virtual void resume_after(const Position& position) = 0;

  // This consumer has done everything up to here for good: the log need not keep it for this consumer. Precondition:
  // the options name the consumer, the stream is known.
  virtual void commit(const Position& position) = 0;

  // Waits up to `timeout` for records, delivers at most `records_max` (what came together is never split: a little
  // more), returns how many. Returns early on wake(). Handlers run here.
  virtual std::size_t poll(std::chrono::milliseconds timeout, std::size_t records_max = 4096) = 0;

  // Makes a running or the next poll() return. Any thread.
  virtual void wake() = 0;

  virtual std::vector<StreamStatus> streams() const = 0;
  virtual ReaderCounters counters() const = 0;
};

// Where a service reads. Made where the service is wired; the service opens as many readers as it needs.
struct Source {
  std::string name;  // for people
  // Throws LogError: the place cannot be understood. Connecting goes on in the background.
  std::function<std::unique_ptr<Reader>(ReaderOptions, ReaderHandlers)> open;
};

}  // namespace risk::log
