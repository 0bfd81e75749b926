#include <utility>

#include "risk/base/check.hpp"
#include "risk/bus/log.hpp"

namespace risk::bus {
namespace {

log::Position position(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence) {
  return log::Position(log::StreamId{stream.text}, epoch, sequence);
}

StreamId stream_of(const log::Position& position) {
  return StreamId{std::string(position.stream().text)};
}

SubscriberOptions with(SubscriberOptions transport, log::ReaderOptions options) {
  transport.topics = std::move(options.topics);
  transport.consumer = std::move(options.consumer);
  transport.silence_max = options.silence_max;
  transport.first_met = options.first_met == log::FirstMet::kFromHere ? SubscriberOptions::FirstMet::kFromHere
                                                                      : SubscriberOptions::FirstMet::kFromBeginning;
  return transport;
}

SubscriberHandlers calling(log::ReaderHandlers handlers) {
  RISK_CHECK(handlers.on_records);
  SubscriberHandlers calls;
  calls.on_records = [tell = std::move(handlers.on_records)](const Records& records) {
    tell({records.topic, records.publisher, position(records.stream, records.epoch, records.first), records.payloads,
          records.last_hash});
  };
  if (handlers.on_gap) {
    calls.on_gap = [tell = std::move(handlers.on_gap)](const Gap& gap) {
      tell({gap.publisher, position(gap.stream, gap.epoch, gap.first), position(gap.stream, gap.epoch, gap.last)});
    };
  }
  calls.on_bad_frame = std::move(handlers.on_problem);
  return calls;
}

class LogReader final : public log::Reader {
 public:
  LogReader(SubscriberOptions options, SubscriberHandlers handlers)
      : subscriber_(std::move(options), std::move(handlers)) {}

  void resume_after(const log::Position& position) override {
    const auto& fields = position.fields();
    subscriber_.resume_after(stream_of(position), fields.epoch, fields.sequence, fields.record_hash);
  }
  void commit(const log::Position& position) override {
    subscriber_.commit(stream_of(position), position.fields().epoch, position.fields().sequence);
  }
  std::size_t poll(std::chrono::milliseconds timeout, std::size_t records_max) override {
    return subscriber_.poll(timeout, records_max);
  }
  void wake() override { subscriber_.wake(); }
  std::vector<log::StreamStatus> streams() const override {
    std::vector<log::StreamStatus> all;
    for (auto& stream : subscriber_.streams()) {
      all.push_back(
          {std::move(stream.topic), std::move(stream.publisher), position(stream.id, stream.epoch, stream.delivered),
           position(stream.id, stream.epoch, stream.announced), stream.missing, stream.up, std::move(stream.conflict)});
    }
    return all;
  }
  log::ReaderCounters counters() const override {
    const auto& counters = subscriber_.counters();
    return {counters.records, counters.missing_records, counters.replayed_records, counters.bad_frames,
            counters.rival_records};
  }

 private:
  Subscriber subscriber_;
};

}  // namespace

std::unique_ptr<log::Reader> open_reader(SubscriberOptions transport, log::ReaderOptions options,
                                         log::ReaderHandlers handlers) {
  return std::make_unique<LogReader>(with(std::move(transport), std::move(options)), calling(std::move(handlers)));
}

}  // namespace risk::bus
