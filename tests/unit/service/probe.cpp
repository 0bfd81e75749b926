// Runs as its first argument says; run_test.cpp watches its output and its exit status.
#include <stdexcept>
#include <thread>

#include "risk/service/run.hpp"

using namespace risk::service;

namespace {

class Probe final : public App {
 public:
  Probe(RunContext& context, std::string mode) : context_(context), mode_(std::move(mode)) {}
  ~Probe() override {
    if (worker_.joinable()) worker_.join();
  }

  void start() override {
    teardown_.push("first part", [](auto) {});
    if (mode_ == "start-throws") throw std::runtime_error("cannot open database \"x\"\nat all");
    teardown_.push("second part", [](auto) {});
    if (mode_ == "fails") worker_ = std::thread([this] { context_.fail("the worker died"); });
    if (mode_ == "thread-throws") worker_ = std::thread([] { throw std::runtime_error("the worker tripped"); });
    log_info("probe started");
    if (mode_ == "waits-in-start") context_.stop.wait();
  }

  void stop() override {
    if (mode_ == "hangs-in-stop") {
      log_info("hanging");
      StopSource().wait();
    }
    if (mode_ == "stop-throws") throw std::runtime_error("disk full");
    teardown_.run(std::chrono::seconds(5));
  }

 private:
  RunContext& context_;
  std::string mode_;
  Teardown teardown_;
  std::thread worker_;
};

}  // namespace

int main(int, char** argv) {
  const std::string mode = argv[1];
  return run({.service = "probe", .level = LogLevel::kDebug}, [&](RunContext& context) -> std::unique_ptr<App> {
    if (mode == "make-throws") throw std::invalid_argument("no such feed");
    if (mode == "throws-odd") throw 42;
    return std::make_unique<Probe>(context, mode);
  });
}
