// The Subscriber with its name look-up given, so that a test decides what a name resolves to. Contract: subscriber.hpp.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "risk/base/throttle.hpp"
#include "risk/bus/subscriber.hpp"
#include "transport/connection.hpp"
#include "transport/endpoint.hpp"
#include "transport/resolver.hpp"
#include "transport/stream_table.hpp"
#include "transport/wake_up.hpp"

namespace risk::bus {

class SubscriberCore {
 public:
  SubscriberCore(SubscriberOptions options, SubscriberHandlers handlers, LookUp look_up);
  ~SubscriberCore();

  void resume_after(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence,
                    std::optional<std::uint64_t> hash);
  void commit(const StreamId& stream, std::uint64_t epoch, std::uint64_t sequence);
  std::size_t poll(std::chrono::milliseconds timeout, std::size_t records_max);
  void wake();
  std::vector<StreamStatus> streams() const { return table_.streams(Clock::now()); }
  const SubscriberCounters& counters() const { return table_.counters(); }

  std::size_t connections() const { return connections_.size(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Sockets;  // what is libzmq's

  void connect(const Endpoint& address);
  void leave(std::size_t connection);
  void connect_as_resolved();
  void cut_endless(Clock::time_point now);
  void renew_given_up(Clock::time_point now);
  std::size_t drain(std::size_t records_max);
  std::size_t read_frames(Connection& connection, std::size_t records_max, Clock::time_point now, std::size_t& frames);
  std::size_t read_answer(Connection& connection, std::size_t records_max, Clock::time_point now, std::size_t& frames);
  // Takes a frame, or holds it and asks for what is missing before it.
  std::size_t take(Connection& connection, std::string_view frame, Clock::time_point now);
  void take_answer(Connection& connection, std::string_view message, Clock::time_point now);
  void take_proof(Connection& connection, const ReplayMessage& proof, Clock::time_point now);
  void take_end(Connection& connection, const ReplayMessage& end, Clock::time_point now);
  // Whether all is here that the held frame waits for; if not, it is asked for.
  bool is_complete(Connection::Held& held, const ReplayMessage& end);
  void ask(Connection& connection, Clock::time_point now);
  void look_after(Connection& connection, Clock::time_point now);
  void tell_committed(Clock::time_point now);
  void wait(Clock::duration time);

  SubscriberOptions options_;
  StreamTable table_;
  std::unique_ptr<Sockets> sockets_;
  std::set<Endpoint> fixed_;  // addresses that need no look-up
  StreamTable::PathId last_path_ = 0;
  std::vector<Connection> connections_;
  struct Committed {
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    std::uint64_t told = 0;
    Clock::time_point told_at{};
  };
  std::map<StreamKey, Committed> committed_;
  Clock::time_point inspected_{};  // the connections, for what libzmq gave up
  Clock::time_point weighed_{};
  Throttle refusals_told_;
  std::size_t turn_ = 0;  // the connection that is read first
  std::atomic<bool> woken_ = false;
  std::atomic<bool> resolved_ = false;
  WakeUp bell_;
  std::unique_ptr<Resolver> resolver_;  // last: its thread rings the bell
};

}  // namespace risk::bus
