// alert-notifier: tells people of alerts.
#include <iostream>
#include <memory>

#include "alert-notifier/app.hpp"
#include "alert-notifier/options.hpp"
#include "risk/service/run.hpp"

int main(int argc, char** argv) {
  using namespace risk;
  notifier::Options options;
  if (const auto status = notifier::parse_options(argc, argv, options)) return *status;
  if (options.send_test) return notifier::send_test_message(options, std::cout);
  return service::run(options.common.log, [&options](service::RunContext& context) {
    return std::make_unique<notifier::NotifierApp>(options, context);
  });
}
