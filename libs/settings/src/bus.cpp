#include <algorithm>

#include "risk/base/id.hpp"
#include "risk/settings/settings.hpp"

namespace risk::settings {
namespace {

bool is_endpoint(std::string_view text) {
  constexpr std::string_view kScheme = "tcp://";
  if (text.rfind(kScheme, 0) != 0) return false;
  text.remove_prefix(kScheme.size());
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  // An IPv6 address stands in brackets, so that its colons are not the port's.
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (host.find_first_of(" \t/,") != std::string_view::npos) return false;
  if (!bracketed && host.find_first_of(":[]") != std::string_view::npos) return false;
  const bool digits = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (port.empty() || port.size() > 5 || !digits) return false;
  const int number = std::stoi(std::string(port));
  return number >= 1 && number <= 65535;
}

// An executable declares what it uses of the section; the rest of it is still no mistake in a shared file.
void ignore_rest_of_section(service::OptionSet& options) {
  options.ignore_sections({"bus.engine_endpoint", "bus.engine_command_endpoint", "bus.bind_address",
                           "bus.allow_plaintext", "bus.curve_directory"});
}

}  // namespace

void add_endpoints(service::OptionSet& options, service::OptionSpec spec, std::vector<std::string>& endpoints) {
  const std::string key = spec.key;
  options.add_list(std::move(spec), endpoints);
  options.add_check([key, &endpoints] {
    std::vector<std::string> mistakes;
    if (endpoints.empty()) mistakes.push_back(key + ": at least one is needed");
    for (const auto& endpoint : endpoints) {
      if (is_endpoint(endpoint)) continue;
      mistakes.push_back(key + " '" + printable(endpoint) +
                         "': allowed: tcp://HOST:PORT with a port from 1 to 65535; several with commas");
    }
    return mistakes;
  });
}

void add_engine_stream_option(service::OptionSet& options, EngineEndpoints& endpoints) {
  add_endpoints(options,
                {"bus.engine_endpoint",
                 "--engine-endpoint",
                 {"ENGINE_ENDPOINT"},
                 "Where the engine publishes its streams; with standbys theirs too"},
                endpoints.publish);
  ignore_rest_of_section(options);
}

void add_engine_command_option(service::OptionSet& options, EngineEndpoints& endpoints) {
  add_endpoints(options,
                {"bus.engine_command_endpoint",
                 "--engine-command-endpoint",
                 {"ENGINE_COMMAND_ENDPOINT"},
                 "Where the engine takes commands; with standbys theirs too"},
                endpoints.command);
  ignore_rest_of_section(options);
}

std::string BindOptions::endpoint(std::uint16_t port) const {
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return "tcp://" + (is_ipv6 ? "[" + address + "]" : address) + ":" + (port == 0 ? "*" : std::to_string(port));
}

void add_bind_options(service::OptionSet& options, BindOptions& bind) {
  options.add_address({"bus.bind_address", "--bus-bind-address", {"BUS_BIND_ADDRESS"}, "Address that the bus binds"},
                      bind.address);
  options.add_bool({"bus.allow_plaintext",
                    "--bus-allow-plaintext",
                    {"BUS_ALLOW_PLAINTEXT"},
                    "Permit a bind beyond loopback without encryption"},
                   bind.allow_plaintext);
  ignore_rest_of_section(options);
}

}  // namespace risk::settings
