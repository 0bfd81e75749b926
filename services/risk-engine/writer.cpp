#include "risk-engine/writer.hpp"

#include <algorithm>
#include <utility>

#include "risk/service/log.hpp"

namespace risk::risk_engine {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kServiceInterval{50};

}  // namespace

Writer::Writer(WriterOptions options, std::unique_ptr<store::Store> store, std::unique_ptr<Broadcaster> broadcaster,
               WriterEvents events)
    : options_(std::move(options)),
      events_(std::move(events)),
      store_(std::move(store)),
      broadcaster_(std::move(broadcaster)),
      thread_([this] { loop(); }) {}

Writer::~Writer() {
  stop(std::chrono::milliseconds{0});
}

void Writer::submit(Batch batch, std::vector<OnStored> on_stored) {
  RISK_CHECK(idle_);
  idle_ = false;
  {
    const std::lock_guard lock(mutex_);
    work_.emplace(Work{std::move(batch), std::move(on_stored), {}});
  }
  changed_.notify_all();
}

store::AppliedInputs Writer::take_spent() {
  RISK_CHECK(idle_);
  return std::exchange(spent_, {});
}

void Writer::run(std::function<void(store::Store&)> job) {
  RISK_CHECK(idle_);
  idle_ = false;
  {
    const std::lock_guard lock(mutex_);
    work_.emplace(Work{std::nullopt, {}, std::move(job)});
  }
  changed_.notify_all();
}

bool Writer::wait_idle(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return idle_ || failed_; });
  return idle_;
}

void Writer::stop(std::chrono::milliseconds timeout) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    give_up_at_ = Clock::now() + timeout;
  }
  changed_.notify_all();
  thread_.join();
}

bool Writer::give_up() const {
  return stopping_ && Clock::now() >= give_up_at_;
}

void Writer::loop() {
  try {
    while (true) {
      events_.turn();
      std::optional<Work> work;
      {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kServiceInterval, [this] { return work_ || stopping_; });
        work = std::exchange(work_, std::nullopt);
        if (!work && stopping_) break;
      }
      if (work) {
        events_.waits();
        carry_out(*work);
        {
          const std::lock_guard lock(mutex_);
          idle_ = true;
        }
        changed_.notify_all();
        events_.idle();
      }
      broadcaster_->service(Clock::now());
    }
    events_.waits();
    broadcaster_->close(std::chrono::milliseconds{500});
  } catch (const std::exception& error) {
    {
      const std::lock_guard lock(mutex_);
      failed_ = true;
    }
    changed_.notify_all();
    events_.failed(error.what());
  }
}

void Writer::carry_out(Work& work) {
  if (work.job) {
    persist(work.job, nullptr);
    return;
  }
  const auto started = Clock::now();
  if (!persist([&](store::Store& store) { store.commit(work.batch->commit); }, &*work.batch)) return;
  const std::chrono::duration<double> seconds = Clock::now() - started;
  events_.committed(seconds.count(), work.batch->commit);
  broadcaster_->publish(*work.batch);
  spent_ = std::move(work.batch->commit.inputs);
  spent_.clear();
  for (const auto& done : work.on_stored) done();
}

bool Writer::persist(const std::function<void(store::Store&)>& action, const Batch* batch) {
  auto pause = options_.retry_min;
  for (bool away = false;; away = true) {
    try {
      if (!store_) {
        store_ = store::open_store(options_.database);
        store_->write_as(options_.term);
        if (batch != nullptr && is_stored(*batch)) {
          events_.back();
          return true;
        }
      }
      action(*store_);
      if (away) events_.back();
      return true;
    } catch (const store::StoreUnavailable& error) {
      store_.reset();
      events_.away(error.what());
    }
    std::unique_lock lock(mutex_);
    const auto until = Clock::now() + pause;
    while (Clock::now() < until && !give_up()) {
      changed_.wait_for(lock, std::min<Clock::duration>(kServiceInterval, until - Clock::now()));
      lock.unlock();
      broadcaster_->service(Clock::now());
      lock.lock();
    }
    if (give_up()) {
      service::log_error("stopping with a batch that is not stored", {{"reason", "the database is away"}});
      return false;
    }
    pause = std::min(pause * 2, options_.retry_max);
  }
}

bool Writer::is_stored(const Batch& batch) {
  const auto resume = store_->resume_point();
  const auto stands_at = [&](const store::CursorStep& step) {
    return std::any_of(resume.cursors.begin(), resume.cursors.end(), [&](const store::CursorRow& row) {
      return row.stream_id == step.to.stream_id && row.epoch == step.to.epoch && row.sequence == step.to.sequence;
    });
  };
  const auto& steps = batch.commit.cursors;
  const bool moved = std::any_of(steps.begin(), steps.end(), [](const auto& step) {
    return step.from != step.to.sequence || step.from_epoch != step.to.epoch;
  });
  return moved && std::all_of(steps.begin(), steps.end(), stands_at);
}

}  // namespace risk::risk_engine
