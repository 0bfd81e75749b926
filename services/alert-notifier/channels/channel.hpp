// A way to reach people. One folder holds them all; delivery.hpp gives each a queue, a thread and patience.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "alert-notifier/notification.hpp"

namespace risk::notifier {

// What came of one attempt. `reason` never holds a secret.
struct Outcome {
  enum class Kind : std::uint8_t {
    kDelivered,
    kTryAgain,  // the channel cannot now: the network, a wrong password, an unknown webhook; any message would fail
    kRefused,   // this message will not be taken as it is: too long, or something in it
  };
  Kind kind = Kind::kDelivered;
  std::string reason;                               // unless delivered; if delivered: what a person should still know
  std::optional<std::chrono::seconds> wait_wanted;  // the peer's wish, with kTryAgain
  // Unless delivered: the reason in one word, of a few hundred that there can be: "http_401", "smtp_535",
  // "unreachable".
  std::string cause = "unreachable";
};

class Channel {
 public:
  virtual ~Channel() = default;
  virtual std::string_view name() const = 0;  // "slack"; for logs and metrics

  // Blocks, at most 15 s, and about a second more once `cancel` is requested. What fails is an outcome, nothing is
  // thrown. One thread at a time.
  virtual Outcome send(const Notification& notification, std::stop_token cancel) = 0;
};

}  // namespace risk::notifier
