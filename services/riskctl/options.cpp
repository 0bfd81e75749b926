#include "riskctl/options.hpp"

namespace risk::riskctl {

std::optional<int> parse_options(int argc, const char* const* argv, Options& options) {
  service::OptionSet set("riskctl", "Asks the store and the engine from a terminal.");
  settings::add_database_options(set, options.database);
  settings::add_engine_command_option(set, options.engine);
  set.add_integer({"", "--limit", {}, "lines of a list"}, options.limit, 1, 100'000);
  set.add_positionals("COMMAND", "summary | list [SEVERITY] | ack ID USER [COMMENT] | cleanup [DAYS, default 30]",
                      options.words);
  set.ignore_sections({"rules", "log", "health", "simulator", "engine", "notifier", "gateway"});
  return set.parse(argc, argv);
}

}  // namespace risk::riskctl
