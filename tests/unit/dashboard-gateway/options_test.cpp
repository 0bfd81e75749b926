#include "dashboard-gateway/options.hpp"

#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

std::string mistakes(GatewayOptions& options, const std::map<std::string, std::string>& variables) {
  service::OptionSet set("dashboard-gateway", "");
  declare_options(set, options);
  const char* arguments[] = {"dashboard-gateway"};
  std::string text;
  service::OptionSet::Environment environment;
  environment.dotenv_path = "";
  environment.err = &text;
  environment.variable = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  set.parse(1, arguments, environment);
  return text;
}

TEST_CASE("Who the page answers to, and how much of one address, is a setting") {
  GatewayOptions options;
  // As docker compose hands it on when .env names none.
  CHECK(mistakes(options, {{"DASHBOARD_ALLOWED_HOSTS", "dashboard-gateway,"}}).empty());
  CHECK(options.allowed_hosts == std::vector<std::string>{"dashboard-gateway"});
  CHECK(options.connections_per_address == 256);
  CHECK(options.requests_per_address == 500);
  CHECK(mistakes(options, {{"DASHBOARD_ALLOWED_HOSTS", "risk.example, *.desk.example,192.0.2.1,::1"},
                           {"DASHBOARD_CONNECTIONS_PER_ADDRESS", "0"},
                           {"DASHBOARD_REQUESTS_PER_ADDRESS", "9000"}})
            .empty());
  CHECK(options.allowed_hosts.size() == 4);
  CHECK(options.connections_per_address == 0);
  CHECK(options.requests_per_address == 9000);
}

TEST_CASE("A host that cannot be one is a mistake at the start, and named") {
  for (const char* host : {"http://risk.example", "risk.example:8501", "*", "[::1]", "a/b"}) {
    INFO(host);
    GatewayOptions options;
    const std::string text = mistakes(options, {{"DASHBOARD_ALLOWED_HOSTS", host}});
    CHECK(text.find("environment variable DASHBOARD_ALLOWED_HOSTS") != std::string::npos);
    CHECK(text.find(host) != std::string::npos);
    CHECK(text.find("host names, *.domain or IP addresses, without ports") != std::string::npos);
  }
}

}  // namespace
}  // namespace risk::gateway::test
