// What a subscriber knows of each stream: what was delivered, what is due, what is missing. Decides for each frame what
// is new, and tells the handlers. Pure but for the handlers: the time is given, there is no socket. One thread.
//
// Invariants, per stream and epoch:
//  1. next_ grows only. Every sequence below it was delivered, told as a gap or declared done by resume_after().
//  2. A record is given to on_record only when its sequence is next_.
//  3. A gap is told before the records after it, once.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "frame.hpp"
#include "risk/bus/subscriber.hpp"
#include "stream_id.hpp"

namespace risk::bus {

inline constexpr std::size_t kStreamsMax = 10'000;  // a peer may invent streams

class StreamTable {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using PathId = std::uint64_t;  // a connection, from 1

  // Precondition: handlers.on_record is set.
  StreamTable(SubscriberHandlers handlers, std::chrono::milliseconds silence_max,
              SubscriberOptions::FirstMet first_met = SubscriberOptions::FirstMet::kFromBeginning);

  void resume_after(const StreamKey& stream, std::uint64_t epoch, std::uint64_t sequence);

  // Takes one message that came through a connection whose endpoint is `from`; returns how many records it delivered.
  std::size_t take(std::string_view message, PathId path, std::string_view from, Instant now);
  // The connection is gone for good: its streams may be heard through another.
  void forget_path(PathId path);
  void bad_frame(std::string_view from, std::string_view reason);

  std::vector<StreamStatus> streams(Instant now) const;
  const SubscriberCounters& counters() const { return counters_; }

 private:
  struct Stream {
    StreamId id;
    std::string topic;  // empty until heard
    std::string publisher;
    std::uint64_t epoch = 0;
    std::uint64_t next = 1;
    std::uint64_t delivered = 0;
    std::uint64_t announced = 0;
    std::uint64_t missing = 0;
    PathId home = 0;  // the connection whose order counts; 0: none
    Instant home_heard{};
    Instant heard{};
  };

  // No stream: the frame was refused and told.
  Stream* find(const Frame& frame, std::string_view from);
  bool is_home(Stream& stream, PathId path, Instant now) const;
  std::size_t take_data(Stream& stream, const Frame& frame, bool home);
  void take_heartbeat(Stream& stream, const Frame& frame, bool home, std::string_view from);
  void tell_gap(Stream& stream, std::string_view publisher, std::uint64_t last);

  SubscriberHandlers handlers_;
  std::chrono::milliseconds silence_max_;
  SubscriberOptions::FirstMet first_met_;
  SubscriberCounters counters_;
  std::unordered_map<StreamKey, Stream, StreamKeyHash> streams_;
};

}  // namespace risk::bus
