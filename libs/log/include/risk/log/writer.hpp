// The writing end of the log: gives each record the next position of its topic's stream, has it where it outlives the
// process before any reader sees it, and keeps it until its durable consumers have committed it. Nothing is dropped: a
// log without room makes append() wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "risk/log/position.hpp"
#include "risk/log/record.hpp"

namespace risk::log {

// The past of a stream that its writer keeps elsewhere, with numbers of its own from 1 without a hole: record N is its
// item N, as the engine's alert events are rows of a table. Only a log that does not keep the topic's records itself
// asks it.
//
// Threads: one of the log's own, one call at a time. A LogError thrown says why it cannot be told now, and the reader
// asks again later.
class History {
 public:
  virtual ~History() = default;

  struct Kept {
    std::uint64_t first = 1;  // the oldest that is still there; last + 1: none
    std::uint64_t last = 0;   // the newest that may be read
  };
  virtual Kept kept() = 0;

  // Gives items in order, from item `from` on, until about `bytes_max` are given or there are no more. The views live
  // until `take` returns. Precondition: kept() has `from`.
  using Take = std::function<void(std::uint64_t first, std::span<const std::string_view> payloads)>;
  virtual void read(std::uint64_t from, std::size_t bytes_max, const Take& take) = 0;
};

// A topic as its writer opens it.
struct Topic {
  std::string name;
  // Goes on after this position. Nothing: after what the log has kept of the topic, or in a new stream.
  std::optional<Position> after{};
  std::shared_ptr<History> history{};  // may be none
};

struct WriterHandlers {
  // What opening found and did that an operator should know. May be empty, as the others.
  std::function<void(const std::string& note)> on_note;
  // A reader that cannot be understood or is cut off, a past that cannot be read. On a thread of the log's own.
  std::function<void(const std::string& problem)> on_problem;
  // append() and flush() wait for room, and why; none: they go on. On the writing thread.
  std::function<void(const std::optional<std::string>& why)> on_blocked;
};

struct WriterCounters {
  std::uint64_t records = 0;
  std::uint64_t messages = 0;  // that carried them
  std::uint64_t bytes = 0;
  std::uint64_t replayed_records = 0;
  std::uint64_t kept_bytes = 0;  // what the kept records take
};

// Threads: one at a time, but for interrupt() and dropped_peers(), which any thread may call. Call service() at least
// every 100 ms.
class Writer {
 public:
  virtual ~Writer() = default;

  // Appends to the topic's stream and returns the record's position. Readers see it soon, at the latest after flush().
  // Waits for room, until interrupt(). Precondition: the topic is open, payload.size() <= kRecordBytesMax. Throws
  // LogError when it cannot be kept.
  virtual Position append(std::string_view topic, std::string_view payload) = 0;

  // Keeps and sends everything that was appended: the writer is idle. Waits as append() does.
  virtual void flush() = 0;

  // Does what is due without waiting for room. Throws LogError when the log has died.
  virtual void service() = 0;

  // Blocks until someone reads the topic, or the timeout is over. Returns whether there is a reader.
  virtual bool wait_for_reader(std::string_view topic, std::chrono::milliseconds timeout) = 0;

  // Ends the waiting for room, now and from now on: what finds none is not appended. For a process that stops.
  virtual void interrupt() = 0;

  // Flushes, waiting up to `timeout` for room, and lets what was sent leave. Nothing can be appended after.
  virtual void close(std::chrono::milliseconds timeout) = 0;

  // Of the topic's stream: the newest record that is kept, at the latest after flush() that of the last append(); and
  // up to where every durable consumer has committed, which is last() where there are none.
  virtual Position last(std::string_view topic) const = 0;
  virtual Position committed(std::string_view topic) const = 0;
  // The payload of the newest record that is kept of the topic's stream, in whatever epoch it was appended: for a
  // writer that notes in its records how far it is. None: no record is kept. Reads the disk.
  virtual std::optional<std::string> newest(std::string_view topic) const = 0;
  // How many records were appended to the topic's stream after a position of its own, also of an earlier epoch.
  virtual std::uint64_t appended_since(std::string_view topic, const Position& position) const = 0;
  // Durable consumers know records that were never appended here: this is not the log that they read. For people.
  virtual std::optional<std::string> contradiction() const = 0;

  virtual WriterCounters counters() const = 0;
  // Readers that were cut off, because they were too many or sent without end. Any thread, until close().
  virtual std::uint64_t dropped_peers() const = 0;

  // Where readers find it, and what else a line about its opening should say, name and number.
  virtual std::string address() const = 0;
  virtual std::vector<std::pair<std::string, std::uint64_t>> facts() const = 0;
};

// How a service opens its end of the log. Made where the service is wired. Throws LogError: the log is damaged or in
// use, or the place is not this machine's to use.
using OpenWriter = std::function<std::unique_ptr<Writer>(std::vector<Topic>, WriterHandlers)>;
// The same of several streams of one topic at one address, a writer each, in a given order. They belong to one thread,
// and flush(), service(), interrupt() and close() of one are those of all.
using OpenWriters = std::function<std::vector<std::unique_ptr<Writer>>(Topic, WriterHandlers)>;

}  // namespace risk::log
