// The log (libs/log) over this bus: a reader is a Subscriber, a writer a Publisher, which keeps its records in a
// journal where it has one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "risk/bus/journal_options.hpp"
#include "risk/bus/publisher.hpp"
#include "risk/bus/subscriber.hpp"
#include "risk/log/reader.hpp"
#include "risk/log/writer.hpp"

namespace risk::bus {

// Of `transport` what log::ReaderOptions says too (topics, consumer, first_met, silence_max) is taken from there.
std::unique_ptr<log::Reader> open_reader(SubscriberOptions transport, log::ReaderOptions options,
                                         log::ReaderHandlers handlers);

// Without a journal a topic is kept for nobody: what a reader missed comes from the topic's history, or is a gap. The
// callbacks of `transport` are not used.
std::unique_ptr<log::Writer> open_writer(PublisherOptions transport, std::vector<log::Topic> topics,
                                         log::WriterHandlers handlers);
// One topic, kept in a journal: goes on where that ends. Precondition: the topic has neither `after` nor a history.
std::unique_ptr<log::Writer> open_journaled_writer(PublisherOptions transport, JournalOptions journal,
                                                   const log::Topic& topic, log::WriterHandlers handlers);

// One of several streams of a topic that a service publishes.
struct JournaledStream {
  std::string publisher;  // who publishes it, for people; no two have the same
  JournalOptions journal;
};
// A writer of each, in their order, all on one endpoint and replay endpoint. Precondition: as above.
std::vector<std::unique_ptr<log::Writer>> open_journaled_writers(const PublisherOptions& transport,
                                                                 const std::vector<JournaledStream>& streams,
                                                                 const log::Topic& topic, log::WriterHandlers handlers);

}  // namespace risk::bus
