#include "alert-notifier/undelivered.hpp"

#include <algorithm>

#include "risk/bus/request.hpp"
#include "risk/service/log.hpp"

namespace risk::notifier {
namespace {

using wire::CommandReply;
constexpr char kActor[] = "alert-notifier";
constexpr std::chrono::milliseconds kReplyTimeout{6'000};  // the engine answers within 5 s

}  // namespace

UndeliveredKeeper::UndeliveredKeeper(UndeliveredOptions options, service::Health& health)
    : options_(std::move(options)), health_(health) {
  health_.require(kCondition, "not started");
  health_.met(kCondition);
  thread_ = std::thread([this] { run(); });
}

UndeliveredKeeper::~UndeliveredKeeper() {
  stop();
}

void UndeliveredKeeper::keep(Undelivered undelivered, std::function<void()> kept) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back({std::move(undelivered), std::move(kept)});
  changed_.notify_all();
}

void UndeliveredKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void UndeliveredKeeper::run() {
  auto wait = options_.first_wait;
  for (;;) {
    Items batch;
    bool last = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      last = stopping_;
      batch = next_batch();
    }
    const auto failure = store(batch);
    if (failure && !failure->for_good) {
      health_.not_met(kCondition, failure->reason);
      std::unique_lock lock(mutex_);
      waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
      if (last) return;
      changed_.wait_for(lock, wait, [this] { return stopping_; });
      wait = std::min(wait * 2, options_.longest_wait);
      continue;
    }
    if (failure) {
      service::log_error("undelivered alerts are not in the database, this log alone has them",
                         {{"events", batch.size()}, {"reason", failure->reason}});
    }
    wait = options_.first_wait;
    health_.met(kCondition);
    for (const auto& item : batch) item.kept();
  }
}

// Precondition: the lock is held, something waits.
UndeliveredKeeper::Items UndeliveredKeeper::next_batch() {
  Items batch;
  const std::string stream = waiting_.front().undelivered.stream;
  while (!waiting_.empty() && waiting_.front().undelivered.stream == stream &&
         batch.size() < wire::kDeliveryRecordsMax) {
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return batch;
}

std::optional<UndeliveredKeeper::Failure> UndeliveredKeeper::store(const Items& batch) {
  wire::RecordDeliveries command{batch.front().undelivered.stream, {}};
  for (const auto& item : batch) command.records.push_back(item.undelivered.record);
  // A client of its own each time: it is asked for once in a blue moon, and engines come and go between.
  bus::RequestClient client(options_.endpoints, options_.curve);
  const auto answer = client.request(wire::encode(wire::Command{kActor, std::move(command)}), kReplyTimeout);
  if (!answer) {
    std::string why;
    for (const auto& engine : client.unanswered()) {
      why += (why.empty() ? "" : "; ") + ("the risk engine at " + engine.endpoint + " " + engine.reason);
    }
    return Failure{why, false};
  }
  const auto reply = wire::decode_command_reply(*answer);
  if (!reply) return Failure{"the risk engine's answer cannot be read: " + reply.error().reason, false};
  if (reply->outcome == CommandReply::Outcome::kDone) return std::nullopt;
  return Failure{reply->reason, reply->outcome != CommandReply::Outcome::kUnavailable};
}

}  // namespace risk::notifier
