#include "risk/log/memory.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "risk/base/check.hpp"

namespace risk::log {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kEpoch = 1;                          // nothing is ever lost here
constexpr std::size_t kHistoryBytes = std::size_t{1} << 20;  // of one reading

// Guarded by the mutex of MemoryLog::State, but for the history, which has one of its own.
struct Stream {
  StreamId id;
  std::string topic;
  std::string publisher;
  std::uint64_t begun_after = 0;  // when its first writer opened it
  std::uint64_t dropped = 0;      // the last record that is not among `records`
  std::deque<std::string> records;
  std::map<std::string, std::uint64_t> committed;  // by durable consumer
  bool is_open = false;
  std::shared_ptr<History> history;
  std::mutex history_mutex;

  std::uint64_t last() const { return dropped + records.size(); }
  std::uint64_t committed_by_all() const {
    auto least = last();
    for (const auto& [consumer, sequence] : committed) least = std::min(least, sequence);
    return least;
  }
  Position at(std::uint64_t sequence) const { return Position(id, kEpoch, sequence); }
};

}  // namespace

struct MemoryLog::State {
  explicit State(MemoryLogOptions given) : options(std::move(given)) {}

  const MemoryLogOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<Stream>> streams;
  std::map<std::string, int, std::less<>> readers;  // by topic

  // Precondition of these: the mutex is held.
  std::shared_ptr<Stream> find(const StreamId& id) const {
    const auto found = std::find_if(streams.begin(), streams.end(), [&](const auto& s) { return s->id == id; });
    return found == streams.end() ? nullptr : *found;
  }
  std::shared_ptr<Stream> open(const std::string& publisher, Topic topic) {
    const auto is_it = [&](const auto& stream) {
      return topic.after ? stream->id == topic.after->stream()
                         : stream->topic == topic.name && stream->publisher == publisher;
    };
    const auto found = std::find_if(streams.begin(), streams.end(), is_it);
    auto stream = found == streams.end() ? std::make_shared<Stream>() : *found;
    if (found == streams.end()) {
      stream->id = topic.after ? topic.after->stream() : make_stream_id();
      stream->topic = topic.name;
      stream->publisher = publisher;
      for (const auto& consumer : options.durable_consumers) stream->committed[consumer] = 0;
      if (topic.after) stream->begun_after = stream->dropped = topic.after->fields().sequence;
      streams.push_back(stream);
    }
    RISK_CHECK(!stream->is_open);
    RISK_CHECK(!topic.after || topic.after->fields().sequence == stream->last());
    stream->is_open = true;
    stream->history = std::move(topic.history);
    return stream;
  }
  bool make_room(Stream& stream) const {
    while (stream.records.size() >= options.records_max && stream.dropped < stream.committed_by_all()) {
      stream.records.pop_front();
      ++stream.dropped;
    }
    return stream.records.size() < options.records_max;
  }
};

// --- writing

class MemoryLog::MemoryWriter final : public Writer {
 public:
  MemoryWriter(std::shared_ptr<State> state, const std::string& publisher, std::vector<Topic> topics,
               WriterHandlers handlers)
      : state_(std::move(state)), handlers_(std::move(handlers)) {
    const std::lock_guard lock(state_->mutex);
    for (auto& topic : topics) {
      auto name = topic.name;
      streams_[std::move(name)] = state_->open(publisher, std::move(topic));
    }
    state_->changed.notify_all();
  }
  ~MemoryWriter() override { leave(); }

  Position append(std::string_view topic, std::string_view payload) override {
    RISK_CHECK(payload.size() <= kRecordBytesMax);
    auto& stream = *of(topic);
    std::unique_lock lock(state_->mutex);
    RISK_CHECK(!closed_);
    if (!wait_for_room(stream, lock)) return stream.at(stream.last());
    stream.records.emplace_back(payload);
    ++counters_.records;
    ++counters_.messages;
    counters_.bytes += payload.size();
    state_->changed.notify_all();
    return stream.at(stream.last());
  }
  void flush() override {}
  void service() override {}
  bool wait_for_reader(std::string_view topic, std::chrono::milliseconds timeout) override {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, timeout, [&] {
      const auto found = state_->readers.find(topic);
      return found != state_->readers.end() && found->second > 0;
    });
  }
  void interrupt() override {
    const std::lock_guard lock(state_->mutex);
    interrupted_ = true;
    state_->changed.notify_all();
  }
  void close(std::chrono::milliseconds) override { leave(); }

  Position last(std::string_view topic) const override {
    const std::lock_guard lock(state_->mutex);
    const auto& stream = *of(topic);
    return stream.at(stream.last());
  }
  Position committed(std::string_view topic) const override {
    const std::lock_guard lock(state_->mutex);
    const auto& stream = *of(topic);
    return stream.at(stream.committed_by_all());
  }
  std::optional<std::string> newest(std::string_view topic) const override {
    const std::lock_guard lock(state_->mutex);
    const auto& records = of(topic)->records;
    return records.empty() ? std::nullopt : std::optional(records.back());
  }
  std::uint64_t appended_since(std::string_view topic, const Position& position) const override {
    return distance(position, last(topic));
  }
  std::optional<std::string> contradiction() const override { return std::nullopt; }
  WriterCounters counters() const override {
    const std::lock_guard lock(state_->mutex);
    auto counters = counters_;
    for (const auto& [topic, stream] : streams_) {
      for (const auto& record : stream->records) counters.kept_bytes += record.size();
    }
    return counters;
  }
  std::uint64_t dropped_peers() const override { return 0; }
  std::string address() const override { return "memory"; }
  std::vector<std::pair<std::string, std::uint64_t>> facts() const override { return {}; }

 private:
  const std::shared_ptr<Stream>& of(std::string_view topic) const {
    const auto found = streams_.find(topic);
    RISK_CHECK(found != streams_.end());
    return found->second;
  }
  // False: interrupted first.
  bool wait_for_room(Stream& stream, std::unique_lock<std::mutex>& lock) {
    if (state_->make_room(stream)) return true;
    const auto tell = [&](const std::optional<std::string>& why) {
      if (!handlers_.on_blocked) return;
      lock.unlock();
      handlers_.on_blocked(why);
      lock.lock();
    };
    tell("the log has no room: " + std::to_string(stream.records.size()) + " records are not committed");
    state_->changed.wait(lock, [&] { return interrupted_ || state_->make_room(stream); });
    if (!state_->make_room(stream)) return false;
    tell(std::nullopt);
    return true;
  }
  void leave() {
    const std::lock_guard lock(state_->mutex);
    if (std::exchange(closed_, true)) return;  // another writer may have the streams by now
    for (const auto& [topic, stream] : streams_) stream->is_open = false;
    state_->changed.notify_all();
  }

  const std::shared_ptr<State> state_;
  const WriterHandlers handlers_;
  std::map<std::string, std::shared_ptr<Stream>, std::less<>> streams_;  // by topic
  WriterCounters counters_;
  bool interrupted_ = false;
  bool closed_ = false;
};

// --- reading

class MemoryLog::MemoryReader final : public Reader {
 public:
  MemoryReader(std::shared_ptr<State> state, ReaderOptions options, ReaderHandlers handlers)
      : state_(std::move(state)), options_(std::move(options)), handlers_(std::move(handlers)) {
    RISK_CHECK(handlers_.on_records);
    const std::lock_guard lock(state_->mutex);
    for (const auto& topic : options_.topics) ++state_->readers[topic];
    if (options_.first_met == FirstMet::kFromHere) {
      for (const auto& stream : state_->streams) {
        if (reads(*stream)) places_[stream->id] = {stream->last(), 0};
      }
    }
    state_->changed.notify_all();
  }
  ~MemoryReader() override {
    const std::lock_guard lock(state_->mutex);
    for (const auto& topic : options_.topics) --state_->readers[topic];
  }

  void resume_after(const Position& position) override { places_[position.stream()] = {position.fields().sequence, 0}; }
  void commit(const Position& position) override {
    RISK_CHECK(!options_.consumer.empty());
    const std::lock_guard lock(state_->mutex);
    const auto stream = state_->find(position.stream());
    if (!stream) return;  // of a writer that is yet to come
    const auto known = stream->committed.find(options_.consumer);
    if (known == stream->committed.end()) return;
    known->second = std::max(known->second, position.fields().sequence);
    state_->changed.notify_all();
  }
  std::size_t poll(std::chrono::milliseconds timeout, std::size_t records_max) override {
    const auto deadline = Clock::now() + timeout;
    std::size_t delivered = 0;
    for (;;) {
      std::shared_ptr<Stream> stream;
      {
        std::unique_lock lock(state_->mutex);
        const auto is_due = [&] { return woken_ || (stream = next_stream()) != nullptr; };
        if (delivered == 0) {
          state_->changed.wait_until(lock, deadline, is_due);
        } else {
          (void)is_due();
        }
        if (std::exchange(woken_, false) || !stream) return delivered;
      }
      delivered += deliver(*stream, records_max - delivered);
      if (delivered >= records_max) return delivered;
    }
  }
  void wake() override {
    const std::lock_guard lock(state_->mutex);
    woken_ = true;
    state_->changed.notify_all();
  }
  std::vector<StreamStatus> streams() const override {
    const std::lock_guard lock(state_->mutex);
    std::vector<StreamStatus> all;
    for (const auto& stream : state_->streams) {
      const auto place = places_.find(stream->id);
      if (!reads(*stream) || place == places_.end()) continue;
      all.push_back({stream->topic, stream->publisher, stream->at(place->second.delivered), stream->at(stream->last()),
                     place->second.missing, stream->is_open});
    }
    return all;
  }
  ReaderCounters counters() const override { return counters_; }

 private:
  struct Place {
    std::uint64_t delivered = 0;
    std::uint64_t missing = 0;
  };

  bool reads(const Stream& stream) const {
    return std::find(options_.topics.begin(), options_.topics.end(), stream.topic) != options_.topics.end();
  }
  // A stream that has more for us. Each that was met has a place from here on. Precondition: the mutex is held.
  std::shared_ptr<Stream> next_stream() {
    std::shared_ptr<Stream> next;
    for (const auto& stream : state_->streams) {
      if (!reads(*stream)) continue;
      const bool has_past = stream->history && options_.first_met == FirstMet::kFromBeginning;
      const auto place = places_.try_emplace(stream->id, Place{has_past ? 0 : stream->begun_after, 0}).first;
      if (!next && place->second.delivered < stream->last()) next = stream;
    }
    return next;
  }
  std::size_t deliver(Stream& stream, std::size_t records_max) {
    auto& place = places_[stream.id];
    std::vector<std::string> payloads;
    std::uint64_t dropped = 0;
    {
      const std::lock_guard lock(state_->mutex);
      dropped = stream.dropped;
      for (auto next = place.delivered; next >= dropped && next < stream.last() && payloads.size() < records_max;
           ++next) {
        payloads.push_back(stream.records[static_cast<std::size_t>(next - dropped)]);
      }
    }
    if (place.delivered < dropped) return deliver_past(stream, place, dropped);
    return give(stream, place, {payloads.begin(), payloads.end()});
  }
  // What the log has no longer: from the history, or a gap.
  std::size_t deliver_past(Stream& stream, Place& place, std::uint64_t last) {
    const std::lock_guard lock(stream.history_mutex);
    const auto kept = stream.history ? stream.history->kept() : History::Kept{last + 1, last};
    const auto first = std::min(std::max(kept.first, place.delivered + 1), last + 1);
    if (first > place.delivered + 1) tell_gap(stream, place, first - 1);
    if (first > std::min(last, kept.last)) return 0;
    std::size_t delivered = 0;
    stream.history->read(first, kHistoryBytes, [&](std::uint64_t from, std::span<const std::string_view> payloads) {
      RISK_CHECK(from == place.delivered + 1);
      const auto count = std::min<std::uint64_t>(payloads.size(), last + 1 - std::min(from, last + 1));
      delivered += give(stream, place, {payloads.begin(), payloads.begin() + static_cast<std::ptrdiff_t>(count)});
    });
    counters_.replayed_records += delivered;
    return delivered;
  }
  std::size_t give(const Stream& stream, Place& place, const std::vector<std::string_view>& payloads) {
    if (payloads.empty()) return 0;
    const auto first = place.delivered + 1;
    place.delivered += payloads.size();
    counters_.records += payloads.size();
    handlers_.on_records({stream.topic, stream.publisher, stream.at(first), payloads});
    return payloads.size();
  }
  void tell_gap(const Stream& stream, Place& place, std::uint64_t last) {
    const Gap gap{stream.publisher, stream.at(place.delivered + 1), stream.at(last)};
    place.delivered = last;
    place.missing += gap.records();
    counters_.missing_records += gap.records();
    if (handlers_.on_gap) handlers_.on_gap(gap);
  }

  const std::shared_ptr<State> state_;
  const ReaderOptions options_;
  const ReaderHandlers handlers_;
  std::map<StreamId, Place> places_;  // of the reading thread
  ReaderCounters counters_;
  bool woken_ = false;  // guarded by the state's mutex
};

MemoryLog::MemoryLog(MemoryLogOptions options) : state_(std::make_shared<State>(std::move(options))) {}

OpenWriter MemoryLog::writer(std::string publisher) const {
  return [state = state_, publisher = std::move(publisher)](std::vector<Topic> topics, WriterHandlers handlers) {
    return std::make_unique<MemoryWriter>(state, publisher, std::move(topics), std::move(handlers));
  };
}

OpenWriters MemoryLog::writers(std::vector<std::string> publishers) const {
  return [state = state_, publishers = std::move(publishers)](const Topic& topic, const WriterHandlers& handlers) {
    std::vector<std::unique_ptr<Writer>> writers;
    for (const auto& publisher : publishers) {
      writers.push_back(std::make_unique<MemoryWriter>(state, publisher, std::vector{topic}, handlers));
    }
    return writers;
  };
}

Source MemoryLog::source() const {
  return {"memory", [state = state_](ReaderOptions options, ReaderHandlers handlers) {
            return std::make_unique<MemoryReader>(state, std::move(options), std::move(handlers));
          }};
}

}  // namespace risk::log
