// What waits for a channel, and what of it goes next: pure decisions. The oldest alert that became CRITICAL goes first,
// then the oldest of the rest; of either, more than a few go as one summary, so that nothing waits behind a storm.
// After kUrgentInRowMax urgent ones the rest has a turn: it does not wait for ever either.
//
// Invariants
//   1. Events are kept in the order they came, each until it and every one before it is done.
//   2. Of urgent events and of the rest, each leaves in the order it came. At most about kAheadMax events are told
//   before
//      one that came earlier: what says so after a restart is bounded. From there on the oldest goes first.
//   3. An event that is being told or kept is in no other turn until it is given back.
//
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "alert-notifier/notification.hpp"
#include "alert-notifier/state_file.hpp"

namespace risk::notifier {

using SteadyTime = std::chrono::steady_clock::time_point;

// An event of the engine's stream, in its place. Without a notification nobody is told of it.
struct Event {
  log::Position position;
  std::optional<Notification> notification;
};

inline constexpr unsigned kUrgentInRowMax = 5;
inline constexpr std::size_t kAheadMax = 1'000;

// The number of an event in its backlog, from 0.
using Ticket = std::uint64_t;

// What a channel is to be sent next.
struct Turn {
  std::vector<Ticket> events;  // that it tells: one, or those of a summary
  Notification message;
  SteadyTime since;  // the first of them came

  bool is_summary() const { return events.size() > 1; }
};

class Backlog {
 public:
  // More than `summary_above` events that wait go as one summary; 0: each by itself, however many.
  explicit Backlog(std::uint64_t summary_above) : summary_above_(summary_above) {}

  void add(Event event, SteadyTime now);

  // Nothing: nothing waits to be told.
  std::optional<Turn> next();

  // What became of the events of a turn.
  void done(Ticket event);      // told
  void put_back(Ticket event);  // it will be in a later turn
  // What came at `oldest` or before and waits: each is out of every turn from now on, until done().
  std::vector<Ticket> take_out(SteadyTime oldest);
  const Notification& notification(Ticket event) const;

  // Takes away what is done at the front, and says how far each stream is since the last call; newest stream last.
  std::vector<Progress> advance();
  bool can_advance() const { return told_more_ || (!entries_.empty() && is_done(entries_.front())); }

  std::size_t size() const { return entries_.size(); }                   // with what is done, but not all before it
  std::size_t waiting() const { return urgent_.size() + rest_.size(); }  // to be told, in no turn
  std::size_t untold() const;                                            // in a turn, taken out, or waiting

 private:
  enum class State : std::uint8_t { kWaiting, kTaken, kTold, kPassed };  // passed: nobody is told of it
  struct Entry {
    Event event;
    SteadyTime since;
    State state = State::kWaiting;
  };

  static bool is_done(const Entry& entry) { return entry.state == State::kTold || entry.state == State::kPassed; }
  Entry& at(Ticket event) { return entries_[static_cast<std::size_t>(event - first_)]; }
  const Entry& at(Ticket event) const { return entries_[static_cast<std::size_t>(event - first_)]; }
  std::set<Ticket>& waiting_like(const Entry& entry) { return entry.event.notification->is_urgent() ? urgent_ : rest_; }
  bool is_urgent_next() const;
  Turn turn_of(const std::vector<Ticket>& events);
  void add_ahead(std::vector<Progress>& progress) const;
  log::Position before_first_of(const log::StreamId& stream) const;

  const std::uint64_t summary_above_;
  std::deque<Entry> entries_;
  Ticket first_ = 0;                // of entries_.front()
  std::set<Ticket> urgent_, rest_;  // that wait
  std::set<Ticket> told_;           // after advance() each has one before it that is not
  unsigned urgent_in_row_ = 0;      // told since one of the rest
  bool told_more_ = false;          // since the last advance()
};

}  // namespace risk::notifier
