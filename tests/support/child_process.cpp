#include "support/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <stdexcept>

extern char** environ;

namespace risk::test {
namespace {

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& on_top) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string name(*variable, std::strcspn(*variable, "="));
    if (!on_top.contains(name)) variables.emplace_back(*variable);
  }
  for (const auto& [name, value] : on_top) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_adddup2(&streams, in[0], 0);
  posix_spawn_file_actions_adddup2(&streams, out[1], 1);
  posix_spawn_file_actions_adddup2(&streams, out[1], 2);
  auto variables = merged_environment(environment);
  const int failure = posix_spawnp(&pid_, arguments[0].c_str(), &streams, nullptr, pointers(arguments).data(),
                                   pointers(variables).data());
  posix_spawn_file_actions_destroy(&streams);
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  output_ = out[0];
  if (failure != 0) throw std::runtime_error("cannot start " + arguments[0] + ": " + std::strerror(failure));
}

ChildProcess::~ChildProcess() {
  signal(SIGKILL);
  wait();
  close(input_);
  close(output_);
}

std::optional<std::string> ChildProcess::read_line(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::size_t end;
  while ((end = unread_.find('\n')) == std::string::npos) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd readable{output_, POLLIN, 0};
    if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
    std::array<char, 4096> bytes;
    const auto size = read(output_, bytes.data(), bytes.size());
    if (size <= 0) return std::nullopt;
    unread_.append(bytes.data(), static_cast<std::size_t>(size));
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

std::string ChildProcess::read_all(std::chrono::milliseconds timeout) {
  std::string all;
  while (const auto line = read_line(timeout)) all += *line + "\n";
  return all + unread_;
}

void ChildProcess::write_line(const std::string& line) {
  const std::string bytes = line + "\n";
  if (write(input_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("cannot write to the process");
  }
}

void ChildProcess::signal(int number) {
  if (pid_ > 0 && !status_) kill(pid_, number);
}

int ChildProcess::wait() {
  if (!status_) {
    int status = 0;
    waitpid(pid_, &status, 0);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return *status_;
}

}  // namespace risk::test
