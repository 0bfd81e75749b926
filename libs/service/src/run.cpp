#include "risk/service/run.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <thread>

#include "risk/base/check.hpp"
#include "risk/base/descriptor.hpp"

namespace risk::service {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kExitAfterSecondSignal = 130;
constexpr milliseconds kTeardownTimeMax{5000};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The text of the exception being handled.
std::string current_reason() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown exception";
  }
}

int checked(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return descriptor;
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

// Turns the first SIGINT or SIGTERM into a stop request, the second into the end of the process. The signals stay
// blocked afterwards: one that comes while the process ends must not change its exit status.
class SignalWatch {
 public:
  explicit SignalWatch(StopSource& stop)
      : signals_(checked(block_signals(), "signalfd")),
        done_(checked(eventfd(0, EFD_CLOEXEC), "eventfd")),
        thread_([this, &stop] { watch(stop); }) {}

  ~SignalWatch() {
    const std::uint64_t one = 1;
    RISK_CHECK(::write(done_.get(), &one, sizeof one) == sizeof one);
    thread_.join();
  }

 private:
  static int block_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = stop_signals();
    RISK_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
    return signalfd(-1, &set, SFD_CLOEXEC);
  }

  void watch(StopSource& stop) const {
    bool signalled = false;
    while (true) {
      pollfd waiting[] = {{signals_.get(), POLLIN, 0}, {done_.get(), POLLIN, 0}};
      if (::poll(waiting, 2, -1) < 0) continue;
      if (waiting[1].revents != 0) return;
      signalfd_siginfo info{};
      if (::read(signals_.get(), &info, sizeof info) != sizeof info) continue;
      const std::string name = info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM";
      if (signalled) {
        log_warning("second signal, ending at once", {{"signal", name}});
        std::_Exit(kExitAfterSecondSignal);
      }
      signalled = true;
      stop.request_stop(name);
    }
  }

  Descriptor signals_;
  Descriptor done_;
  std::thread thread_;
};

// An exception that left a thread: the process ends, and its log says why as it says everything else.
[[noreturn]] void end_by_exception() noexcept {
  if (std::current_exception()) log_error("ended by an exception that nobody caught", {{"reason", current_reason()}});
  std::abort();
}

int run_app(RunContext& context, const std::function<std::unique_ptr<App>(RunContext&)>& make_app) {
  std::unique_ptr<App> app;
  try {
    app = make_app(context);
    app->start();
  } catch (...) {
    log_error("cannot start", {{"reason", current_reason()}});
    return EXIT_FAILURE;
  }
  context.stop.wait();

  const auto stop_began = Clock::now();
  log_info("stopping", {{"reason", context.stop.reason()}});
  try {
    app->stop();
    app.reset();
  } catch (...) {
    log_error("cannot stop in order", {{"reason", current_reason()}});
    return EXIT_FAILURE;
  }
  if (context.failed) {
    log_error("stopped after a failure", {{"reason", context.stop.reason()}, {"seconds", seconds_since(stop_began)}});
    return EXIT_FAILURE;
  }
  log_info("stopped", {{"seconds", seconds_since(stop_began)}});
  return EXIT_SUCCESS;
}

}  // namespace

void StopSource::request_stop(std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    if (reason_) return;
    reason_ = std::move(reason);
  }
  changed_.notify_all();
}

bool StopSource::stop_requested() const {
  const std::lock_guard lock(mutex_);
  return reason_.has_value();
}

std::string StopSource::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_.value_or("");
}

bool StopSource::wait_for(milliseconds time) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return reason_.has_value(); });
}

void StopSource::wait() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return reason_.has_value(); });
}

void Teardown::push(std::string name, Step step) {
  steps_.push_back({std::move(name), std::move(step)});
}

void Teardown::run(milliseconds deadline) {
  const auto end = Clock::now() + deadline;
  while (!steps_.empty()) {
    const Named next = std::move(steps_.back());
    steps_.pop_back();
    const auto began = Clock::now();
    const auto remaining = std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(end - began));
    try {
      next.step(remaining);
      log_debug("teardown step done", {{"step", next.name}, {"seconds", seconds_since(began)}});
    } catch (...) {
      log_error("teardown step failed", {{"step", next.name}, {"reason", current_reason()}});
    }
    if (remaining > milliseconds{0} && Clock::now() > end) {
      log_warning("teardown over its deadline", {{"step", next.name}, {"seconds", seconds_since(began)}});
    }
  }
}

Teardown::~Teardown() {
  run(kTeardownTimeMax);
}

int run(const LogOptions& log, const std::function<std::unique_ptr<App>(RunContext&)>& make_app) {
  RunContext context;
  const SignalWatch signals(context.stop);
  start_logging(log);
  std::set_terminate(end_by_exception);
  return run_app(context, make_app);
}

}  // namespace risk::service
