#include "dashboard-gateway/api/health_checks.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "risk/base/descriptor.hpp"
#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

// Answers every connection with the same bytes and closes it.
class Canned {
 public:
  explicit Canned(std::string answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Canned() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/readyz"; }
  int asked() const { return asked_; }

 private:
  void serve() {
    for (;;) {
      const Descriptor peer(::accept(listener_.get(), nullptr, nullptr));
      if (!peer.is_open()) return;
      ++asked_;
      char request[4096];
      if (::recv(peer.get(), request, sizeof request, 0) <= 0) continue;
      std::string_view rest = answer_;
      while (!rest.empty()) {
        const auto sent = ::send(peer.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(sent));
      }
      ::shutdown(peer.get(), SHUT_WR);
      while (::recv(peer.get(), request, sizeof request, 0) > 0) {
      }
    }
  }

  const std::string answer_;
  Descriptor listener_;
  std::atomic<int> asked_{0};
  int port_ = 0;
  std::thread thread_;
};

std::string ok_with(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Json service_in(SystemStatus& status, const std::string& name) {
  const auto system = Json::parse(status.json(std::chrono::steady_clock::now()));
  for (const Json& service : system["services"]) {
    if (service["name"] == name) return service;
  }
  return {};
}

Json wait_for(SystemStatus& status, const std::string& name, const std::function<bool(const Json&)>& fits) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto service = service_in(status, name);
    if (fits(service)) return service;
    std::this_thread::yield();
  }
  return {};
}

bool has_detail(const Json& service) {
  return service["detail"].is_string();
}

HealthChecksOptions quick(std::vector<HealthTarget> targets) {
  HealthChecksOptions options;
  options.targets = std::move(targets);
  options.interval = 5ms;
  return options;
}

// A name server that answers as often as it is let.
struct HangingNames {
  std::mutex mutex;
  std::condition_variable changed;
  int answers_left = 0;
  int asked = 0;
  int answered = 0;

  Result<std::vector<std::string>> look_up() {
    std::unique_lock lock(mutex);
    ++asked;
    changed.wait(lock, [this] { return answers_left > 0; });
    --answers_left;
    ++answered;
    changed.notify_all();
    return std::vector<std::string>{"127.0.0.1"};
  }
  void let_answer(int times) {
    const std::lock_guard lock(mutex);
    answers_left = times;
    changed.notify_all();
  }
  void end() {
    let_answer(1'000'000);
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return answered == asked; });
  }
};

}  // namespace

TEST_CASE("A name server that hangs piles up no lookups, delays no other service and no stop") {
  const auto names = std::make_shared<HangingNames>();
  const Canned healthy(ok_with("{}"));
  SystemStatus status("memory");
  {
    auto options = quick({{"risk-engine", "http://slow.example:9102/readyz"}, {"alert-notifier", healthy.url()}});
    options.timeout = 20ms;
    options.lookup = [names](const std::string& host, const std::string& port) {
      return host == "slow.example" ? names->look_up() : look_up_addresses(host, port);
    };
    const HealthChecks checks(options, status);
    const auto slow = wait_for(status, "risk-engine", has_detail);
    CHECK(slow["up"] == false);
    CHECK(slow["detail"] == "no answer in time");
    // The service beside it goes on being asked, meanwhile the slow one has had several rounds.
    const int before = healthy.asked();
    while (healthy.asked() < before + 20) std::this_thread::yield();
    const std::lock_guard lock(names->mutex);
    CHECK(names->asked == 1);
  }
  CHECK(names->answered == 0);  // the checks have stopped without it
  names->end();
}

TEST_CASE("A lookup that ends too late for its round serves the next") {
  const auto names = std::make_shared<HangingNames>();
  const Canned healthy(ok_with("{}"));
  SystemStatus status("memory");
  {
    auto options = quick({{"risk-engine", healthy.url()}});
    options.lookup = [names](const std::string&, const std::string&) { return names->look_up(); };
    options.timeout = 300ms;
    const HealthChecks checks(options, status);
    CHECK(wait_for(status, "risk-engine", has_detail)["up"] == false);
    names->let_answer(1);
    CHECK(wait_for(status, "risk-engine", [](const Json& s) { return s["ready"] == true; })["up"] == true);
  }
  names->end();
}

TEST_CASE("An answer without end is not kept, in its body or in its header") {
  std::string header = "HTTP/1.1 200 OK\r\n";
  while (header.size() < 80'000) header += "X-Long: " + std::string(1000, 'x') + "\r\n";
  for (const auto& answer : {ok_with(std::string(100'000, ' ')), header + "\r\n{}"}) {
    const Canned endless(answer);
    SystemStatus status("memory");
    const HealthChecks checks(quick({{"risk-engine", endless.url()}}), status);
    const auto service = wait_for(status, "risk-engine", has_detail);
    CHECK(service["up"] == false);
    CHECK(service["detail"] == "an answer of more than 65536 bytes");
  }
}

TEST_CASE("A health check follows no redirect and uses no proxy") {
  const Canned elsewhere(ok_with("{}"));
  const Canned moved("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() + "\r\nContent-Length: 0\r\n\r\n");
  ::setenv("http_proxy", elsewhere.url().c_str(), 1);
  {
    SystemStatus status("memory");
    const HealthChecks checks(quick({{"risk-engine", moved.url()}}), status);
    const auto service = wait_for(status, "risk-engine", has_detail);
    CHECK(service["up"] == true);
    CHECK(service["ready"] == false);
    CHECK(service["detail"] == "not ready");
  }
  ::unsetenv("http_proxy");
  CHECK(elsewhere.asked() == 0);
}

}  // namespace risk::gateway::test
