#include "transport/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace risk::bus {

std::optional<std::vector<std::string>> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error == EAI_NONAME) return std::vector<std::string>{};
  if (error != 0) return std::nullopt;

  std::vector<std::string> addresses;
  for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  ::freeaddrinfo(found);
  return addresses;
}

bool AddressBook::note(const Endpoint& name, const std::optional<std::vector<std::string>>& answer) {
  if (!answer) return false;
  auto& known = misses_[name];
  bool changed = false;
  for (auto entry = known.begin(); entry != known.end();) {
    const bool present = std::find(answer->begin(), answer->end(), entry->first) != answer->end();
    entry->second = present ? 0 : entry->second + 1;
    if (entry->second < kMissesMax) {
      ++entry;
    } else {
      entry = known.erase(entry);
      changed = true;
    }
  }
  for (const auto& address : *answer) changed |= known.emplace(address, 0).second;
  return changed;
}

std::set<Endpoint> AddressBook::addresses() const {
  std::set<Endpoint> all;
  for (const auto& [name, known] : misses_) {
    for (const auto& [address, misses] : known) all.insert({address, name.port});
  }
  return all;
}

// What the thread may touch: it outlives the Resolver when a look-up hangs.
struct Resolver::Shared {
  std::vector<Endpoint> names;
  std::chrono::milliseconds interval;
  LookUp look_up;

  std::mutex mutex;
  std::condition_variable stopping;
  bool stop = false;
  bool looking_up = false;
  std::function<void()> on_change;  // runs under the mutex, never after stop
  std::optional<std::set<Endpoint>> news;
};

Resolver::Resolver(std::vector<Endpoint> names, std::chrono::milliseconds interval, LookUp look_up,
                   std::function<void()> on_change)
    : shared_(std::make_shared<Shared>()) {
  shared_->names = std::move(names);
  shared_->interval = interval;
  shared_->look_up = std::move(look_up);
  shared_->on_change = std::move(on_change);
  thread_ = std::thread([shared = shared_] { run(shared); });
}

Resolver::~Resolver() {
  bool looking_up;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stop = true;
    looking_up = shared_->looking_up;
  }
  shared_->stopping.notify_all();
  if (looking_up) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

std::optional<std::set<Endpoint>> Resolver::take() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->news, std::nullopt);
}

void Resolver::run(const std::shared_ptr<Shared>& shared) {
  AddressBook book;
  std::unique_lock lock(shared->mutex);
  while (!shared->stop) {
    bool changed = false;
    for (const auto& name : shared->names) {
      shared->looking_up = true;
      lock.unlock();
      const auto answer = shared->look_up(name.host);
      lock.lock();
      shared->looking_up = false;
      if (shared->stop) return;
      changed |= book.note(name, answer);
    }
    if (changed) {
      shared->news = book.addresses();
      shared->on_change();
    }
    shared->stopping.wait_for(lock, shared->interval, [&] { return shared->stop; });
  }
}

}  // namespace risk::bus
