#include "risk/service/run.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "support/catch.hpp"

using namespace risk::service;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

// The probe as a child process, its stdout read line by line.
class Child {
 public:
  explicit Child(std::string mode) {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string program = SERVICE_PROBE;
    char* arguments[] = {program.data(), mode.data(), nullptr};
    REQUIRE(posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    output_ = fdopen(ends[0], "r");
  }
  ~Child() {
    fclose(output_);
    if (!waited_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  // Reads until a line holds `text`; fails at the end of the output.
  void wait_for(const std::string& text) {
    while (seen_.find(text) == std::string::npos) REQUIRE(read_line());
  }

  void signal(int number) const { REQUIRE(kill(pid_, number) == 0); }

  int exit_status() {
    while (read_line()) {
    }
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    waited_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  const std::string& seen() const { return seen_; }

 private:
  bool read_line() {
    char line[1024];
    if (fgets(line, sizeof line, output_) == nullptr) return false;
    seen_ += line;
    return true;
  }

  pid_t pid_ = 0;
  FILE* output_ = nullptr;
  std::string seen_;
  bool waited_ = false;
};

}  // namespace

TEST_CASE("a signal stops the app in order with status 0") {
  const auto [number, name] = GENERATE(std::pair{SIGINT, "SIGINT"}, std::pair{SIGTERM, "SIGTERM"});
  Child child("runs");
  child.wait_for("probe started");
  child.signal(number);
  CHECK(child.exit_status() == 0);
  CHECK_THAT(child.seen(), ContainsSubstring(std::string("msg=stopping reason=") + name));
  CHECK_THAT(child.seen(), ContainsSubstring("msg=stopped"));
  CHECK(child.seen().find("step=\"second part\"") < child.seen().find("step=\"first part\""));
}

TEST_CASE("a signal during a long start reaches the app") {
  Child child("waits-in-start");
  child.wait_for("probe started");
  child.signal(SIGTERM);
  CHECK(child.exit_status() == 0);
}

TEST_CASE("a second signal ends a hanging stop with status 130") {
  Child child("hangs-in-stop");
  child.wait_for("probe started");
  child.signal(SIGTERM);
  child.wait_for("hanging");
  child.signal(SIGINT);
  CHECK(child.exit_status() == 130);
}

TEST_CASE("SIGPIPE does not end the process") {
  Child child("runs");
  child.wait_for("probe started");
  child.signal(SIGPIPE);
  child.signal(SIGTERM);
  CHECK(child.exit_status() == 0);
}

TEST_CASE("an app that cannot start is one clear line and status 1") {
  Child child("start-throws");
  CHECK(child.exit_status() == 1);
  CHECK_THAT(child.seen(), ContainsSubstring("level=error service=probe msg=\"cannot start\" "
                                             "reason=\"cannot open database \\\"x\\\"\\nat all\"\n"));
  CHECK_THAT(child.seen(), ContainsSubstring("step=\"first part\""));
}

TEST_CASE("an app that cannot be made is one clear line and status 1") {
  Child child("make-throws");
  CHECK(child.exit_status() == 1);
  CHECK_THAT(child.seen(), ContainsSubstring("msg=\"cannot start\" reason=\"no such feed\"\n"));

  Child odd("throws-odd");
  CHECK(odd.exit_status() == 1);
  CHECK_THAT(odd.seen(), ContainsSubstring("reason=\"unknown exception\"\n"));
}

TEST_CASE("a stop that throws is one clear line and status 1") {
  Child child("stop-throws");
  child.wait_for("probe started");
  child.signal(SIGTERM);
  CHECK(child.exit_status() == 1);
  CHECK_THAT(child.seen(), ContainsSubstring("msg=\"cannot stop in order\" reason=\"disk full\""));
}

TEST_CASE("an app that fails while it runs is stopped in order with status 1") {
  Child child("fails");
  CHECK(child.exit_status() == 1);
  CHECK_THAT(child.seen(),
             ContainsSubstring("level=error service=probe msg=\"stopped after a failure\" reason=\"the worker died\""));
  CHECK_THAT(child.seen(), ContainsSubstring("step=\"first part\""));
}

TEST_CASE("an exception that leaves a thread ends the process, with its reason in the log") {
  Child child("thread-throws");
  CHECK(child.exit_status() != 0);
  CHECK_THAT(child.seen(),
             ContainsSubstring("level=error service=probe msg=\"ended by an exception that nobody caught\" "
                               "reason=\"the worker tripped\""));
}

TEST_CASE("the first reason to stop stays, and wakes every waiter") {
  StopSource stop;
  CHECK_FALSE(stop.wait_for(0ms));
  CHECK_FALSE(stop.stop_requested());
  std::thread waiter([&] { stop.wait(); });
  std::thread timed([&] { CHECK(stop.wait_for(1h)); });
  stop.request_stop("first");
  stop.request_stop("second");
  waiter.join();
  timed.join();
  CHECK(stop.stop_requested());
  CHECK(stop.reason() == "first");
}

TEST_CASE("teardown runs each step once, the last first, whatever throws") {
  std::string order;
  Teardown teardown;
  teardown.push("a", [&](auto) { order += "a"; });
  teardown.push("b", [&](auto) {
    order += "b";
    throw std::runtime_error("b fails");
  });
  teardown.push("c", [&](auto) { order += "c"; });
  teardown.run(1s);
  teardown.run(1s);
  CHECK(order == "cba");
}

TEST_CASE("a teardown step after the deadline is told to hurry") {
  std::vector<std::chrono::milliseconds> remaining;
  {
    Teardown teardown;
    teardown.push("late", [&](auto left) { remaining.push_back(left); });
    teardown.push("in time", [&](auto left) { remaining.push_back(left); });
  }
  REQUIRE(remaining.size() == 2);
  CHECK(remaining[0] > 4s);

  Teardown teardown;
  teardown.push("late", [&](auto left) { remaining.push_back(left); });
  teardown.run(0ms);
  CHECK(remaining.back() == 0ms);
}
