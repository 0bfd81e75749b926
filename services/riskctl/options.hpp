// What can be asked of riskctl.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "risk/settings/settings.hpp"
#include "risk/store/config.hpp"

namespace risk::riskctl {

struct Options {
  store::DatabaseConfig database;
  settings::EngineEndpoints engine;
  std::uint32_t limit = 100;       // lines of a list
  std::vector<std::string> words;  // the command and its arguments
};

// Nothing: go on with `options`. Else the exit status.
std::optional<int> parse_options(int argc, const char* const* argv, Options& options);

}  // namespace risk::riskctl
