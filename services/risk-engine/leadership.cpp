#include "risk-engine/leadership.hpp"

#include <utility>

#include "risk/service/log.hpp"

namespace risk::risk_engine {
namespace {

// One alone may be a long commit that a beat on SQLite has waited for.
constexpr int kMissedBeats = 2;

}  // namespace

Leadership::Leadership(LeadershipOptions options, LeadershipEvents events)
    : options_(std::move(options)), events_(std::move(events)) {}

Leadership::~Leadership() {
  stopping_.request_stop("stop");
  if (thread_.joinable()) thread_.join();
  if (lease_) lease_->release();
}

std::optional<std::uint64_t> Leadership::wait(const std::function<bool()>& stop,
                                              const std::function<void(const std::string&)>& waiting) {
  while (!stop()) {
    std::string why;
    try {
      if (const auto term = ask(why)) {
        term_ = *term;
        thread_ = std::thread([this] { beat(); });
        return term;
      }
    } catch (const store::StoreUnavailable& error) {
      lease_.reset();
      seen_at_ = {};  // nor could the leader beat
      why = error.what();
    }
    waiting(why);
    stopping_.wait_for(options_.ask_interval);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Leadership::ask(std::string& why) {
  if (!lease_) lease_ = store::open_lease(options_.database);
  if (const auto term = lease_->try_take(options_.holder)) return term;
  const auto state = lease_->state();
  const auto now = Clock::now();
  if (state.term != seen_.term || state.beat != seen_.beat || seen_at_ == Clock::time_point{}) {
    seen_ = state;
    seen_at_ = now;
  }
  why = "standby: " + state.holder + " leads, term " + std::to_string(state.term);
  if (now - seen_at_ < options_.patience) return std::nullopt;
  service::log_warning("the leader has stopped, taking over", {{"leader", state.holder}, {"term", state.term}});
  return lease_->take_from(seen_, options_.holder);
}

void Leadership::beat() {
  int missed = 0;
  while (!stopping_.wait_for(options_.beat_interval)) {
    try {
      if (!beat_once()) {
        return events_.lost("another engine has taken over, this one had term " + std::to_string(term_));
      }
      if (missed >= kMissedBeats) events_.back();
      missed = 0;
    } catch (const store::StoreUnavailable& error) {
      lease_.reset();
      if (++missed >= kMissedBeats) events_.away(error.what());
    } catch (const std::exception& error) {
      return events_.lost(error.what());
    }
  }
}

bool Leadership::beat_once() {
  if (lease_) {
    lease_->beat();
    return true;
  }
  lease_ = store::open_lease(options_.database);
  return lease_->resume(term_);
}

}  // namespace risk::risk_engine
