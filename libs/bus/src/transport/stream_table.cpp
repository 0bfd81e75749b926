#include "transport/stream_table.hpp"

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

void StreamTable::resume_after(const StreamKey& stream, std::uint64_t epoch, std::uint64_t sequence,
                               std::optional<std::uint64_t> hash) {
  auto& entry = streams_[stream];
  entry.id = to_stream_id(stream);
  entry.epoch = epoch;
  entry.next = sequence + 1;
  entry.delivered = sequence;
  entry.announced = sequence;
  entry.resumed = sequence;
  if (hash && sequence > 0) entry.last_record = {epoch, sequence, *hash};
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
  auto* stream = find(*frame, from, now);
  if (stream == nullptr) return {};
  switch (claim(*stream, *frame, path, from, now)) {
    case Claim::kTaken:
      break;
    case Claim::kRefused:
      return {};
    case Claim::kUnproven: {
      const auto& known = *stream->last_record;
      return {0, Missing{frame->stream, known.epoch, known.sequence, frame->replay_port, frame->instance}};
    }
  }

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
  if (went_back && !is_data) return refuse_announcement(*stream, *frame, from, now);
  if (frame->epoch == stream->epoch) {
    stream->announced = std::max(stream->announced, last);
    if (home) stream->heard_live = std::max(stream->heard_live, last);
  }
  if (auto missing = missing_before(*stream, *frame)) return {0, std::move(missing)};
  if (frame->epoch > stream->epoch) go_to_epoch(*stream, frame->epoch);
  if (is_data) return {take_data(*stream, *frame, from, now), std::nullopt};
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

StreamTable::Claim StreamTable::claim(Stream& stream, const Frame& frame, PathId path, std::string_view from,
                                      Instant now) {
  if (stream.instance == frame.instance) return Claim::kTaken;
  if (auto* rival = stream.rivals.find(frame.instance); rival != nullptr && rival->is_proven_other) {
    // What is done must not be told to it.
    if (stream.home == path) stream.home = 0;
    refuse_rival(stream, frame, from, now);
    return Claim::kRefused;
  }
  const bool other_is_heard = stream.home != 0 && stream.home != path && now - stream.home_heard <= silence_max_;
  if (stream.instance && other_is_heard) {
    stream.rivals.note(frame.instance, "the other one is heard", now);
    refuse_rival(stream, frame, from, now);
    return Claim::kRefused;
  }
  if (stream.last_record && frame.replay_port != 0 && frame.instance != 0) return Claim::kUnproven;
  adopt(stream, frame.instance, from);
  return Claim::kTaken;
}

void StreamTable::adopt(Stream& stream, std::uint64_t instance, std::string_view from) {
  stream.instance = instance;
  stream.instance_from = from;
  stream.rivals.forget(instance);
}

void StreamTable::refuse_rival(Stream& stream, const Frame& frame, std::string_view from, Instant now) {
  auto& rival = *stream.rivals.find(frame.instance);
  rival.heard = now;
  rival.publisher = frame.publisher;
  rival.from = from;
  ++counters_.rival_frames;
  counters_.rival_records += frame.count;
  if (!rival.told || now - *rival.told >= kTellInterval) {
    rival.told = now;
    refuse(frame, from, "refused, for another publisher of this stream was heard: " + rival.why);
  }
}

void StreamTable::take_proof(const Missing& question, const ReplayMessage& proof, PathId path, std::string_view from,
                             Instant now) {
  auto& stream = streams_.at(question.stream);
  const auto& known = stream.last_record;
  if (!known || known->epoch != question.epoch || known->sequence != question.last) return;  // it is asked again
  const auto record = "record " + std::to_string(known->sequence) + " of epoch " + std::to_string(known->epoch);
  std::string why;
  if (!proof.text.empty() && proof.text != hash_text(known->hash)) {
    why = "its " + record + " is not the one that was delivered";
  } else if (proof.answer == ReplayMessage::Answer::kMore && proof.last < known->sequence) {
    why = "it ends at " + std::to_string(proof.last) + ", before " + record + ", which was delivered";
  }
  const bool other_is_heard = stream.instance && *stream.instance != question.unproven && stream.home != 0 &&
                              stream.home != path && now - stream.home_heard <= silence_max_;
  if (why.empty() && other_is_heard) return;  // another one has proved it meanwhile
  if (why.empty()) return adopt(stream, question.unproven, from);
  stream.rivals.note(question.unproven, why, now).is_proven_other = true;
  if (stream.home == path) stream.home = 0;
}

bool StreamTable::is_from_source(const StreamKey& key, std::uint64_t instance) {
  auto& stream = streams_.at(key);
  if (instance == 0 || !stream.instance || *stream.instance == 0 || *stream.instance == instance) return true;
  stream.instance.reset();
  return false;
}

void StreamTable::note_contradiction(Stream& stream, const Frame& frame, std::string_view from, const std::string& why,
                                     Instant now) {
  auto& rival = stream.rivals.note(frame.instance, why, now);
  rival.is_proven_other = true;
  rival.heard = now;
  rival.publisher = frame.publisher;
  rival.from = from;
  ++counters_.rival_frames;
  counters_.rival_records += frame.count;
  refuse(frame, from, why);
}

StreamTable::Replayed StreamTable::take_replayed(std::string_view message, std::string_view from, Instant now) {
  ++counters_.frames;
  counters_.bytes += message.size();
  const auto frame = decode_frame(message);
  if (!frame) {
    bad_frame(from, "replayed frame of " + std::to_string(message.size()) + " bytes, " + frame.error().reason);
    return {};
  }
  const auto found = streams_.find(frame->stream);
  if (found == streams_.end() || found->second.topic != frame->topic || frame->kind != FrameKind::kData) {
    refuse(*frame, from, "was not asked for");
    return {};
  }
  if (!is_from_source(frame->stream, frame->instance)) return {0, true};
  auto& stream = found->second;
  stream.heard = stream.home_heard = now;
  // Of an answer that came late or lost a part: what is due is asked for again.
  if (frame->epoch != stream.epoch || frame->sequence > stream.next) return {};
  const auto delivered = take_data(stream, *frame, from, now);
  counters_.replayed_records += delivered;
  return {delivered};
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

StreamTable::Stream* StreamTable::find(const Frame& frame, std::string_view from, Instant now) {
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
    note_contradiction(
        stream, frame, from,
        "epoch " + std::to_string(frame.epoch) + " is over, it is in epoch " + std::to_string(stream.epoch), now);
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

// Whether a record of the frame was delivered with another payload. Those that were delivered are counted.
bool StreamTable::contradicts(Stream& stream, const Frame& frame, std::string_view from, Instant now) {
  if (frame.sequence >= stream.next || !stream.hashes) return false;
  const auto& hashes = *stream.hashes;
  auto records = frame.records;
  for (auto sequence = frame.sequence; sequence < std::min(frame.sequence + frame.count, stream.next); ++sequence) {
    const auto payload = take_record(records);
    const auto known = hashes[sequence % kHashesKept];
    if (sequence + kHashesKept < stream.next || known == 0 || known == checksum(payload)) continue;
    note_contradiction(stream, frame, from,
                       "record " + std::to_string(sequence) + " of epoch " + std::to_string(stream.epoch) +
                           " came again with another payload",
                       now);
    return true;
  }
  return false;
}

std::size_t StreamTable::take_data(Stream& stream, const Frame& frame, std::string_view from, Instant now) {
  if (contradicts(stream, frame, from, now)) return 0;
  const auto last = frame.sequence + frame.count - 1;
  if (frame.sequence > stream.next) tell_gap(stream, frame.sequence - 1);
  stream.announced = std::max(stream.announced, last);
  if (!stream.hashes) stream.hashes = std::make_unique<std::array<std::uint64_t, kHashesKept>>();
  auto& hashes = *stream.hashes;

  auto records = frame.records;
  auto sequence = frame.sequence;
  for (; sequence <= last && sequence < stream.next; ++sequence) {
    take_record(records);
    ++counters_.duplicate_records;
  }
  if (sequence > last) return 0;
  fresh_.clear();
  for (auto at = sequence; at <= last; ++at) {
    const auto payload = take_record(records);
    hashes[at % kHashesKept] = checksum(payload);
    fresh_.push_back(payload);
  }
  stream.last_record = {stream.epoch, last, hashes[last % kHashesKept]};
  deliver(stream, {stream.id, frame.publisher, stream.epoch, sequence, fresh_, stream.last_record->hash, stream.topic});
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

StreamTable::Taken StreamTable::refuse_announcement(Stream& stream, const Frame& frame, std::string_view from,
                                                    Instant now) {
  note_contradiction(stream, frame, from,
                     "announces " + std::to_string(frame.sequence) + " in epoch " + std::to_string(frame.epoch) +
                         ", but " + std::to_string(std::max(stream.resumed, stream.heard_live)) +
                         " was sent before: it went back without a new epoch",
                     now);
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

// "" unless someone else publishes the stream, as far as is known now.
std::string StreamTable::conflict(const Stream& stream, Instant now) const {
  const auto* rival = stream.rivals.heard(now, silence_max_);
  if (rival == nullptr) return "";
  if (!stream.instance || stream.home == 0) {
    return "stream " + stream.id.text + ": " + in_quotes(rival->publisher) + " at " + rival->from +
           " is refused, and no other publisher of it is heard: " + rival->why;
  }
  return "stream " + stream.id.text + " has two publishers: " + in_quotes(stream.publisher) + " at " +
         stream.instance_from + " is taken; " + in_quotes(rival->publisher) + " at " + rival->from +
         " is refused: " + rival->why;
}

std::vector<StreamStatus> StreamTable::streams(Instant now) const {
  std::vector<StreamStatus> all;
  all.reserve(streams_.size());
  for (const auto& [key, stream] : streams_) {
    const bool up = stream.heard != Instant{} && now - stream.heard <= silence_max_;
    all.push_back({stream.id, stream.topic, stream.publisher, stream.epoch, stream.delivered, stream.announced,
                   stream.missing, up, conflict(stream, now)});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return all;
}

}  // namespace risk::bus
