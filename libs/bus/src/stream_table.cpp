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
  RISK_CHECK(handlers_.on_record);
}

void StreamTable::resume_after(const StreamKey& stream, std::uint64_t epoch, std::uint64_t sequence) {
  auto& entry = streams_[stream];
  entry.id = to_stream_id(stream);
  entry.epoch = epoch;
  entry.next = sequence + 1;
  entry.delivered = sequence;
  entry.announced = sequence;
}

void StreamTable::bad_frame(std::string_view from, std::string_view reason) {
  ++counters_.bad_frames;
  if (handlers_.on_bad_frame) handlers_.on_bad_frame(std::string(from) + ": " + std::string(reason));
}

std::size_t StreamTable::take(std::string_view message, PathId path, std::string_view from, Instant now) {
  ++counters_.frames;
  counters_.bytes += message.size();
  const auto frame = decode_frame(message);
  if (!frame) {
    bad_frame(from, "frame of " + std::to_string(message.size()) + " bytes, " + frame.error().reason);
    return 0;
  }
  auto* stream = find(*frame, from);
  if (stream == nullptr) return 0;

  const bool home = is_home(*stream, path, now);
  stream->heard = now;
  if (stream->publisher != frame->publisher) stream->publisher = frame->publisher;
  if (frame->kind == FrameKind::kData) return take_data(*stream, *frame, home);
  take_heartbeat(*stream, *frame, home, from);
  return 0;
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
    }
  }

  auto& stream = found->second;
  const auto refuse = [&](const std::string& why) -> Stream* {
    bad_frame(from, "stream " + stream.id.text + " of " + in_quotes(frame.publisher) + " on " + in_quotes(frame.topic) +
                        ": " + why);
    return nullptr;
  };
  if (stream.topic.empty()) stream.topic = frame.topic;
  if (stream.topic != frame.topic) return refuse("was on " + in_quotes(stream.topic));
  if (frame.epoch < stream.epoch) {
    return refuse("epoch " + std::to_string(frame.epoch) + " is over, it is in epoch " + std::to_string(stream.epoch));
  }
  if (frame.epoch > stream.epoch) {
    stream.epoch = frame.epoch;
    stream.next = 1;
    stream.delivered = 0;
    stream.announced = 0;
  }
  return &stream;
}

bool StreamTable::is_home(Stream& stream, PathId path, Instant now) const {
  if (stream.home != path && stream.home != 0 && now - stream.home_heard <= silence_max_) return false;
  stream.home = path;
  stream.home_heard = now;
  return true;
}

std::size_t StreamTable::take_data(Stream& stream, const Frame& frame, bool home) {
  const auto last = frame.sequence + frame.count - 1;
  if (frame.sequence > stream.next) {
    if (!home) {
      // A copy that ran ahead of the home connection, which has these records still to bring.
      counters_.duplicate_records += frame.count;
      return 0;
    }
    tell_gap(stream, frame.publisher, frame.sequence - 1);
  }
  stream.announced = std::max(stream.announced, last);

  auto records = frame.records;
  auto sequence = frame.sequence;
  for (; sequence <= last && sequence < stream.next; ++sequence) {
    take_record(records);
    ++counters_.duplicate_records;
  }
  const std::size_t fresh = last + 1 - sequence;
  for (; sequence <= last; ++sequence) {
    const auto payload = take_record(records);
    stream.delivered = sequence;
    stream.next = sequence + 1;
    ++counters_.records;
    handlers_.on_record(Record{stream.id, frame.publisher, stream.epoch, sequence, payload});
  }
  return fresh;
}

void StreamTable::take_heartbeat(Stream& stream, const Frame& frame, bool home, std::string_view from) {
  if (frame.sequence < stream.delivered && home) {
    bad_frame(from, "stream " + stream.id.text + " of " + in_quotes(frame.publisher) + " on " + in_quotes(frame.topic) +
                        ": announces " + std::to_string(frame.sequence) + " in epoch " + std::to_string(stream.epoch) +
                        ", but " + std::to_string(stream.delivered) +
                        " was delivered: it went back without a new epoch");
    return;
  }
  stream.announced = std::max(stream.announced, frame.sequence);
  if (home && frame.sequence >= stream.next) tell_gap(stream, frame.publisher, frame.sequence);
}

void StreamTable::tell_gap(Stream& stream, std::string_view publisher, std::uint64_t last) {
  const auto first = stream.next;
  stream.next = last + 1;
  stream.missing += last - first + 1;
  ++counters_.gaps;
  counters_.missing_records += last - first + 1;
  if (handlers_.on_gap) handlers_.on_gap(Gap{stream.id, publisher, first, last});
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
