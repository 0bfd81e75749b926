// Says what keeps happening once a minute with how often, instead of each time: who can make a server refuse something
// can do so a hundred thousand times a second, and the log is a disk too.
//
// Time is an input. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/throttle.hpp"

namespace risk::http {

enum class RefusalReason : std::uint8_t {
  kAddressFull,    // an address holds as many connections as one may
  kAllFull,        // all addresses together do
  kSlowRequest,    // a request did not come in in time
  kSlowed,         // an address sends more requests than one may
  kForeignHost,    // a Host that is not ours
  kCannotAccept,   // accept() fails
  kWebSocketFlood  // a client of the live stream sends more than one may
};
inline constexpr std::size_t kRefusalReasons = 7;

// One line of a log: of `count` cases since the last line of the same reason the latest.
struct Warning {
  std::string_view message;  // constant
  std::string address;       // of the peer
  std::string detail;        // what it sent, or a reason; may be empty
  std::uint64_t count = 0;
};

class RefusalLog {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit RefusalLog(std::chrono::seconds interval = std::chrono::seconds{60}) : throttle_(interval) {}

  // Counts a case. Returns the line to write now, if one is due.
  std::optional<Warning> note(RefusalReason reason, const std::string& address, const std::string& detail, Instant now);

  // What was counted and not said, and is due now.
  std::vector<Warning> due(Instant now);

 private:
  struct Case {
    std::string address;
    std::string detail;
  };

  std::mutex mutex_;
  Throttle throttle_;  // by the message
  std::array<Case, kRefusalReasons> latest_;
};

}  // namespace risk::http
