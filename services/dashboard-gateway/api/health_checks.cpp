#include "dashboard-gateway/api/health_checks.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <thread>

#include "dashboard-gateway/api/health_answers.hpp"

namespace risk::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::size_t kBodyBytesMax = 64 << 10;

struct Url {
  std::string host;
  std::string port = "80";
  std::string path = "/";
};

std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  Url url;
  const std::size_t slash = std::min(text.find('/'), text.size());
  if (slash < text.size()) url.path = text.substr(slash);
  const std::string_view authority = text.substr(0, slash);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  url.host = authority.substr(0, has_port ? colon : authority.size());
  if (has_port) url.port = authority.substr(colon + 1);
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  const bool digits = url.port.find_first_not_of("0123456789") == std::string::npos;
  if (url.host.empty() || url.port.empty() || !digits || url.port.size() > 5) return std::nullopt;
  return url;
}

// The addresses of "http://a:9102/readyz,http://b:9102/readyz"; none when one is wrong.
std::optional<std::vector<Url>> parse_urls(std::string_view text) {
  std::vector<Url> urls;
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    auto url = parse_url(text.substr(0, comma));
    if (!url) return std::nullopt;
    urls.push_back(std::move(*url));
    if (comma == text.size()) return urls;
    text.remove_prefix(comma + 1);
  }
}

std::string address_text(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

// One question to one address, from connecting to its answer or the reason why there is none.
class Probe : public std::enable_shared_from_this<Probe> {
 public:
  using Done = std::function<void(InstanceAnswer)>;

  Probe(asio::io_context& io, const Url& url, const tcp::endpoint& endpoint, std::chrono::milliseconds timeout,
        Done done)
      : url_(url), endpoint_(endpoint), stream_(io), timeout_(timeout), done_(std::move(done)) {}

  void start() {
    stream_.expires_after(timeout_);
    stream_.async_connect(endpoint_, [self = shared_from_this()](beast::error_code error) {
      if (error) return self->fail(error);
      self->ask();
    });
  }

 private:
  void ask() {
    request_.method(http::verb::get);
    request_.target(url_.path);
    request_.version(11);
    const bool ipv6 = url_.host.find(':') != std::string::npos;
    request_.set(http::field::host, (ipv6 ? "[" + url_.host + "]" : url_.host) + ":" + url_.port);
    request_.set(http::field::connection, "close");
    parser_.body_limit(kBodyBytesMax);
    http::async_write(stream_, request_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error) return self->fail(error);
      http::async_read(self->stream_, self->buffer_, self->parser_, [self](beast::error_code read_error, std::size_t) {
        if (read_error) return self->fail(read_error);
        self->answered();
      });
    });
  }

  void answered() {
    const auto& response = parser_.get();
    done_(read_answer(address_text(endpoint_), response.result() == http::status::ok, response.body()));
  }

  void fail(beast::error_code error) {
    done_({address_text(endpoint_), InstanceAnswer::State::kSilent,
           error == beast::error::timeout ? "no answer in time" : error.message()});
  }

  const Url url_;
  const tcp::endpoint endpoint_;
  beast::tcp_stream stream_;
  const std::chrono::milliseconds timeout_;
  const Done done_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
  // What is asked may be anyone: a header, an extension of a chunk or trailers without end must not be kept.
  beast::flat_buffer buffer_{kBodyBytesMax};
};

// One round of questions to every address of every name of a service. Lives until the last answer.
class Round : public std::enable_shared_from_this<Round> {
 public:
  using Done = std::function<void(HealthAnswer)>;

  Round(asio::io_context& io, std::vector<Url> urls, std::chrono::milliseconds timeout, Done done)
      : io_(io),
        urls_(std::move(urls)),
        timeout_(timeout),
        done_(std::move(done)),
        resolver_(io),
        by_name_(urls_.size()),
        awaited_(urls_.size()) {}

  void start() {
    for (std::size_t i = 0; i < urls_.size(); ++i) {
      resolver_.async_resolve(
          urls_[i].host, urls_[i].port,
          [self = shared_from_this(), i](beast::error_code error, const tcp::resolver::results_type& found) {
            self->resolved(i, error, found);
          });
    }
  }

 private:
  void resolved(std::size_t name, beast::error_code error, const tcp::resolver::results_type& found) {
    const auto& url = urls_[name];
    if (error || found.empty()) {
      return take(name, {url.host + ":" + url.port, InstanceAnswer::State::kSilent, error.message()});
    }
    awaited_ += found.size() - 1;
    for (const auto& entry : found) {
      std::make_shared<Probe>(io_, url, entry.endpoint(), timeout_, [self = shared_from_this(), name](auto answer) {
        self->take(name, std::move(answer));
      })->start();
    }
  }

  void take(std::size_t name, InstanceAnswer answer) {
    by_name_[name].push_back(std::move(answer));
    if (--awaited_ > 0) return;
    for (auto& answers : by_name_) {
      std::sort(answers.begin(), answers.end(), [](const auto& a, const auto& b) { return a.address < b.address; });
    }
    done_(health_of(by_name_, system_now()));
  }

  asio::io_context& io_;
  const std::vector<Url> urls_;
  const std::chrono::milliseconds timeout_;
  const Done done_;
  tcp::resolver resolver_;
  std::vector<std::vector<InstanceAnswer>> by_name_;  // in the order of urls_
  std::size_t awaited_;                               // answers
};

}  // namespace

class HealthChecks::Impl {
 public:
  Impl(HealthChecksOptions options, SystemStatus& status) : options_(std::move(options)), status_(status), timer_(io_) {
    check();
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Impl() {
    io_.stop();
    thread_.join();
  }

 private:
  void check() {
    for (const HealthTarget& target : options_.targets) {
      if (target.url.empty()) continue;
      const auto tell = [this, &target](HealthAnswer answer) { status_.set_health(target.service, std::move(answer)); };
      std::make_shared<Round>(io_, *parse_urls(target.url), options_.timeout, tell)->start();
    }
    timer_.expires_after(options_.interval);
    timer_.async_wait([this](beast::error_code error) {
      if (!error) check();
    });
  }

  const HealthChecksOptions options_;
  SystemStatus& status_;
  asio::io_context io_;
  asio::steady_timer timer_;
  std::thread thread_;
};

const char* health_url_problem(const std::string& url) {
  return url.empty() || parse_urls(url) ? nullptr : "addresses such as http://localhost:9103/readyz, with commas";
}

HealthChecks::HealthChecks(HealthChecksOptions options, SystemStatus& status)
    : impl_(std::make_unique<Impl>(std::move(options), status)) {}

HealthChecks::~HealthChecks() = default;

}  // namespace risk::gateway
