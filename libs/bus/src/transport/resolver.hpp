// Names to addresses, again and again, on a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "transport/endpoint.hpp"

namespace risk::bus {

// The addresses of a name. No value: it cannot be known now (the name server is away); empty: there is no such name.
using LookUp = std::function<std::optional<std::vector<std::string>>(const std::string& host)>;
std::optional<std::vector<std::string>> look_up(const std::string& host);  // of this machine's resolver

// Which addresses of a name to be connected to, answer after answer. An address that is missing from three answers in a
// row is dropped: round-robin name servers and restarts leave one out now and then.
class AddressBook {
 public:
  // Returns whether addresses() changed.
  bool note(const Endpoint& name, const std::optional<std::vector<std::string>>& answer);
  std::set<Endpoint> addresses() const;

 private:
  static constexpr int kMissesMax = 3;
  std::map<Endpoint, std::map<std::string, int>> misses_;  // by name, then address
};

// Looks up every name each interval. Any thread.
class Resolver {
 public:
  // `on_change` runs on the resolver's thread: take() has news.
  Resolver(std::vector<Endpoint> names, std::chrono::milliseconds interval, LookUp look_up,
           std::function<void()> on_change);
  // Does not wait for a look-up that is under way: that thread ends by itself, touching nothing of this object.
  ~Resolver();

  // The addresses, when they changed since the last call.
  std::optional<std::set<Endpoint>> take();

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace risk::bus
