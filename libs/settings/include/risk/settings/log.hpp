// The log (libs/log) of the services: which one it is, and how what they were told makes it, is known here alone. Today
// it is the bus. What is made here needs nothing of what it was made from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "risk/bus/journal_options.hpp"
#include "risk/log/reader.hpp"
#include "risk/log/writer.hpp"
#include "risk/settings/curve.hpp"
#include "risk/settings/settings.hpp"

namespace risk::settings {

using JournalOptions = bus::JournalOptions;

// Messages of one peer that wait in memory; what is beyond waits where it is kept.
inline constexpr std::uint32_t kMessagesQueuedMax = 1'000;

// What the services at `endpoints` publish, each with the key of `server` (one of those that add_curve_options() was
// told). Opening throws log::LogError on an endpoint that cannot be parsed and on what is no key.
log::Source source_at(const std::vector<std::string>& endpoints, const CurveOptions& curve, const std::string& server,
                      std::uint32_t messages_queued_max = kMessagesQueuedMax);

// Where a service publishes.
struct Publishing {
  std::string name;  // who publishes, for people, at most 128 bytes
  const BindOptions& bind;
  const CurveOptions& curve;
  std::uint16_t port = 0;         // 0 takes a free one
  std::uint16_t replay_port = 0;  // the same
  std::uint32_t messages_queued_max = kMessagesQueuedMax;
};

// Topics that the log does not keep: what a reader missed comes from their history.
log::OpenWriter writer_at(const Publishing& place);
// One topic, kept in a journal.
log::OpenWriter journaled_writer_at(const Publishing& place, const JournalOptions& journal);
// Several streams of one topic at one place, each with a name (that of `place` is not used) and a journal of its own.
struct PublishedStream {
  std::string name;  // as Publishing::name
  JournalOptions journal;
};
log::OpenWriters journaled_writers_at(const Publishing& place, const std::vector<PublishedStream>& streams);

}  // namespace risk::settings
