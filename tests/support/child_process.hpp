// A process that a test starts, talks to over its standard streams, and stops by its id. One thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace risk::test {

class ChildProcess {
 public:
  // Starts arguments[0], looked up in PATH, with this process's environment and `environment` on top of it; stderr goes
  // where stdout goes. Throws std::runtime_error.
  explicit ChildProcess(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment = {});
  ~ChildProcess();  // SIGKILL if it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next line of output. No value: it closed its output, or none came within `timeout`.
  std::optional<std::string> read_line(std::chrono::milliseconds timeout = std::chrono::seconds(20));
  // Everything up to the end of its output.
  std::string read_all(std::chrono::milliseconds timeout = std::chrono::seconds(20));
  void write_line(const std::string& line);

  void signal(int number);
  int wait();  // the exit status; 128 + the signal that ended it

 private:
  pid_t pid_ = -1;
  int input_ = -1;   // its stdin
  int output_ = -1;  // its stdout and stderr
  std::string unread_;
  std::optional<int> status_;
};

}  // namespace risk::test
