#include "dashboard-gateway/http/json_body.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace risk::gateway {

std::optional<std::string> repeated_member(std::string_view json) {
  using Event = nlohmann::json::parse_event_t;
  std::vector<std::set<std::string>> names;  // of each object that is open
  std::optional<std::string> repeated;
  const auto watch = [&](int, Event event, const nlohmann::json& parsed) {
    if (event == Event::object_start) names.emplace_back();
    if (event == Event::object_end) names.pop_back();
    if (event != Event::key || repeated) return true;
    auto name = parsed.get<std::string>();
    if (!names.back().insert(name).second) repeated = std::move(name);
    return true;
  };
  const bool is_json = !nlohmann::json::parse(json, watch, false).is_discarded();
  return is_json ? repeated : std::nullopt;
}

}  // namespace risk::gateway
