// Publishes the executions that brokers report over FIX, a ZeroMQ stream for each session.
#include "drop-copy/app.hpp"
#include "drop-copy/options.hpp"
#include "risk/service/run.hpp"

int main(int argc, char** argv) {
  using namespace risk;
  drop_copy::Options options;
  if (const auto status = drop_copy::read_options(options, argc, argv)) return *status;
  return service::run(options.common.log, [&options](service::RunContext& context) {
    return std::make_unique<drop_copy::DropCopyApp>(options, context);
  });
}
