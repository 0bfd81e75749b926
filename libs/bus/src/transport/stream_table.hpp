// What a subscriber knows of each stream: what was delivered, what is due, what is missing. Decides for each frame what
// is new, and tells the handlers. Pure but for the handlers: the time is given, there is no socket. One thread.
//
// Invariants, per stream and epoch:
//  1. next grows only. Every sequence below it was delivered, told as a gap or declared done by resume_after().
//  2. A record is given to on_record only when its sequence is next.
//  3. A gap is told before the records after it, once.
//  4. A frame before which records are missing that can be had again changes nothing: it is to be taken again after
//  them.
//  5. Records come from one instance at a time, a run of a publisher. Another one takes its place when the first is
//  gone and the other has proved to have the last record that was delivered; what is refused is in status and counters.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "risk/bus/subscriber.hpp"
#include "transport/frame.hpp"
#include "transport/replay_message.hpp"
#include "transport/rivals.hpp"
#include "transport/stream_id.hpp"

namespace risk::bus {

inline constexpr std::size_t kStreamsMax = 10'000;  // a peer may invent streams
inline constexpr std::size_t kHashesKept = 1'024;   // a power of two

class StreamTable {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using PathId = std::uint64_t;  // a connection, from 1

  // Precondition: handlers.on_record or handlers.on_records is set.
  StreamTable(SubscriberHandlers handlers, std::chrono::milliseconds silence_max,
              SubscriberOptions::FirstMet first_met = SubscriberOptions::FirstMet::kFromBeginning);

  void resume_after(const StreamKey& stream, std::uint64_t epoch, std::uint64_t sequence,
                    std::optional<std::uint64_t> hash = std::nullopt);

  // Records that have to be asked for before a frame can be taken.
  struct Missing {
    StreamKey stream;
    std::uint64_t epoch;
    std::uint64_t last;         // 0: all there are of this epoch, which is over
    std::uint16_t replay_port;  // where
    // Not 0: this instance of the publisher has to prove first that it has record `last` as it was delivered.
    std::uint64_t unproven = 0;
  };
  struct Taken {
    std::size_t delivered = 0;
    std::optional<Missing> missing;  // then the frame was not taken
  };
  // Takes one message that came through a connection whose endpoint is `from`.
  Taken take(std::string_view message, PathId path, std::string_view from, Instant now);

  struct Replayed {
    std::size_t delivered = 0;
    bool is_others = false;  // another instance answered than was asked: ask no more
  };
  // Takes a frame that was asked for.
  Replayed take_replayed(std::string_view message, std::string_view from, Instant now);
  // Whether the end of an answer is that of the instance whose records are taken; if not, that one is gone.
  bool is_from_source(const StreamKey& stream, std::uint64_t instance);
  // What the publisher of an unproven frame says of the record that it was asked for.
  void take_proof(const Missing& question, const ReplayMessage& proof, PathId path, std::string_view from, Instant now);
  // The sequence that is due, to ask for.
  std::uint64_t next(const StreamKey& stream) const { return streams_.at(stream).next; }
  // Nobody has the records before `first` any more: they are a gap. Its publisher's last record is `announced`.
  void lose_before(const StreamKey& stream, std::uint64_t first, std::uint64_t announced = 0);
  // The stream's epoch has come to its end: it goes on in the next one.
  void end_epoch(const StreamKey& stream);
  // Where the stream comes from, and on which port its past is; path 0: it was not heard of lately.
  struct Source {
    PathId path = 0;
    std::uint16_t replay_port = 0;
  };
  Source source_of(const StreamKey& stream) const;

  // The connection is gone for good: its streams may be heard through another.
  void forget_path(PathId path);
  void bad_frame(std::string_view from, std::string_view reason);

  std::vector<StreamStatus> streams(Instant now) const;
  const SubscriberCounters& counters() const { return counters_; }

 private:
  struct Stream {
    StreamId id;
    std::string topic;  // empty until heard
    std::string publisher;
    std::uint64_t epoch = 0;
    std::uint64_t next = 1;
    std::uint64_t delivered = 0;
    std::uint64_t announced = 0;
    // A publisher never announces less than was done before this subscriber began, nor less than came from it before.
    // Less than was delivered is no contradiction: an answer runs ahead of the frames that wait.
    std::uint64_t resumed = 0;
    std::uint64_t heard_live = 0;  // through the home connection
    std::uint64_t missing = 0;
    // Hashes of the newest records, by sequence: a sequence that comes again must carry the same.
    std::unique_ptr<std::array<std::uint64_t, kHashesKept>> hashes;
    // Whose records are taken, when that is known, and where it was heard first.
    std::optional<std::uint64_t> instance;
    std::string instance_from;
    // The last record that was delivered: who goes on with the stream must have it.
    struct LastRecord {
      std::uint64_t epoch, sequence, hash;
    };
    std::optional<LastRecord> last_record;
    Rivals rivals;
    PathId home = 0;                // the connection whose order counts; 0: none
    std::uint16_t replay_port = 0;  // of the home's publisher
    Instant home_heard{};
    Instant heard{};
  };

  // No stream: the frame was refused and told.
  Stream* find(const Frame& frame, std::string_view from, Instant now);
  enum class Claim : std::uint8_t { kTaken, kUnproven, kRefused };
  // Whether the frame's instance is the one whose records are taken, or may take its place.
  Claim claim(Stream& stream, const Frame& frame, PathId path, std::string_view from, Instant now);
  void adopt(Stream& stream, std::uint64_t instance, std::string_view from);
  void refuse_rival(Stream& stream, const Frame& frame, std::string_view from, Instant now);
  // Evidence against a frame's publisher, which the frame alone does not tell apart from the one that was heard.
  void note_contradiction(Stream& stream, const Frame& frame, std::string_view from, const std::string& why,
                          Instant now);
  bool is_home(Stream& stream, PathId path, Instant now) const;
  std::optional<Missing> missing_before(const Stream& stream, const Frame& frame) const;
  std::size_t take_data(Stream& stream, const Frame& frame, std::string_view from, Instant now);
  bool contradicts(Stream& stream, const Frame& frame, std::string_view from, Instant now);
  void deliver(Stream& stream, const Records& records);
  Taken refuse_announcement(Stream& stream, const Frame& frame, std::string_view from, Instant now);
  std::string conflict(const Stream& stream, Instant now) const;
  void tell_gap(Stream& stream, std::uint64_t last);
  void go_to_epoch(Stream& stream, std::uint64_t epoch);
  void refuse(const Frame& frame, std::string_view from, const std::string& why);

  SubscriberHandlers handlers_;
  std::chrono::milliseconds silence_max_;
  SubscriberOptions::FirstMet first_met_;
  SubscriberCounters counters_;
  std::vector<std::string_view> fresh_;  // the payloads at hand
  std::unordered_map<StreamKey, Stream, StreamKeyHash> streams_;
};

}  // namespace risk::bus
