// What a channel will never deliver is kept where people find it: the engine stores it (table deliveries, `riskctl
// notify undelivered`). A thread asks the engine until it has; a channel goes on meanwhile, until its queue is full.
//
// Invariants
//   1. What is kept is stored before it is told as kept, however long the engine is away.
//   2. At most what the channels' queues hold waits: who keeps an event takes no other in its place.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "alert-notifier/notification.hpp"
#include "risk/bus/request.hpp"
#include "risk/service/health.hpp"
#include "risk/service/metrics.hpp"
#include "risk/wire/control.hpp"

namespace risk::notifier {

struct Undelivered {
  std::string stream;  // of its event
  wire::DeliveryRecord record;
};

struct UndeliveredOptions {
  std::vector<std::string> endpoints;  // where engines take commands
  std::optional<bus::CurveClient> curve{};
  std::chrono::milliseconds first_wait{std::chrono::seconds(1)};  // after the first failure; doubles from there
  std::chrono::milliseconds longest_wait{std::chrono::seconds(30)};
};

class UndeliveredKeeper {
 public:
  static constexpr char kCondition[] = "record of undelivered alerts";

  // Starts the thread. `health` and `metrics` must outlive it. Throws bus::BusError: an endpoint cannot be parsed.
  UndeliveredKeeper(UndeliveredOptions options, service::Health& health);
  ~UndeliveredKeeper();  // stop()

  // Any thread. `kept` is called on the keeper's thread, once the engine has stored it or will never: then the log
  // alone has it.
  void keep(Undelivered undelivered, std::function<void()> kept);

  // What waits is tried at once, and then more often.
  void begin_stop();
  // Ends the thread, after the try under way. What waits is not kept: it comes again after the next start. Idempotent.
  void stop();

 private:
  struct Item {
    Undelivered undelivered;
    std::function<void()> kept;
  };
  using Items = std::deque<Item>;

  void run();
  // Of one stream, as many as one command may hold.
  Items next_batch();
  // Why they are not stored, and whether another try may help; nothing: they are.
  struct Failure {
    std::string reason;
    bool for_good = false;
  };
  std::optional<Failure> store(const Items& batch);
  void settle(Items batch, const std::optional<Failure>& failure);

  const UndeliveredOptions options_;
  service::Health& health_;
  bus::RequestClient client_;  // of the thread
  std::mutex mutex_;
  std::condition_variable changed_;
  Items waiting_;
  std::size_t batch_max_ = wire::kDeliveryRecordsMax;  // 1 after a refusal: the one that is at fault shows
  bool hurrying_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace risk::notifier
