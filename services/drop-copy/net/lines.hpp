// The sockets of all sessions: connects initiators and connects them again, listens for acceptors and gives each who
// logs on to its session, and carries the bytes between.
//
// Threads: one at a time. Memory: bounded for each connection; at most kStrangersMax of peers that have not said who
// they are, for 10 s each.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drop-copy/feed.hpp"
#include "drop-copy/net/connection.hpp"
#include "risk/service/repeated_log.hpp"

namespace risk::drop_copy {

inline constexpr std::size_t kStrangersMax = 64;

class Lines {
 public:
  // Binds what acceptors listen on. `feeds` must outlive it. Throws std::runtime_error: a port is in use.
  explicit Lines(std::vector<Feed*> feeds);
  ~Lines();

  // Waits up to `timeout` for something to do, then does it. Throws as Feed::take().
  void step(std::chrono::milliseconds timeout);
  // From here on nobody is connected anew.
  void close_doors();
  bool has_connections() const;
  // Where an acceptor's session is connected to; 0 of an initiator's.
  std::uint16_t port_of(const Feed& feed) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Line;
  // Connected, and not logged on to any session yet.
  struct Stranger {
    Connection connection;
    Clock::time_point deadline;
    std::string bytes{};
    FixFramer framer{};
  };
  using Place = std::pair<std::string, std::uint16_t>;

  void dial(Line& line);
  void read(Line& line);
  void end(Line& line, const std::string& why);
  void welcome(Listener& listener);
  // Whether the stranger is dealt with: given to its session, or refused.
  bool introduce(Stranger& stranger);
  bool give_to_session(Stranger& stranger, const FixMessage& logon);
  void refuse(const Stranger& stranger, const std::string& why);

  std::vector<std::unique_ptr<Line>> lines_;
  std::map<Place, Listener> listeners_;  // by what the settings say
  std::list<Stranger> strangers_;
  bool is_closing_ = false;
  service::RepeatedLog refused_log_{service::LogLevel::kWarning, "connection refused"};
};

}  // namespace risk::drop_copy
