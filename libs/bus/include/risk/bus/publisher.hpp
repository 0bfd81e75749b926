// The sending end of streams: gives each record the next sequence and sends records in frames (libs/bus/README.md).
// One Publisher binds one endpoint and carries any number of streams, one per topic.
//
// Threads: one at a time, but for interrupt(), which any thread may call. Nothing happens behind the caller's back:
// call service() at least every 100 ms.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "risk/bus/message.hpp"

namespace risk::bus {

struct PublisherOptions {
  std::string endpoint = "tcp://127.0.0.1:*";  // tcp://ADDRESS:PORT, port * or 0 takes a free one
  std::string name = "publisher";              // who publishes, for people
  bool allow_plaintext = false;                // needed to bind beyond loopback
  std::uint32_t batch_records = 256;
  std::chrono::microseconds batch_linger{1000};
  std::chrono::milliseconds heartbeat_interval{1000};
  std::uint32_t frames_queued_max = 10'000;  // per subscriber

  // What publish() does when a subscriber's queue is full: wait for it, or leave a gap for that subscriber.
  enum class WhenFull : std::uint8_t { kBlock, kDrop } when_full = WhenFull::kDrop;
};

struct PublisherCounters {
  std::uint64_t records = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t heartbeats = 0;
};

class Publisher {
 public:
  // Binds. Throws BusError: the port is in use, the address is not this machine's, plaintext beyond loopback.
  explicit Publisher(PublisherOptions options);
  ~Publisher();

  // Opens the stream of a topic ("transactions"), going on after `last_sequence`. Precondition: the topic is new.
  void open_stream(std::string_view topic, StreamId id, std::uint64_t epoch, std::uint64_t last_sequence);

  // Appends to the batch of the topic's stream and returns the record's sequence. Sends the batch when it is full or
  // older than the linger. Precondition: the topic is open, payload.size() <= kRecordBytesMax.
  std::uint64_t publish(std::string_view topic, std::string_view payload);

  // Sends every batch that waits: the publisher is idle. Waits as publish() does.
  void flush();

  // Sends batches and heartbeats that are due, and takes note of subscribers that came and went. Never waits.
  void service();

  // Blocks until someone subscribes to the topic, or the timeout is over. Returns whether there is a subscriber.
  bool wait_for_subscriber(std::string_view topic, std::chrono::milliseconds timeout);

  // Ends the waiting of WhenFull::kBlock, now and from now on: what finds no room is dropped, a gap for subscribers.
  // For a process that stops while a subscriber does not read. Any thread.
  void interrupt();

  // Flushes, announces the last sequences, and waits up to `timeout` for what is queued to leave. Nothing can be
  // published after. Without it the destructor drops what is queued.
  void close(std::chrono::milliseconds timeout);

  std::string endpoint() const;  // as bound, with the real port
  std::uint64_t last_sequence(std::string_view topic) const;
  const PublisherCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::bus
