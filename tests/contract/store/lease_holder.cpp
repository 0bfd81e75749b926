// A process that takes the lease, says so, and waits for a line; then it beats once and says how that went.
// Usage: store_lease_holder SQLITE_PATH | store_lease_holder HOST PORT NAME USER PASSWORD
#include <iostream>
#include <string>

#include "risk/store/lease.hpp"

using namespace risk;
using namespace risk::store;

namespace {

DatabaseConfig database(int count, char** arguments) {
  DatabaseConfig config;
  if (count == 2) {
    config.sqlite_path = arguments[1];
    return config;
  }
  config.type = DatabaseConfig::Type::kPostgresql;
  config.host = arguments[1];
  config.port = static_cast<std::uint16_t>(std::stoul(arguments[2]));
  config.name = arguments[3];
  config.user = arguments[4];
  config.password = Secret(arguments[5]);
  return config;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 && count != 6) return 2;
  const auto lease = open_lease(database(count, arguments));
  std::cout << (lease->try_take("child") ? "taken" : "refused") << std::endl;
  std::string line;
  if (!std::getline(std::cin, line)) return 0;
  try {
    lease->beat();
    std::cout << "beat" << std::endl;
  } catch (const StoreConflict&) {
    std::cout << "conflict" << std::endl;
  }
}
