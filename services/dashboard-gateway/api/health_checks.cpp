#include "dashboard-gateway/api/health_checks.hpp"

#include <curl/curl.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "dashboard-gateway/api/health_answers.hpp"
#include "risk/base/os.hpp"

namespace risk::gateway {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAnswerBytesMax = 64 << 10;
constexpr char kTooLate[] = "no answer in time";

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

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// What threads share that look for a stop.
struct Stop {
  std::mutex mutex;
  std::condition_variable changed;
  bool requested = false;
};

// A name's addresses, looked up in a thread of its own: a lookup cannot be broken off, so nobody waits for it longer
// than he likes, and while one hangs no other is begun.
class Lookup {
 public:
  Lookup(Url url, HealthLookup lookup, std::shared_ptr<Stop> stop)
      : url_(std::move(url)), lookup_(std::move(lookup)), stop_(std::move(stop)) {}

  const Url& url() const { return url_; }

  void begin() {
    const std::lock_guard lock(stop_->mutex);
    if (in_flight_ && !in_flight_->is_used) return;  // what came too late for a round serves the next
    auto fresh = std::make_shared<InFlight>();
    // Detached, with all that it needs: a stop does not wait for a name server.
    std::thread([lookup = lookup_, host = url_.host, port = url_.port, stop = stop_, in_flight = fresh] {
      auto found = lookup(host, port);
      const std::lock_guard done(stop->mutex);
      in_flight->found = std::move(found);
      stop->changed.notify_all();
    }).detach();
    in_flight_ = std::move(fresh);
  }

  // Precondition: begin() was called, and the lock of `stop` is held.
  bool is_done() const { return in_flight_->found.has_value(); }

  // No value: it is still going on.
  std::optional<Result<std::vector<std::string>>> take() {
    const std::lock_guard lock(stop_->mutex);
    in_flight_->is_used = in_flight_->found.has_value();
    return in_flight_->found;
  }

 private:
  struct InFlight {
    std::optional<Result<std::vector<std::string>>> found;
    bool is_used = false;
  };
  const Url url_;
  const HealthLookup lookup_;
  const std::shared_ptr<Stop> stop_;
  std::shared_ptr<InFlight> in_flight_;  // what it holds is guarded by the lock of stop_
};

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct EasyFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiFree {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

std::unique_ptr<CURLM, MultiFree> make_multi() {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  std::unique_ptr<CURLM, MultiFree> multi(global == CURLE_OK ? curl_multi_init() : nullptr);
  if (!multi) throw std::runtime_error("libcurl cannot be initialised");
  return multi;
}

// One question to one address, and what it answered or why it did not.
class Probe {
 public:
  Probe(CURLM* multi, const Url& url, const std::string& address, std::size_t name, std::chrono::milliseconds timeout)
      : name_(name), address_(bracketed(address) + ":" + url.port), multi_(multi), handle_(curl_easy_init()) {
    if (!handle_) throw std::runtime_error("libcurl cannot make a request");
    headers_.reset(curl_slist_append(nullptr, "Connection: close"));
    // The name stays in the request's Host; the connection goes to the address.
    connect_to_.reset(curl_slist_append(nullptr, ("::" + address_).c_str()));
    set(CURLOPT_URL, ("http://" + bracketed(url.host) + ":" + url.port + url.path).c_str());
    set(CURLOPT_CONNECT_TO, connect_to_.get());
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_PROTOCOLS_STR, "http");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");  // whatever the environment says
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Probe::take_body);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Probe::take_header);
    set(CURLOPT_PRIVATE, this);
    if (curl_multi_add_handle(multi_, handle_.get()) != CURLM_OK) {
      throw std::runtime_error("libcurl cannot start a request");
    }
  }
  ~Probe() { curl_multi_remove_handle(multi_, handle_.get()); }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  std::size_t name() const { return name_; }
  void ended(CURLcode result) { result_ = result; }

  InstanceAnswer answer() const {
    if (result_ == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
      return read_answer(address_, status == 200, body_);
    }
    return {address_, InstanceAnswer::State::kSilent, reason()};
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    if (curl_easy_setopt(handle_.get(), option, value) != CURLE_OK) {
      throw std::runtime_error("libcurl refuses an option of a request");
    }
  }

  std::string reason() const {
    if (result_ == CURLE_OPERATION_TIMEDOUT) return kTooLate;
    if (received_ > kAnswerBytesMax) return "an answer of more than " + std::to_string(kAnswerBytesMax) + " bytes";
    long error = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_OS_ERRNO, &error);
    if (result_ == CURLE_COULDNT_CONNECT && error != 0) return errno_text(static_cast<int>(error));
    return curl_easy_strerror(result_);
  }

  // Whoever is asked may be anyone: neither headers nor a body without end are kept.
  bool has_room_for(std::size_t bytes) {
    received_ += bytes;
    return received_ <= kAnswerBytesMax;
  }
  static std::size_t take_body(const char* bytes, std::size_t, std::size_t size, void* self) {
    auto& probe = *static_cast<Probe*>(self);
    if (!probe.has_room_for(size)) return 0;
    probe.body_.append(bytes, size);
    return size;
  }
  static std::size_t take_header(const char*, std::size_t, std::size_t size, void* self) {
    return static_cast<Probe*>(self)->has_room_for(size) ? size : 0;
  }

  const std::size_t name_;
  const std::string address_;
  CURLM* const multi_;
  std::unique_ptr<curl_slist, ListFree> headers_, connect_to_;
  std::unique_ptr<CURL, EasyFree> handle_;
  CURLcode result_ = CURLE_OPERATION_TIMEDOUT;
  std::size_t received_ = 0;
  std::string body_;
};

// Asks one service, round after round, in a thread of its own: a service that cannot be asked delays no other, and a
// round begins only when the one before has ended.
class Asker {
 public:
  Asker(const HealthTarget& target, const HealthChecksOptions& options, SystemStatus& status)
      : service_(target.service),
        interval_(options.interval),
        timeout_(options.timeout),
        status_(status),
        stop_(std::make_shared<Stop>()),
        multi_(make_multi()) {
    auto urls = *parse_urls(target.url);
    for (auto& url : urls) {
      lookups_.push_back(std::make_unique<Lookup>(std::move(url), options.lookup, stop_));
    }
    thread_ = std::thread([this] { run(); });
  }

  ~Asker() {
    {
      const std::lock_guard lock(stop_->mutex);
      stop_->requested = true;
      stop_->changed.notify_all();
    }
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }

 private:
  void run() {
    while (!is_stopping()) {
      const auto begun = Clock::now();
      try {
        look_up();
        if (auto by_name = ask()) status_.set_health(service_, health_of(*by_name, system_now()));
      } catch (const std::exception& error) {  // no thread, no memory: the next round may have it
        status_.set_health(service_, {false, false, error.what(), system_now()});
      }
      std::unique_lock lock(stop_->mutex);
      stop_->changed.wait_until(lock, begun + interval_, [this] { return stop_->requested; });
    }
  }

  bool is_stopping() const {
    const std::lock_guard lock(stop_->mutex);
    return stop_->requested;
  }

  void look_up() {
    for (auto& lookup : lookups_) lookup->begin();
    std::unique_lock lock(stop_->mutex);
    stop_->changed.wait_for(lock, timeout_, [this] {
      return stop_->requested ||
             std::all_of(lookups_.begin(), lookups_.end(), [](const auto& lookup) { return lookup->is_done(); });
    });
  }

  // The answers, name by name; no value: it was stopped.
  std::optional<std::vector<std::vector<InstanceAnswer>>> ask() {
    std::vector<std::vector<InstanceAnswer>> by_name(lookups_.size());
    std::vector<std::unique_ptr<Probe>> probes;
    for (std::size_t i = 0; i < lookups_.size(); ++i) {
      const auto& url = lookups_[i]->url();
      const auto found = lookups_[i]->take();
      if (!found || !*found) {
        const auto reason = found ? found->error().reason : kTooLate;
        by_name[i].push_back({url.host + ":" + url.port, InstanceAnswer::State::kSilent, reason});
        continue;
      }
      for (const auto& address : **found) {
        probes.push_back(std::make_unique<Probe>(multi_.get(), url, address, i, timeout_));
      }
    }
    if (!transfer()) return std::nullopt;
    for (const auto& probe : probes) by_name[probe->name()].push_back(probe->answer());
    for (auto& answers : by_name) {
      std::sort(answers.begin(), answers.end(), [](const auto& a, const auto& b) { return a.address < b.address; });
    }
    return by_name;
  }

  // Until each probe has ended, which its timeout sees to. False: it was stopped.
  bool transfer() {
    constexpr int kWaitMsMax = 1000;
    for (int running = 1;;) {
      if (is_stopping()) return false;
      curl_multi_perform(multi_.get(), &running);
      for (int left = 0; const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);) {
        if (message->msg != CURLMSG_DONE) continue;
        Probe* probe = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &probe);
        probe->ended(message->data.result);
      }
      if (running == 0) return true;
      curl_multi_poll(multi_.get(), nullptr, 0, kWaitMsMax, nullptr);
    }
  }

  const std::string service_;
  const std::chrono::milliseconds interval_;
  const std::chrono::milliseconds timeout_;
  SystemStatus& status_;
  const std::shared_ptr<Stop> stop_;
  const std::unique_ptr<CURLM, MultiFree> multi_;
  std::vector<std::unique_ptr<Lookup>> lookups_;
  std::thread thread_;
};

}  // namespace

class HealthChecks::Impl {
 public:
  Impl(const HealthChecksOptions& options, SystemStatus& status) {
    for (const HealthTarget& target : options.targets) {
      if (!target.url.empty()) askers_.push_back(std::make_unique<Asker>(target, options, status));
    }
  }

 private:
  std::vector<std::unique_ptr<Asker>> askers_;
};

Result<std::vector<std::string>> look_up_addresses(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list); error != 0) {
    return Error{error == EAI_SYSTEM ? errno_text(errno) : ::gai_strerror(error)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    char address[NI_MAXHOST];
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, address, sizeof address, nullptr, 0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(address);
    }
  }
  if (addresses.empty()) return Error{"no address"};
  return addresses;
}

const char* health_url_problem(const std::string& url) {
  return url.empty() || parse_urls(url) ? nullptr : "addresses such as http://localhost:9103/readyz, with commas";
}

HealthChecks::HealthChecks(const HealthChecksOptions& options, SystemStatus& status)
    : impl_(std::make_unique<Impl>(options, status)) {}

HealthChecks::~HealthChecks() = default;

}  // namespace risk::gateway
