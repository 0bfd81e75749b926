#include "risk/settings/settings.hpp"

namespace risk::settings {

std::vector<std::string> all_sections() {
  return {"database", "rules",     "bounds",    "executions", "bus",      "log",
          "health",   "simulator", "drop_copy", "engine",     "notifier", "gateway"};
}

}  // namespace risk::settings
