#include "backends.hpp"

#include <map>

#include "risk/bus/log.hpp"
#include "risk/log/memory.hpp"
#include "support/temporary_folder.hpp"

namespace risk::log::test {
namespace {

constexpr std::size_t kMemoryRecords = 1'000;
constexpr std::uint64_t kJournalBytes = 1 << 16;

class MemoryBackend final : public Backend {
 public:
  std::unique_ptr<Writer> write(const std::string& topic, WriterHandlers handlers,
                                const std::string& publisher) override {
    return log_.writer(publisher)({{topic}}, std::move(handlers));
  }
  std::vector<std::unique_ptr<Writer>> write_all(const std::string& topic,
                                                 const std::vector<std::string>& publishers) override {
    return log_.writers(publishers)({topic}, {});
  }
  std::unique_ptr<Writer> write_unkept(std::vector<Topic> topics) override {
    return log_.writer("unkept")(std::move(topics), {});
  }
  Source source() override { return log_.source(); }
  std::size_t bytes_of_room() const override { return kMemoryRecords; }

 private:
  MemoryLog log_{{{kConsumer}, kMemoryRecords}};
};

// Each publisher has a journal and, over restarts, an address.
class BusBackend final : public Backend {
 public:
  std::unique_ptr<Writer> write(const std::string& topic, WriterHandlers handlers,
                                const std::string& publisher) override {
    return noted(publisher,
                 bus::open_journaled_writer(options(publisher), journal(publisher), {topic}, std::move(handlers)));
  }
  std::vector<std::unique_ptr<Writer>> write_all(const std::string& topic,
                                                 const std::vector<std::string>& publishers) override {
    std::vector<bus::JournaledStream> streams;
    for (const auto& publisher : publishers) streams.push_back({publisher, journal(publisher)});
    auto writers = bus::open_journaled_writers(options("all"), streams, {topic}, {});
    addresses_["all"] = writers.front()->address();
    return writers;
  }
  std::unique_ptr<Writer> write_unkept(std::vector<Topic> topics) override {
    return noted("unkept", bus::open_writer(options("unkept"), std::move(topics), {}));
  }
  Source source() override {
    bus::SubscriberOptions options;
    for (const auto& [publisher, address] : addresses_) options.endpoints.push_back(address);
    return {"bus", [options](ReaderOptions reading, ReaderHandlers handlers) {
              return bus::open_reader(options, std::move(reading), std::move(handlers));
            }};
  }
  std::size_t bytes_of_room() const override { return kJournalBytes; }

 private:
  bus::JournalOptions journal(const std::string& publisher) {
    bus::JournalOptions journal;
    journal.directory = folder_ / publisher;
    journal.bytes_max = kJournalBytes;
    journal.sync = false;
    journal.durable_consumers = {kConsumer};
    return journal;
  }
  bus::PublisherOptions options(const std::string& publisher) {
    bus::PublisherOptions options;
    const auto known = addresses_.find(publisher);
    if (known != addresses_.end()) options.endpoint = known->second;
    options.name = publisher;
    options.replay_endpoint = "tcp://127.0.0.1:*";
    options.heartbeat_interval = std::chrono::milliseconds{20};
    return options;
  }
  std::unique_ptr<Writer> noted(const std::string& publisher, std::unique_ptr<Writer> writer) {
    addresses_[publisher] = writer->address();
    return writer;
  }

  risk::test::TemporaryFolder folder_;
  std::map<std::string, std::string> addresses_;
};

}  // namespace

std::unique_ptr<Backend> Memory::make() {
  return std::make_unique<MemoryBackend>();
}
std::unique_ptr<Backend> Bus::make() {
  return std::make_unique<BusBackend>();
}

Ear::Ear(const Source& source, ReaderOptions options) {
  ReaderHandlers handlers;
  handlers.on_records = [this](const Records& records) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto record = records[i];
      seen.push_back({std::string(record.topic()), std::string(record.publisher()), std::string(record.payload()),
                      record.position()});
    }
  };
  handlers.on_gap = [this](const Gap& gap) { missing += gap.records(); };
  reader = source.open(std::move(options), std::move(handlers));
}

std::vector<std::string> Ear::payloads() const {
  std::vector<std::string> payloads;
  for (const auto& record : seen) payloads.push_back(record.payload);
  return payloads;
}

ReaderOptions reading(std::vector<std::string> topics, FirstMet first_met) {
  ReaderOptions options;
  options.topics = std::move(topics);
  options.first_met = first_met;
  options.consumer = kConsumer;
  return options;
}

}  // namespace risk::log::test
