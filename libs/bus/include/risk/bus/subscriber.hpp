// The receiving end of streams: delivers each record to the application once, in order, per stream. What did not come
// is asked for again, and waited for, from the publisher's past; what is not there either is a gap, counted and told.
//
// An endpoint with a host name connects to every address that the name resolves to, and looks again from time to time,
// so publishers may come and go. Endpoints that nobody listens on are simply tried again.
//
// Threads: one at a time, but for wake(), which any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/bus/curve.hpp"
#include "risk/bus/message.hpp"

namespace risk::bus {

struct SubscriberOptions {
  std::vector<std::string> endpoints;  // tcp://HOST:PORT
  std::vector<std::string> topics;
  std::chrono::milliseconds resolve_interval{2000};
  std::chrono::milliseconds silence_max{5000};     // without a frame or heartbeat: the stream counts as down
  std::chrono::milliseconds replay_timeout{2000};  // without a word of an answer: asked again
  std::uint32_t frames_queued_max = 1'000;
  std::string consumer;                // the name that commit() gives, at most 128 bytes; needed for it
  std::optional<CurveClient> curve{};  // nothing: no encryption

  // What a stream is to this subscriber when it is met for the first time, without resume_after(): wanted from its
  // first record (what was sent before is a gap), or from here on (it is nothing to this subscriber).
  enum class FirstMet : std::uint8_t { kFromBeginning, kFromHere } first_met = FirstMet::kFromBeginning;
};

struct SubscriberHandlers {
  std::function<void(const Record&)> on_record;  // this or on_records is needed
  std::function<void(const Gap&)> on_gap;        // may be empty
  // A frame that cannot be read or is not from this stream's present, another payload under a sequence that was
  // delivered, a publisher that does not answer or will not have us (told once a minute): the reason names what and
  // where. May be empty.
  std::function<void(std::string_view reason)> on_bad_frame;
  // In the place of on_record: at most a frame's records at once, at least one.
  std::function<void(const Records&)> on_records{};
};

struct SubscriberCounters {
  std::uint64_t records = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t gaps = 0;
  std::uint64_t missing_records = 0;
  std::uint64_t replayed_records = 0;   // of `records`: that came by asking
  std::uint64_t duplicate_records = 0;  // dropped
  std::uint64_t bad_frames = 0;         // dropped
  // Refused, because another publisher of the same stream was heard: of all its frames, and of the records in them.
  std::uint64_t rival_frames = 0;
  std::uint64_t rival_records = 0;
};

struct StreamStatus {
  StreamId id;
  std::string topic;
  std::string publisher;
  std::uint64_t epoch = 0;
  std::uint64_t delivered = 0;  // last sequence given to the application
  std::uint64_t announced = 0;  // last sequence the publisher says it has sent
  std::uint64_t missing = 0;    // records that never came
  bool up = false;              // heard of within silence_max
  // Not "": a second publisher of this stream is heard, or one that contradicts what was delivered, and is refused. For
  // people: names the stream and both.
  std::string conflict{};
};
// The conflicts of all streams, for people; "" if there is none.
std::string conflicts(const std::vector<StreamStatus>& streams);

class Subscriber {
 public:
  // Throws BusError on an endpoint that cannot be parsed and on what is no key. Connecting goes on in the background.
  Subscriber(SubscriberOptions options, SubscriberHandlers handlers);
  ~Subscriber();

  // The stream's records up to `sequence` are done: delivery goes on after it. With the hash of that record
  // (Records::last_hash) a publisher that has another one in its place is refused from the first frame on. Call before
  // the first poll.
  void resume_after(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence,
                    std::optional<std::uint64_t> hash = std::nullopt);

  // This consumer has done everything up to `sequence` for good: its publisher need not keep that any longer. Told to
  // it by the next poll() and again and again. Precondition: options.consumer is set, the stream is known.
  void commit(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence);

  // Waits up to `timeout` for records, delivers at most `records_max` (a frame is never split: a little more), returns
  // how many. Returns early on wake(). Handlers run here.
  std::size_t poll(std::chrono::milliseconds timeout, std::size_t records_max = 4096);

  // Makes a running or the next poll() return. Any thread.
  void wake();

  std::vector<StreamStatus> streams() const;
  const SubscriberCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::bus
