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
  if (is(answer, State::kReady)) {
    return answer.address + " is ready" + (answer.reason.empty() ? "" : ", but " + answer.reason);
  }
  if (is(answer, State::kStandby) && has_leader) return answer.address + " is its standby";
  return answer.address + ": " + answer.reason;
}

// What cannot be read of it is left out: the page must not fail for a service of another release.
std::vector<FixSession> sessions_of(const nlohmann::json& answer) {
  constexpr std::string_view kPrefix = "session ";
  std::vector<FixSession> sessions;
  if (!answer.is_object() || !answer.contains("facts") || !answer["facts"].is_object()) return sessions;
  for (const auto& [name, facts] : answer["facts"].items()) {
    if (!name.starts_with(kPrefix) || !facts.is_object() || sessions.size() >= kFixSessionsMax) continue;
    const auto number = [&facts](const char* fact) {
      return facts.contains(fact) && facts[fact].is_number_unsigned() ? facts[fact].get<std::uint64_t>() : 0;
    };
    const bool logged_on = facts.contains("logged_on") && facts["logged_on"] == true;
    const bool has_state = facts.contains("state") && facts["state"].is_string();
    sessions.push_back({printable(name.substr(kPrefix.size())), logged_on,
                        has_state ? printable(facts["state"].get<std::string>()) : "", number("last_sequence"),
                        number("gaps_asked_for"), number("fills"), number("quarantined")});
  }
  return sessions;
}

}  // namespace

InstanceAnswer read_answer(std::string address, bool is_ok, const std::string& body) {
  InstanceAnswer answer{std::move(address), is_ok ? State::kReady : State::kUnready, is_ok ? "" : "not ready"};
  const auto json = nlohmann::json::parse(body, nullptr, false);
  std::string reasons;
  const auto add = [&](const char* member, const auto& is_reason) {
    if (!json.is_object() || !json.contains(member) || !json[member].is_object()) return;
    for (const auto& [condition, state] : json[member].items()) {
      if (!state.is_string() || !is_reason(condition, state.template get<std::string>())) continue;
      reasons += (reasons.empty() ? "" : "; ") + condition + ": " + state.template get<std::string>();
    }
  };
  if (!is_ok) {
    add("conditions", [&](const std::string& condition, const std::string& reason) {
      if (condition == "lease" && reason.starts_with("standby:")) answer.state = State::kStandby;
      return reason != "ok";
    });
  }
  add("warnings", [](const std::string&, const std::string&) { return true; });
  if (!reasons.empty()) answer.reason = printable(reasons);
  answer.sessions = sessions_of(json);
  return answer;
}

HealthAnswer health_of(const std::vector<std::vector<InstanceAnswer>>& by_name, Timestamp at) {
  const auto all = instances(by_name);
  const auto number = [&all](State state) {
    return std::count_if(all.begin(), all.end(), [state](const InstanceAnswer& answer) { return is(answer, state); });
  };
  HealthAnswer health;
  health.checked_at = at;
  for (const auto& answer : all) {
    health.sessions.insert(health.sessions.end(), answer.sessions.begin(), answer.sessions.end());
  }
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
