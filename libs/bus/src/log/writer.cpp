#include <map>
#include <utility>

#include "risk/base/check.hpp"
#include "risk/bus/journal.hpp"
#include "risk/bus/log.hpp"
#include "transport/frame.hpp"

namespace risk::bus {
namespace {

constexpr std::uint64_t kFirstEpoch = 1;

// The history of a topic as the replay server asks for it. A history has one epoch, the first.
class HistorySource final : public ReplaySource {
 public:
  explicit HistorySource(std::shared_ptr<log::History> history) : history_(std::move(history)) {}

  Extent extent(std::uint64_t epoch) override {
    if (epoch != kFirstEpoch) return {1, 0, epoch < kFirstEpoch};
    const auto kept = history_->kept();
    return {kept.first, kept.last, false};
  }
  void read(std::uint64_t, std::uint64_t from, std::size_t bytes_max,
            const std::function<void(const Run&)>& take) override {
    history_->read(from, bytes_max, [&](std::uint64_t first, std::span<const std::string_view> payloads) {
      std::string records;
      for (const auto payload : payloads) append_record(records, payload);
      take({first, static_cast<std::uint32_t>(payloads.size()), records});
    });
  }
  // A history is kept whoever has it.
  void committed(std::string_view, std::uint64_t, std::uint64_t) override {}

 private:
  static void append_record(std::string& records, std::string_view payload) {
    const auto length = static_cast<std::uint32_t>(payload.size());
    for (int shift = 0; shift < 32; shift += 8) records += static_cast<char>(length >> shift & 0xff);
    records += payload;
  }
  const std::shared_ptr<log::History> history_;
};

// That of the latest epoch which has a record.
std::optional<std::string> newest_of(Journal& journal) {
  std::optional<std::string> payload;
  for (auto epoch = journal.epoch(); epoch > 0 && !payload; --epoch) {
    const auto kept = journal.extent(epoch);
    if (kept.last == 0 || kept.first > kept.last) continue;
    journal.read(epoch, kept.last, 1, [&](const Run& run) {
      auto records = run.records;
      for (auto at = run.first; at <= kept.last; ++at) payload = take_record(records);
    });
  }
  return payload;
}

PublisherOptions with(PublisherOptions transport, log::WriterHandlers& handlers) {
  transport.on_problem = std::move(handlers.on_problem);
  transport.on_blocked = std::move(handlers.on_blocked);
  return transport;
}

class LogWriter final : public log::Writer {
 public:
  LogWriter(PublisherOptions transport, std::vector<log::Topic> topics, log::WriterHandlers handlers)
      : publisher_(std::make_shared<Publisher>(with(std::move(transport), handlers))) {
    for (auto& topic : topics) open(std::move(topic));
  }
  // The stream of `name`, of which `publisher` may carry others.
  LogWriter(std::shared_ptr<Publisher> publisher, const std::string& name, std::shared_ptr<Journal> journal,
            const log::Topic& topic)
      : journal_(std::move(journal)), publisher_(std::move(publisher)) {
    RISK_CHECK(!topic.after && !topic.history);
    const auto& stream = journal_->stream().text;
    publisher_->open_stream(stream, topic.name, name, journal_);
    streams_[topic.name] = {{log::StreamId{stream}, journal_->epoch(), 0}, stream};
  }

  log::Position append(std::string_view topic, std::string_view payload) override {
    // Of few topics one is appended to many times in a row.
    if (recent_ == nullptr || recent_->first != topic) {
      const auto found = streams_.find(topic);
      RISK_CHECK(found != streams_.end());
      recent_ = &*found;
    }
    auto& stream = recent_->second;
    stream.at.sequence = publisher_->publish(stream.label, payload);
    return log::Position(stream.at);
  }
  void flush() override { publisher_->flush(); }
  void service() override { publisher_->service(); }
  bool wait_for_reader(std::string_view topic, std::chrono::milliseconds timeout) override {
    return publisher_->wait_for_subscriber(topic, timeout);
  }
  void interrupt() override { publisher_->interrupt(); }
  void close(std::chrono::milliseconds timeout) override { publisher_->close(timeout); }

  // Of a journal what it has, not what waits in the publisher's batch.
  log::Position last(std::string_view topic) const override {
    return at(topic, journal_ ? journal_->last_sequence() : publisher_->last_sequence(topic));
  }
  log::Position committed(std::string_view topic) const override {
    return journal_ ? at(topic, journal_->committed()) : last(topic);
  }
  std::optional<std::string> newest(std::string_view topic) const override {
    RISK_CHECK(streams_.contains(topic));
    return journal_ ? newest_of(*journal_) : std::nullopt;
  }
  std::uint64_t appended_since(std::string_view topic, const log::Position& position) const override {
    const auto newest = last(topic);
    const auto& from = position.fields();
    if (!journal_ || from.epoch == newest.fields().epoch) return log::distance(position, newest);
    return journal_->extent(from.epoch).last - from.sequence + newest.fields().sequence;
  }
  std::optional<std::string> contradiction() const override {
    return journal_ ? journal_->contradiction() : std::nullopt;
  }

  log::WriterCounters counters() const override {
    const auto sent = publisher_->counters();
    return {sent.records, sent.frames, sent.bytes, sent.replayed_records, journal_ ? journal_->bytes() : 0};
  }
  std::uint64_t dropped_peers() const override { return publisher_->dropped_peers(); }
  std::string address() const override { return publisher_->endpoint(); }
  std::vector<std::pair<std::string, std::uint64_t>> facts() const override {
    return {{"replay_port", publisher_->replay_port()}};
  }

 private:
  struct Stream {
    log::Position::Fields at;  // of the last append()
    std::string label;         // what the publisher calls it
  };
  using Streams = std::map<std::string, Stream, std::less<>>;

  void open(log::Topic topic) {
    const auto fields =
        topic.after ? topic.after->fields() : log::Position::Fields{log::make_stream_id(), kFirstEpoch, 0};
    std::shared_ptr<ReplaySource> past;
    if (topic.history) past = std::make_shared<HistorySource>(std::move(topic.history));
    publisher_->open_stream(topic.name, StreamId{std::string(fields.stream.text)}, fields.epoch, fields.sequence,
                            std::move(past));
    streams_[topic.name] = {{fields.stream, fields.epoch, 0}, topic.name};
  }
  Streams::const_iterator find(std::string_view topic) const {
    const auto found = streams_.find(topic);
    RISK_CHECK(found != streams_.end());
    return found;
  }
  log::Position at(std::string_view topic, std::uint64_t sequence) const {
    auto fields = find(topic)->second.at;
    fields.sequence = sequence;
    return log::Position(fields);
  }

  const std::shared_ptr<Journal> journal_;  // may be none
  const std::shared_ptr<Publisher> publisher_;
  Streams streams_;  // by topic
  Streams::value_type* recent_ = nullptr;
};

}  // namespace

std::unique_ptr<log::Writer> open_writer(PublisherOptions transport, std::vector<log::Topic> topics,
                                         log::WriterHandlers handlers) {
  return std::make_unique<LogWriter>(std::move(transport), std::move(topics), std::move(handlers));
}

std::unique_ptr<log::Writer> open_journaled_writer(PublisherOptions transport, JournalOptions journal,
                                                   const log::Topic& topic, log::WriterHandlers handlers) {
  auto name = transport.name;
  return std::move(
      open_journaled_writers(transport, {{std::move(name), std::move(journal)}}, topic, std::move(handlers)).front());
}

std::vector<std::unique_ptr<log::Writer>> open_journaled_writers(const PublisherOptions& transport,
                                                                 const std::vector<JournaledStream>& streams,
                                                                 const log::Topic& topic,
                                                                 log::WriterHandlers handlers) {
  // All journals before the first stream: where one of them is damaged nothing is published.
  std::vector<std::shared_ptr<Journal>> journals;
  for (const auto& stream : streams) {
    journals.push_back(std::make_shared<Journal>(stream.journal));
    for (const auto& note : journals.back()->notes()) {
      if (handlers.on_note) handlers.on_note(note);
    }
  }
  const auto publisher = std::make_shared<Publisher>(with(transport, handlers));
  std::vector<std::unique_ptr<log::Writer>> writers;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    writers.push_back(std::make_unique<LogWriter>(publisher, streams[i].publisher, journals[i], topic));
  }
  return writers;
}

}  // namespace risk::bus
