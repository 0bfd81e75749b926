// alert-notifier: tells people of alerts.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>

#include "alert-notifier/app.hpp"
#include "alert-notifier/options.hpp"
#include "risk/service/output.hpp"
#include "risk/service/run.hpp"

namespace {

int send_test(const risk::notifier::Options& options) {
  const int status = risk::notifier::send_test_message(options, std::cout);
  try {
    risk::service::finish_output(std::cout);
  } catch (const std::exception& error) {
    std::cerr << "alert-notifier: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace risk;
  notifier::Options options;
  if (const auto status = notifier::parse_options(argc, argv, options)) return *status;
  if (options.send_test) return send_test(options);
  return service::run(options.common.log, [&options](service::RunContext& context) {
    return std::make_unique<notifier::NotifierApp>(options, context);
  });
}
