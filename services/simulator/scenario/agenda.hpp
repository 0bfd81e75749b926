// What is to be published beside the executions of the flow, by when it is due.
//
// Threads: one at a time. Times are since the simulation began.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "risk/wire/transaction.hpp"

namespace risk::simulator {

class Agenda {
 public:
  explicit Agenda(Timestamp start) : start_(start) {}

  // What is due at one time comes in the order of the calls.
  void add(std::chrono::nanoseconds due, wire::Input input) { entries_.emplace(due, std::move(input)); }
  std::optional<std::chrono::nanoseconds> next_due() const {
    return entries_.empty() ? std::nullopt : std::optional(entries_.begin()->first);
  }
  // Precondition: there is one.
  std::chrono::nanoseconds take(wire::Input& input) {
    auto entry = entries_.extract(entries_.begin());
    input = std::move(entry.mapped());
    return entry.key();
  }

  // To the microsecond.
  Timestamp instant_of(std::chrono::nanoseconds time) const {
    return {start_.nanos + time.count() / kNanosPerMicro * kNanosPerMicro};
  }

 private:
  Timestamp start_;
  std::multimap<std::chrono::nanoseconds, wire::Input> entries_;
};

}  // namespace risk::simulator
