// A subscriber that keeps what it is told, and loops that wait for the thing itself.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "risk/bus/publisher.hpp"
#include "risk/bus/subscriber.hpp"

namespace risk::bus::test {

inline constexpr std::chrono::seconds kPatience{30};  // until a test gives up; never waited out when all is well

// Repeats `step` until `done`. Returns whether it came to that.
template <class Done, class Step>
bool until(Done done, Step step) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    step();
  }
  return true;
}

struct Heard {
  std::vector<std::pair<StreamId, std::uint64_t>> records;
  std::vector<std::string> payloads;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps;
  std::vector<std::string> bad;
  std::string publisher;

  SubscriberHandlers handlers() {
    return {[this](const Record& record) {
              records.emplace_back(record.stream, record.sequence);
              payloads.emplace_back(record.payload);
              publisher = record.publisher;
            },
            [this](const Gap& gap) { gaps.emplace_back(gap.first, gap.last); },
            [this](std::string_view reason) { bad.emplace_back(reason); }};
  }
  // Whether every record of the stream from `first` to `last` came, in order, and nothing else of it.
  bool exactly(const StreamId& stream, std::uint64_t first, std::uint64_t last) const {
    auto next = first;
    for (const auto& [id, sequence] : records) {
      if (id == stream && sequence != next++) return false;
    }
    return next == last + 1;
  }
};

inline SubscriberOptions listening_to(std::vector<std::string> endpoints, std::vector<std::string> topics = {"t"}) {
  SubscriberOptions options;
  options.endpoints = std::move(endpoints);
  options.topics = std::move(topics);
  return options;
}

}  // namespace risk::bus::test
