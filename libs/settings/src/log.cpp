#include "risk/settings/log.hpp"

#include <utility>

#include "risk/base/check.hpp"
#include "risk/base/join.hpp"
#include "risk/bus/log.hpp"

namespace risk::settings {
namespace {

bus::PublisherOptions publisher_at(const Publishing& place) {
  bus::PublisherOptions publisher;
  publisher.endpoint = place.bind.endpoint(place.port);
  publisher.replay_endpoint = place.bind.endpoint(place.replay_port);
  publisher.name = place.name;
  publisher.allow_plaintext = place.bind.allow_plaintext;
  publisher.curve = place.curve.server();
  publisher.frames_queued_max = place.messages_queued_max;
  return publisher;
}

}  // namespace

log::Source source_at(const std::vector<std::string>& endpoints, const CurveOptions& curve, const std::string& server,
                      std::uint32_t messages_queued_max) {
  bus::SubscriberOptions subscriber;
  subscriber.endpoints = endpoints;
  subscriber.curve = curve.client_of(server);
  subscriber.frames_queued_max = messages_queued_max;
  return {join(endpoints, ", "), [subscriber](log::ReaderOptions options, log::ReaderHandlers handlers) {
            return bus::open_reader(subscriber, std::move(options), std::move(handlers));
          }};
}

log::OpenWriter writer_at(const Publishing& place) {
  return [publisher = publisher_at(place)](std::vector<log::Topic> topics, log::WriterHandlers handlers) {
    return bus::open_writer(publisher, std::move(topics), std::move(handlers));
  };
}

log::OpenWriter journaled_writer_at(const Publishing& place, const JournalOptions& journal) {
  return
      [publisher = publisher_at(place), journal](const std::vector<log::Topic>& topics, log::WriterHandlers handlers) {
        RISK_CHECK(topics.size() == 1);
        return bus::open_journaled_writer(publisher, journal, topics.front(), std::move(handlers));
      };
}

log::OpenWriters journaled_writers_at(const Publishing& place, const std::vector<PublishedStream>& streams) {
  std::vector<bus::JournaledStream> journaled;
  for (const auto& [name, journal] : streams) journaled.push_back({name, journal});
  return [publisher = publisher_at(place), journaled](const log::Topic& topic, log::WriterHandlers handlers) {
    return bus::open_journaled_writers(publisher, journaled, topic, std::move(handlers));
  };
}

}  // namespace risk::settings
