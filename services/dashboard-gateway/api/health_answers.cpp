#include "dashboard-gateway/api/health_answers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "risk/base/id.hpp"

namespace risk::gateway {
namespace {

using State = InstanceAnswer::State;

bool is(const InstanceAnswer& answer, State state) {
  return answer.state == state;
}

// Those that count, name by name.
std::vector<InstanceAnswer> instances(const std::vector<std::vector<InstanceAnswer>>& by_name) {
  std::vector<InstanceAnswer> all;
  for (const auto& answers : by_name) {
    const auto silent = [](const InstanceAnswer& answer) { return is(answer, State::kSilent); };
    if (std::all_of(answers.begin(), answers.end(), silent)) {
      all.push_back(answers.front());
      continue;
    }
    std::remove_copy_if(answers.begin(), answers.end(), std::back_inserter(all), silent);
  }
  return all;
}

std::string describe(const InstanceAnswer& answer, bool has_leader) {
  if (is(answer, State::kReady)) return answer.address + " is ready";
  if (is(answer, State::kStandby) && has_leader) return answer.address + " is its standby";
  return answer.address + ": " + answer.reason;
}

}  // namespace

InstanceAnswer read_answer(std::string address, bool is_ok, const std::string& body) {
  if (is_ok) return {std::move(address), State::kReady, ""};
  InstanceAnswer answer{std::move(address), State::kUnready, "not ready"};
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("conditions") || !json["conditions"].is_object()) return answer;
  std::string reasons;
  for (const auto& [condition, state] : json["conditions"].items()) {
    if (!state.is_string() || state == "ok") continue;
    const auto reason = state.get<std::string>();
    if (condition == "lease" && reason.starts_with("standby:")) answer.state = State::kStandby;
    reasons += (reasons.empty() ? "" : "; ") + condition + ": " + reason;
  }
  if (!reasons.empty()) answer.reason = printable(reasons);
  return answer;
}

HealthAnswer health_of(const std::vector<std::vector<InstanceAnswer>>& by_name, Timestamp at) {
  const auto all = instances(by_name);
  const auto number = [&all](State state) {
    return std::count_if(all.begin(), all.end(), [state](const InstanceAnswer& answer) { return is(answer, state); });
  };
  HealthAnswer health;
  health.checked_at = at;
  health.up = number(State::kSilent) < std::ssize(all);
  health.ready = number(State::kReady) > 0 && number(State::kUnready) + number(State::kSilent) == 0;
  if (all.size() == 1) {
    health.detail = all.front().reason;
    return health;
  }
  for (const auto& answer : all) {
    health.detail += (health.detail.empty() ? "" : "; ") + describe(answer, number(State::kReady) > 0);
  }
  return health;
}

}  // namespace risk::gateway
