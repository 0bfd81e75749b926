#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "risk/base/id.hpp"
#include "risk/http/host.hpp"
#include "risk/service/run.hpp"

namespace risk::service {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels{{{"debug", LogLevel::kDebug},
                                                                        {"info", LogLevel::kInfo},
                                                                        {"warning", LogLevel::kWarning},
                                                                        {"error", LogLevel::kError}}};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

OptionSetter level_setter(LogLevel& level) {
  return [&level](std::string_view text) -> std::optional<std::string> {
    for (const auto& [name, value] : kLevels) {
      if (lower(text) != name) continue;
      level = value;
      return std::nullopt;
    }
    return "debug, info, warning, error";
  };
}

OptionSetter format_setter(bool& json) {
  return [&json](std::string_view text) -> std::optional<std::string> {
    const auto name = lower(text);
    if (name != "text" && name != "json") return "text, json";
    json = name == "json";
    return std::nullopt;
  };
}

}  // namespace

OptionSetter ip_address_setter(std::string& address) {
  return [&address](std::string_view text) -> std::optional<std::string> {
    const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';  // as in an endpoint
    const std::string given(bracketed ? text.substr(1, text.size() - 2) : text);
    in6_addr parsed{};
    const bool valid = (!bracketed && inet_pton(AF_INET, given.c_str(), &parsed) == 1) ||
                       inet_pton(AF_INET6, given.c_str(), &parsed) == 1;
    if (!valid) return "an IP address, such as 127.0.0.1 or ::1";
    address = given;
    return std::nullopt;
  };
}

void add_common_options(OptionSet& options, CommonOptions& common) {
  const auto level = static_cast<std::size_t>(common.log.level);
  options.add_custom({"log.level", "--log-level", {"LOG_LEVEL"}, "Least severe lines to write"},
                     level_setter(common.log.level), std::string(kLevels[level].first));
  options.add_custom({"log.format", "--log-format", {"LOG_FORMAT"}, "How lines look: text or json"},
                     format_setter(common.log.json), common.log.json ? "json" : "text");
  options.add_custom(
      {"health.address", "--health-address", {"HEALTH_ADDRESS"}, "IP address of /healthz, /readyz and /metrics"},
      ip_address_setter(common.health_address), common.health_address);
  options.add_integer({"health.port", "--health-port", {"HEALTH_PORT"}, "Its port; 0 takes a free one"},
                      common.health_port, 0, std::numeric_limits<std::uint16_t>::max());
  options.add_list({"health.allowed_hosts",
                    "--health-allowed-hosts",
                    {"HEALTH_ALLOWED_HOSTS"},
                    "Hosts it answers to beside its own addresses and names without a dot; comma-separated"},
                   common.health_allowed_hosts);
  options.add_check([&common] { return host_mistakes("health.allowed_hosts", common.health_allowed_hosts); });
}

std::vector<std::string> host_mistakes(const std::string& key, const std::vector<std::string>& hosts) {
  std::vector<std::string> mistakes;
  for (const std::string& host : hosts) {
    const auto allowed = http::host_entry_problem(host);
    if (allowed) mistakes.push_back(key + " \"" + printable(host) + "\": allowed: " + *allowed);
  }
  return mistakes;
}

}  // namespace risk::service
