#include "stream_table.hpp"

#include <algorithm>

#include "risk/base/check.hpp"
#include "risk/base/id.hpp"

namespace risk::bus {
namespace {

// A peer's text in a message for people.
std::string in_quotes(std::string_view text) {
  return "'" + printable(text) + "'";
}

}  // namespace

StreamTable::StreamTable(SubscriberHandlers handlers, std::chrono::milliseconds silence_max,
                         SubscriberOptions::FirstMet first_met)
    : handlers_(std::move(handlers)), silence_max_(silence_max), first_met_(first_met) {
  RISK_CHECK(handlers_.on_record || handlers_.on_records);
}

void StreamTable::resume_after(const StreamKey& stream, std::uint64_t epoch, std::uint64_t sequence) {
  auto& entry = streams_[stream];
  entry.id = to_stream_id(stream);
  entry.epoch = epoch;
  entry.next = sequence + 1;
  entry.delivered = sequence;
  entry.announced = sequence;
  entry.resumed = sequence;
}

void StreamTable::bad_frame(std::string_view from, std::string_view reason) {
  ++counters_.bad_frames;
  if (handlers_.on_bad_frame) handlers_.on_bad_frame(std::string(from) + ": " + std::string(reason));
}

StreamTable::Taken StreamTable::take(std::string_view message, PathId path, std::string_view from, Instant now) {
  ++counters_.frames;
  counters_.bytes += message.size();
  const auto frame = decode_frame(message);
  if (!frame) {
    bad_frame(from, "frame of " + std::to_string(message.size()) + " bytes, " + frame.error().reason);
    return {};
  }
  auto* stream = find(*frame, from);
  if (stream == nullptr) return {};

  const bool home = is_home(*stream, path, now);
  stream->heard = now;
  if (stream->publisher != frame->publisher) stream->publisher = frame->publisher;
  const bool is_data = frame->kind == FrameKind::kData;
  if (!home && (frame->epoch != stream->epoch || !is_data || frame->sequence > stream->next)) {
    // A copy that ran ahead of the home connection, which has these records still to bring.
    counters_.duplicate_records += frame->count;
    return {};
  }
  if (home) stream->replay_port = frame->replay_port;
  const auto last = is_data ? frame->sequence + frame->count - 1 : frame->sequence;
  const bool went_back = frame->epoch == stream->epoch && home && last < std::max(stream->resumed, stream->heard_live);
  if (went_back && !is_data) return refuse_announcement(*stream, *frame, from);
  if (frame->epoch == stream->epoch) {
    stream->announced = std::max(stream->announced, last);
    if (home) stream->heard_live = std::max(stream->heard_live, last);
  }
  if (auto missing = missing_before(*stream, *frame)) return {0, std::move(missing)};
  if (frame->epoch > stream->epoch) go_to_epoch(*stream, frame->epoch);
  if (is_data) return {take_data(*stream, *frame, from), std::nullopt};
  if (frame->sequence >= stream->next) tell_gap(*stream, frame->sequence);
  return {};
}

// What can be had again and stands between what is due and the frame.
std::optional<StreamTable::Missing> StreamTable::missing_before(const Stream& stream, const Frame& frame) const {
  if (frame.replay_port == 0) return std::nullopt;
  const auto missing = [&](std::uint64_t last) { return Missing{frame.stream, stream.epoch, last, frame.replay_port}; };
  if (frame.epoch > stream.epoch) return missing(0);
  const auto last = frame.kind == FrameKind::kData ? frame.sequence - 1 : frame.sequence;
  if (last < stream.next) return std::nullopt;
  return missing(last);
}

std::size_t StreamTable::take_replayed(std::string_view message, std::string_view from, Instant now) {
  ++counters_.frames;
  counters_.bytes += message.size();
  const auto frame = decode_frame(message);
  if (!frame) {
    bad_frame(from, "replayed frame of " + std::to_string(message.size()) + " bytes, " + frame.error().reason);
    return 0;
  }
  const auto found = streams_.find(frame->stream);
  if (found == streams_.end() || found->second.topic != frame->topic || frame->kind != FrameKind::kData) {
    refuse(*frame, from, "was not asked for");
    return 0;
  }
  auto& stream = found->second;
  stream.heard = stream.home_heard = now;
  // Of an answer that came late or lost a part: what is due is asked for again.
  if (frame->epoch != stream.epoch || frame->sequence > stream.next) return 0;
  const auto delivered = take_data(stream, *frame, from);
  counters_.replayed_records += delivered;
  return delivered;
}

void StreamTable::lose_before(const StreamKey& key, std::uint64_t first, std::uint64_t announced) {
  auto& stream = streams_.at(key);
  stream.announced = std::max(stream.announced, announced);
  if (first > stream.next) tell_gap(stream, first - 1);
}

void StreamTable::end_epoch(const StreamKey& key) {
  auto& stream = streams_.at(key);
  go_to_epoch(stream, stream.epoch + 1);
}

// What was announced of the old epoch and did not come is lost with it.
void StreamTable::go_to_epoch(Stream& stream, std::uint64_t epoch) {
  if (stream.announced >= stream.next) tell_gap(stream, stream.announced);
  stream.epoch = epoch;
  stream.next = 1;
  stream.delivered = 0;
  stream.announced = 0;
  stream.resumed = 0;
  stream.heard_live = 0;
  stream.hashes.reset();
}

void StreamTable::refuse(const Frame& frame, std::string_view from, const std::string& why) {
  bad_frame(from, "stream " + to_stream_id(frame.stream).text + " of " + in_quotes(frame.publisher) + " on " +
                      in_quotes(frame.topic) + ": " + why);
}

StreamTable::Stream* StreamTable::find(const Frame& frame, std::string_view from) {
  auto found = streams_.find(frame.stream);
  if (found == streams_.end()) {
    if (streams_.size() >= kStreamsMax) {
      bad_frame(from,
                "more than " + std::to_string(kStreamsMax) + " streams, refused one of " + in_quotes(frame.publisher));
      return nullptr;
    }
    found = streams_.emplace(frame.stream, Stream{}).first;
    found->second.id = to_stream_id(frame.stream);
    found->second.epoch = frame.epoch;
    if (first_met_ == SubscriberOptions::FirstMet::kFromHere) {
      found->second.delivered = frame.kind == FrameKind::kData ? frame.sequence - 1 : frame.sequence;
      found->second.next = found->second.delivered + 1;
    } else if (frame.replay_port != 0) {
      found->second.epoch = 1;  // from its very beginning, if that is still there
    }
  }

  auto& stream = found->second;
  if (stream.topic.empty()) stream.topic = frame.topic;
  if (stream.topic != frame.topic) {
    refuse(frame, from, "was on " + in_quotes(stream.topic));
    return nullptr;
  }
  if (frame.epoch < stream.epoch) {
    refuse(frame, from,
           "epoch " + std::to_string(frame.epoch) + " is over, it is in epoch " + std::to_string(stream.epoch));
    return nullptr;
  }
  return &stream;
}

bool StreamTable::is_home(Stream& stream, PathId path, Instant now) const {
  if (stream.home != path && stream.home != 0 && now - stream.home_heard <= silence_max_) return false;
  if (stream.home != path) stream.heard_live = 0;
  stream.home = path;
  stream.home_heard = now;
  return true;
}

std::size_t StreamTable::take_data(Stream& stream, const Frame& frame, std::string_view from) {
  const auto last = frame.sequence + frame.count - 1;
  if (frame.sequence > stream.next) tell_gap(stream, frame.sequence - 1);
  stream.announced = std::max(stream.announced, last);
  if (!stream.hashes) stream.hashes = std::make_unique<std::array<std::uint64_t, kHashesKept>>();
  auto& hashes = *stream.hashes;

  auto records = frame.records;
  auto sequence = frame.sequence;
  for (; sequence <= last && sequence < stream.next; ++sequence) {
    const auto payload = take_record(records);
    ++counters_.duplicate_records;
    const auto known = hashes[sequence % kHashesKept];
    if (sequence + kHashesKept >= stream.next && known != 0 && known != checksum(payload)) {
      refuse(frame, from,
             "record " + std::to_string(sequence) + " of epoch " + std::to_string(stream.epoch) +
                 " came again with another payload");
    }
  }
  if (sequence > last) return 0;
  fresh_.clear();
  for (auto at = sequence; at <= last; ++at) {
    const auto payload = take_record(records);
    hashes[at % kHashesKept] = checksum(payload);
    fresh_.push_back(payload);
  }
  deliver(stream, {stream.id, frame.publisher, stream.epoch, sequence, fresh_});
  return fresh_.size();
}

void StreamTable::deliver(Stream& stream, const Records& records) {
  const auto step_to = [&](std::uint64_t sequence) {
    counters_.records += sequence + 1 - stream.next;
    stream.delivered = sequence;
    stream.next = sequence + 1;
  };
  if (handlers_.on_records) {
    step_to(records.last());
    return handlers_.on_records(records);
  }
  for (std::size_t i = 0; i < records.payloads.size(); ++i) {
    step_to(records.first + i);
    handlers_.on_record(records[i]);
  }
}

StreamTable::Taken StreamTable::refuse_announcement(const Stream& stream, const Frame& frame, std::string_view from) {
  refuse(frame, from,
         "announces " + std::to_string(frame.sequence) + " in epoch " + std::to_string(frame.epoch) + ", but " +
             std::to_string(std::max(stream.resumed, stream.heard_live)) +
             " was sent before: it went back without a new epoch");
  return {};
}

void StreamTable::tell_gap(Stream& stream, std::uint64_t last) {
  const auto first = stream.next;
  stream.next = last + 1;
  stream.missing += last - first + 1;
  ++counters_.gaps;
  counters_.missing_records += last - first + 1;
  // The place of a record that never came holds what another had before.
  if (stream.hashes) stream.hashes->fill(0);
  if (handlers_.on_gap) handlers_.on_gap(Gap{stream.id, stream.publisher, stream.epoch, first, last});
}

StreamTable::Source StreamTable::source_of(const StreamKey& key) const {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return {};
  return {found->second.home, found->second.replay_port};
}

void StreamTable::forget_path(PathId path) {
  for (auto& [key, stream] : streams_) {
    if (stream.home == path) stream.home = 0;
  }
}

std::vector<StreamStatus> StreamTable::streams(Instant now) const {
  std::vector<StreamStatus> all;
  all.reserve(streams_.size());
  for (const auto& [key, stream] : streams_) {
    const bool up = stream.heard != Instant{} && now - stream.heard <= silence_max_;
    all.push_back({stream.id, stream.topic, stream.publisher, stream.epoch, stream.delivered, stream.announced,
                   stream.missing, up});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return all;
}

}  // namespace risk::bus
