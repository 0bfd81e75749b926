#include <memory>

#include "dashboard-gateway/app.hpp"
#include "dashboard-gateway/options.hpp"

int main(int argc, char** argv) {
  risk::gateway::GatewayOptions options;
  options.common.log.service = "dashboard-gateway";
  risk::service::OptionSet set("dashboard-gateway", "Serves the risk desk's page, its API and its live stream.");
  risk::gateway::declare_options(set, options);
  if (const auto status = set.parse(argc, argv)) return *status;
  return risk::service::run(options.common.log, [&](risk::service::RunContext& context) {
    return std::make_unique<risk::gateway::GatewayApp>(options, context);
  });
}
