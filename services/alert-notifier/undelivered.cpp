#include "alert-notifier/undelivered.hpp"

#include <algorithm>
#include <exception>
#include <iterator>

#include "risk/service/log.hpp"

namespace risk::notifier {
namespace {

using wire::CommandReply;
constexpr char kActor[] = "alert-notifier";
// The engine answers within a commit. One that takes longer is asked again: what is stored twice is there once.
constexpr std::chrono::milliseconds kReplyTimeout{2'000};

}  // namespace

UndeliveredKeeper::UndeliveredKeeper(UndeliveredOptions options, service::Health& health)
    : options_(std::move(options)), health_(health), client_(options_.endpoints, options_.curve) {
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

void UndeliveredKeeper::begin_stop() {
  const std::lock_guard lock(mutex_);
  hurrying_ = true;
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
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Items batch = next_batch();
    const bool hurried = hurrying_;
    lock.unlock();
    const auto failure = store(batch);
    settle(std::move(batch), failure);
    lock.lock();
    if (!failure || failure->for_good) {
      wait = options_.first_wait;
      continue;
    }
    changed_.wait_for(lock, hurrying_ ? options_.first_wait : wait,
                      [&] { return stopping_ || (hurrying_ && !hurried); });
    wait = std::min(wait * 2, options_.longest_wait);
  }
}

void UndeliveredKeeper::settle(Items batch, const std::optional<Failure>& failure) {
  if (failure && (!failure->for_good || batch.size() > 1)) {
    if (!failure->for_good) health_.not_met(kCondition, failure->reason);
    const std::lock_guard lock(mutex_);
    batch_max_ = failure->for_good ? 1 : batch_max_;
    waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    return;
  }
  if (failure) {
    const auto& record = batch.front().undelivered.record;
    service::log_error("undelivered alert is not in the database, this log alone has it",
                       {{"channel", record.channel}, {"event_id", record.event_id}, {"reason", failure->reason}});
  }
  health_.met(kCondition);
  for (const auto& item : batch) item.kept();
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) batch_max_ = wire::kDeliveryRecordsMax;
}

// Precondition: the lock is held, something waits.
UndeliveredKeeper::Items UndeliveredKeeper::next_batch() {
  Items batch;
  const std::string stream = waiting_.front().undelivered.stream;
  while (!waiting_.empty() && waiting_.front().undelivered.stream == stream && batch.size() < batch_max_) {
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return batch;
}

std::optional<UndeliveredKeeper::Failure> UndeliveredKeeper::store(const Items& batch) {
  wire::RecordDeliveries records{batch.front().undelivered.stream, {}};
  for (const auto& item : batch) records.records.push_back(item.undelivered.record);
  const wire::Command command{kActor, std::move(records)};
  if (const auto problem = wire::command_problem(command)) return Failure{*problem, true};
  try {
    const auto answer = client_.request(wire::encode(command), kReplyTimeout);
    if (!answer) return Failure{bus::in_words(client_.unanswered(), "the risk engine"), false};
    const auto reply = wire::decode_command_reply(*answer);
    if (!reply) return Failure{"the risk engine's answer cannot be read: " + reply.error().reason, false};
    if (reply->outcome == CommandReply::Outcome::kDone) return std::nullopt;
    // What we know to be well formed is invalid to an engine of an earlier version: it will be upgraded.
    const bool for_good = reply->outcome == CommandReply::Outcome::kNotFound;
    return Failure{reply->reason, for_good};
  } catch (const std::exception& error) {
    return Failure{error.what(), false};
  }
}

}  // namespace risk::notifier
