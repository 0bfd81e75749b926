#include "dashboard-gateway/options.hpp"

#include <algorithm>

#include "dashboard-gateway/api/health_checks.hpp"

namespace risk::gateway {
namespace {

void add_health_url(service::OptionSet& set, const std::string& service, const std::string& variable,
                    std::string& url) {
  std::string key = service;
  std::replace(key.begin(), key.end(), '-', '_');
  set.add_custom(
      {"gateway.health_checks." + key,
       "--" + service + "-health-url",
       {variable},
       "where the health of the " + service +
           " is asked, with commas if there are more; a name stands for every address it resolves to; empty: not at "
           "all"},
      [&url](std::string_view text) -> std::optional<std::string> {
        if (const char* allowed = health_url_problem(std::string(text))) return allowed;
        url = text;
        return std::nullopt;
      },
      url);
}

}  // namespace

void declare_options(service::OptionSet& set, GatewayOptions& options) {
  using std::chrono::milliseconds;
  service::add_common_options(set, options.common);
  settings::add_database_options(set, options.database);
  settings::add_rule_options(set, options.rules);
  settings::add_engine_stream_option(set, options.engine);
  settings::add_engine_command_option(set, options.engine);
  settings::add_curve_options(set, options.curve, "dashboard-gateway", {"risk-engine"});
  set.add_custom({"gateway.address",
                  "--address",
                  {"DASHBOARD_ADDRESS", "STREAMLIT_SERVER_ADDRESS"},
                  "IP address the page and the API are served on"},
                 service::ip_address_setter(options.address), options.address);
  set.add_integer({"gateway.port", "--port", {"DASHBOARD_PORT", "STREAMLIT_SERVER_PORT"}, "port they are served on"},
                  options.port, std::uint16_t{0}, std::uint16_t{65535});
  set.add_list({"gateway.allowed_hosts",
                "--allowed-hosts",
                {"DASHBOARD_ALLOWED_HOSTS"},
                "hosts it answers to beside localhost and its own addresses: names, *.domain, comma-separated"},
               options.allowed_hosts);
  set.add_check([&options] { return service::host_mistakes("gateway.allowed_hosts", options.allowed_hosts); });
  set.add_integer({"gateway.connections_per_address",
                   "--connections-per-address",
                   {"DASHBOARD_CONNECTIONS_PER_ADDRESS"},
                   "connections that one address may hold; more behind a proxy; 0 is no bound"},
                  options.connections_per_address, std::uint32_t{0}, std::uint32_t{1'000'000});
  set.add_integer({"gateway.requests_per_address",
                   "--requests-per-address",
                   {"DASHBOARD_REQUESTS_PER_ADDRESS"},
                   "requests a second that one address may send before they wait; 0 is no bound"},
                  options.requests_per_address, std::uint32_t{0}, std::uint32_t{1'000'000});
  set.add_text({"gateway.web_root", "--web-root", {"WEB_ROOT"}, "folder of the built page"}, options.web_root);
  add_health_url(set, "simulator", "SIMULATOR_HEALTH_URL", options.simulator_health_url);
  add_health_url(set, "drop-copy", "DROP_COPY_HEALTH_URL", options.drop_copy_health_url);
  add_health_url(set, "engine", "ENGINE_HEALTH_URL", options.engine_health_url);
  add_health_url(set, "notifier", "NOTIFIER_HEALTH_URL", options.notifier_health_url);
  set.add_milliseconds({"gateway.health_checks.interval", "--health-interval", {}, "time between two health checks"},
                       options.health_interval, milliseconds(100), milliseconds(600'000));
  set.ignore_sections(settings::all_sections());
  set.know_variables(settings::all_variables());
}

}  // namespace risk::gateway
