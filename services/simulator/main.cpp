// Publishes transactions on a ZeroMQ stream: simulated ones, or those of a CSV file.
#include "risk/service/run.hpp"
#include "simulator/app.hpp"
#include "simulator/options.hpp"

int main(int argc, char** argv) {
  using namespace risk;
  simulator::Options options;
  if (const auto status = simulator::read_options(options, argc, argv)) return *status;
  return service::run(options.common.log, [&options](service::RunContext& context) {
    return std::make_unique<simulator::SimulatorApp>(options, context);
  });
}
