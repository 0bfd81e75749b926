// What subscribers ask a publisher's second socket, and how it ends an answer (libs/bus/README.md). Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"
#include "transport/stream_id.hpp"

namespace risk::bus {

inline constexpr std::size_t kReplayTextBytesMax = 255;
inline constexpr std::size_t kReplayMessageBytesMax = 512;  // longer than any of them

struct ReplayMessage {
  enum class Kind : std::uint8_t { kAsk = 1, kCommitted = 2, kEnd = 3, kProve = 4, kProof = 5 };
  enum class Answer : std::uint8_t {
    kMore = 0,         // ask again for what comes next
    kOver = 1,         // the epoch ends with `last`
    kUnknown = 2,      // no such stream or epoch here: nothing of it will ever come
    kUnavailable = 3,  // not now
  };

  Kind kind = Kind::kAsk;
  Answer answer = Answer::kMore;  // of an END
  StreamKey stream{};
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;     // ASK: the first record wanted; END: the oldest that is still there
  std::uint64_t last = 0;      // COMMITTED: the last record that is done; END, PROOF: the newest; PROVE: the record
  std::uint64_t instance = 0;  // END, PROOF: of the publisher's run; 0: it does not say, as in messages of version 1
  std::string text;            // COMMITTED: the consumer; END: why not; PROOF: the record's hash, "" where it is gone
};

// A record's hash as a PROOF has it: 8 bytes.
std::string hash_text(std::uint64_t hash);

// Precondition: text.size() <= kReplayTextBytesMax.
std::string encode_replay(const ReplayMessage& message);
// Whether these bytes mean to be one: a frame of records starts with its topic instead.
bool is_replay_message(std::string_view bytes);
// Errors: a clause that names what is wrong and at which byte.
Result<ReplayMessage> decode_replay(std::string_view bytes);

}  // namespace risk::bus
