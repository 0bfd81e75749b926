#include "support/postgres_cluster.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace risk::test {
namespace {

namespace fs = std::filesystem;

// The newest installed server's programs; "" when there is none.
std::string bin_folder() {
  std::string newest;
  int newest_version = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const std::string name = entry.path().filename();
    int version = 0;
    std::from_chars(name.data(), name.data() + name.size(), version);
    if (version > newest_version && fs::exists(entry.path() / "bin/initdb")) {
      newest_version = version;
      newest = (entry.path() / "bin").string();
    }
  }
  return newest;
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// Runs a program to its end and returns what it printed. Throws when it fails.
std::string run(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += quoted(word) + " ";
  FILE* pipe = popen((line + "2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + line);
  std::string output;
  char piece[4096];
  while (const auto size = std::fread(piece, 1, sizeof piece, pipe)) output.append(piece, size);
  const int status = pclose(pipe);
  if (status != 0) throw std::runtime_error(line + "failed:\n" + output);
  return output;
}

std::string run_as_server(std::vector<std::string> words) {
  if (geteuid() == 0) words.insert(words.begin(), {"runuser", "-u", "postgres", "--"});
  return run(words);
}

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  if (!bound) throw std::runtime_error("no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

}  // namespace

std::optional<std::string> PostgresCluster::missing() {
  if (bin_folder().empty()) return "PostgreSQL is not installed (no /usr/lib/postgresql/*/bin)";
  return std::nullopt;
}

PostgresCluster::PostgresCluster() {
  std::string pattern = (fs::temp_directory_path() / "risk-postgres-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder for PostgreSQL: " + pattern);
  folder_ = pattern;
  fs::permissions(folder_, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec |
                               fs::perms::group_read | fs::perms::others_read);
  if (geteuid() == 0) run({"chown", "postgres", folder_});
  run_as_server({bin_folder() + "/initdb", "-D", folder_ + "/data", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                 "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "--no-instructions"});
  port_ = free_port();
  start();
}

PostgresCluster::~PostgresCluster() {
  try {
    if (running_) stop();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PostgresCluster::start() {
  const std::string options = "-c listen_addresses=127.0.0.1 -p " + std::to_string(port_) + " -k " + folder_ + " -F";
  run_as_server(
      {bin_folder() + "/pg_ctl", "start", "-w", "-D", folder_ + "/data", "-l", folder_ + "/log", "-o", options});
  running_ = true;
}

void PostgresCluster::stop() {
  run_as_server({bin_folder() + "/pg_ctl", "stop", "-w", "-m", "immediate", "-D", folder_ + "/data"});
  running_ = false;
}

std::string PostgresCluster::make_database() {
  const std::string name = "risk_alert_" + std::to_string(++databases_);
  run({bin_folder() + "/psql", "-X", "-q", "-h", folder_, "-p", std::to_string(port_), "-U", "postgres", "-v",
       "database=" + name, "-v", std::string("engine_password=") + kEnginePassword, "-v",
       std::string("reader_password=") + kReaderPassword, "-f", RISK_SOURCE_DIR "/sql/postgres/roles.sql"});
  return name;
}

std::string PostgresCluster::run_sql(const std::string& database, const std::string& sql) {
  return run({bin_folder() + "/psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", folder_, "-p",
              std::to_string(port_), "-U", "postgres", "-d", database, "-c", sql});
}

}  // namespace risk::test
