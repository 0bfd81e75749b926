#include "risk/service/health.hpp"

#include <algorithm>

#include "risk/base/json.hpp"
#include "risk/base/overloaded.hpp"
#include "risk/base/text.hpp"
#include "risk/service/log.hpp"

namespace risk::service {
namespace {

using Clock = std::chrono::steady_clock;

// "" stands for met, so a reason that is empty (an exception without a message) needs words.
std::string in_words(const std::string& reason) {
  return reason.empty() ? "no reason given" : reason;
}

}  // namespace

void Pulse::beat() {
  beat_at_ = Clock::now().time_since_epoch().count();
}

void Pulse::rest() {
  beat_at_ = 0;
}

std::string Pulse::problem() const {
  const Clock::duration beat_at{beat_at_};
  if (beat_at == Clock::duration{0}) return "";
  const auto still = Clock::now().time_since_epoch() - beat_at;
  if (still <= patience_) return "";
  return "the " + thread_ + " thread has stood still for " +
         std::to_string(std::chrono::duration_cast<std::chrono::seconds>(still).count()) + " s";
}

void Health::require(const std::string& condition, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  unmet_[condition] = in_words(reason);
}

void Health::met(const std::string& condition) {
  {
    const std::lock_guard lock(mutex_);
    auto& reason = unmet_[condition];
    if (reason.empty()) return;
    reason.clear();
  }
  log_info("condition met", {{"condition", condition}});
}

void Health::not_met(const std::string& condition, const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    auto& known = unmet_[condition];
    const bool changed = known.empty();
    known = in_words(reason);
    if (!changed) return;
  }
  log_warning("condition no longer met", {{"condition", condition}, {"reason", in_words(reason)}});
}

void Health::warn(const std::string& condition, const std::string& warning) {
  {
    const std::lock_guard lock(mutex_);
    const bool was_there = warnings_.contains(condition);
    if (warning.empty()) {
      if (!was_there) return;
      warnings_.erase(condition);
    } else {
      warnings_[condition] = in_words(warning);
      if (was_there) return;
    }
  }
  if (warning.empty()) {
    log_info("warning is over", {{"condition", condition}});
  } else {
    log_warning("warning", {{"condition", condition}, {"reason", in_words(warning)}});
  }
}

void Health::tell(const std::string& thing, Facts facts) {
  const std::lock_guard lock(mutex_);
  facts_[thing] = std::move(facts);
}

void Health::fail(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) return;
    failure_ = in_words(reason);
  }
  log_error("failed", {{"reason", in_words(reason)}});
}

Pulse& Health::watch(const std::string& thread, std::chrono::milliseconds patience) {
  const std::lock_guard lock(mutex_);
  return pulses_.emplace_back(thread, patience);
}

std::string Health::failure() const {
  if (!failure_.empty()) return failure_;
  for (const auto& pulse : pulses_) {
    if (auto problem = pulse.problem(); !problem.empty()) return problem;
  }
  return "";
}

Health::Report Health::liveness() const {
  const std::lock_guard lock(mutex_);
  const auto reason = failure();
  JsonWriter json(0, JsonText::kAscii);
  json.begin_object();
  json.member("status", reason.empty() ? "alive" : "failed");
  if (!reason.empty()) json.member("reason", without_folders(reason));
  json.end_object();
  return {reason.empty(), json.take()};
}

void Health::write_facts(JsonWriter& json) const {
  if (facts_.empty()) return;
  json.key("facts");
  json.begin_object();
  for (const auto& [thing, facts] : facts_) {
    json.key(thing);
    json.begin_object();
    for (const auto& [name, fact] : facts) {
      std::visit(Overloaded{[&, &key = name](const std::string& text) { json.member(key, without_folders(text)); },
                            [&, &key = name](auto value) { json.member(key, value); }},
                 fact);
    }
    json.end_object();
  }
  json.end_object();
}

Health::Report Health::readiness() const {
  const std::lock_guard lock(mutex_);
  const bool all_met =
      std::all_of(unmet_.begin(), unmet_.end(), [](const auto& entry) { return entry.second.empty(); });
  const auto reason = failure();
  const bool ready = all_met && reason.empty();

  JsonWriter json(0, JsonText::kAscii);
  json.begin_object();
  json.member("status", ready ? "ready" : "unready");
  if (!reason.empty()) json.member("failure", without_folders(reason));
  json.key("conditions");
  json.begin_object();
  for (const auto& [condition, unmet] : unmet_) json.member(condition, unmet.empty() ? "ok" : without_folders(unmet));
  json.end_object();
  if (!warnings_.empty()) {
    json.key("warnings");
    json.begin_object();
    for (const auto& [condition, warning] : warnings_) json.member(condition, without_folders(warning));
    json.end_object();
  }
  write_facts(json);
  json.end_object();
  return {ready, json.take()};
}

}  // namespace risk::service
