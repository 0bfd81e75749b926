// The sending end of streams: gives each record the next sequence, keeps it where the stream has a journal, and only
// then sends it (libs/bus/README.md). One Publisher binds one endpoint and carries any number of streams, one per
// topic or several of a topic, each under a label of its own.
//
// Threads: one at a time, but for interrupt(), which any thread may call. Call service() at least every 100 ms. Whoever
// asks for records again is answered by a thread of the publisher's own, from the streams' sources.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "risk/bus/curve.hpp"
#include "risk/bus/journal.hpp"

namespace risk::bus {

struct PublisherOptions {
  std::string endpoint = "tcp://127.0.0.1:*";  // tcp://ADDRESS:PORT, port * or 0 takes a free one
  std::string name = "publisher";              // who publishes, for people
  bool allow_plaintext = false;                // needed to bind beyond loopback without `curve`
  std::optional<CurveServer> curve{};          // nothing: no encryption, everyone may subscribe
  std::uint32_t batch_records = 256;
  std::chrono::microseconds batch_linger{1000};
  std::chrono::milliseconds heartbeat_interval{1000};
  // Per subscriber. One whose queue is full loses frames, and asks for them again where the stream has a past.
  std::uint32_t frames_queued_max = 1'000;
  std::string replay_endpoint;  // as endpoint; "": no stream can be asked for again
  // A peer's message that cannot be read, a peer that is cut off, a past that cannot be read: for the log. Of threads
  // of the publisher's own.
  std::function<void(const std::string& problem)> on_problem;
  // Publishing waits for room in a journal, and why; none: it goes on. The publishing thread's.
  std::function<void(const std::optional<std::string>& why)> on_blocked;
};

struct PublisherCounters {
  std::uint64_t records = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t heartbeats = 0;
  std::uint64_t replayed_records = 0;
};

class Publisher {
 public:
  // Binds. Throws BusError: the port is in use, the address is not this machine's, plaintext beyond loopback, what
  // should be a key is none.
  explicit Publisher(PublisherOptions options);
  ~Publisher();

  // Opens the stream of a topic ("transactions"), going on after `last_sequence`. `past`, if any, is what can be sent
  // again: needs a replay_endpoint. Precondition: the topic is new.
  void open_stream(std::string_view topic, StreamId id, std::uint64_t epoch, std::uint64_t last_sequence,
                   std::shared_ptr<ReplaySource> past = nullptr);
  // The same with the journal's stream, which keeps each record before it is sent.
  void open_stream(std::string_view topic, std::shared_ptr<Journal> journal);

  // One of several streams of a topic, each of a publisher's own name: publish() and last_sequence() take its `label`
  // in the place of a topic. Preconditions: the label is new, publisher.size() <= 128.
  void open_stream(std::string_view label, std::string_view topic, std::string_view publisher,
                   std::shared_ptr<Journal> journal);

  // Appends to the batch of the topic's stream and returns the record's sequence. The batch leaves when it is full or
  // older than the linger. A journal without room is waited for, until interrupt(). Precondition: the topic is open,
  // payload.size() <= kRecordBytesMax.
  std::uint64_t publish(std::string_view topic, std::string_view payload);

  // Keeps and sends every batch that waits: the publisher is idle. Waits as publish() does.
  void flush();

  // Sends batches and heartbeats that are due, and takes note of subscribers that came and went. Waits for no room.
  // Throws BusError when the thread that answers has died.
  void service();

  // Blocks until someone subscribes to the topic, or the timeout is over. Returns whether there is a subscriber.
  bool wait_for_subscriber(std::string_view topic, std::chrono::milliseconds timeout);

  // Ends the waiting for room in a journal, now and from now on: what finds none is not published, and its sequence not
  // used. For a process that stops. Any thread.
  void interrupt();

  // Flushes (waiting up to `timeout` for room), announces the last sequences, and waits for what is queued to leave.
  // Nothing can be published after; replay goes on until the destructor. Without it the destructor drops what is
  // queued.
  void close(std::chrono::milliseconds timeout);

  std::string endpoint() const;       // as bound, with the real port
  std::uint16_t replay_port() const;  // 0 without a replay_endpoint
  std::uint64_t last_sequence(std::string_view topic) const;
  PublisherCounters counters() const;
  // Connections that were cut off, because they were too many or sent without end. Any thread, until close().
  std::uint64_t dropped_peers() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::bus
