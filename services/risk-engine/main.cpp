#include <memory>

#include "risk-engine/app.hpp"
#include "risk-engine/options.hpp"

int main(int argc, char** argv) {
  risk::risk_engine::Options options;
  if (const auto status = risk::risk_engine::parse_options(argc, argv, options)) return *status;
  return risk::service::run(options.common.log, [&](risk::service::RunContext& context) {
    return std::make_unique<risk::risk_engine::App>(options, context);
  });
}
