#include <iostream>

#include "riskctl/app.hpp"
#include "riskctl/options.hpp"

int main(int argc, char** argv) {
  risk::riskctl::Options options;
  if (const auto status = risk::riskctl::parse_options(argc, argv, options)) return *status;
  return risk::riskctl::run(options, std::cout, std::cerr);
}
