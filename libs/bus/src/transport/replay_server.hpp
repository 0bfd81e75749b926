// A publisher's second socket: answers who asks for records again, from where their past is kept, and hears what
// consumers have committed. A thread of its own, so that neither waits for the publisher nor holds it up.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "risk/bus/publisher.hpp"
#include "transport/peer_guard.hpp"
#include "transport/replay_message.hpp"
#include "transport/wake_up.hpp"

namespace zmq {
class context_t;
class message_t;
class socket_t;
}  // namespace zmq

namespace risk::bus {

class Gate;

class ReplayServer {
 public:
  // Binds and starts. `gate`, if any, must outlive it. Throws BusError.
  // `instance` is the publisher's.
  ReplayServer(zmq::context_t& context, const PublisherOptions& options, std::uint64_t instance, const Gate* gate);
  ~ReplayServer();  // stops

  std::uint16_t port() const { return port_; }
  void add(const std::string& topic, const std::string& publisher, const StreamKey& stream,
           std::shared_ptr<ReplaySource> source);

  std::uint64_t records() const { return records_; }  // sent again
  std::uint64_t dropped_peers() const { return guard_->dropped(); }
  // Throws BusError when the thread has died, with its reason: nobody is answered any more.
  void require_alive();

 private:
  struct Past {
    std::string topic;
    std::string publisher;
    std::shared_ptr<ReplaySource> source;  // none: not of this server
  };

  void run();
  void serve_until_stopped();
  void serve(const zmq::message_t& peer, std::string_view request);
  void answer(const zmq::message_t& peer, const ReplayMessage& ask);
  void prove(const zmq::message_t& peer, const ReplayMessage& question);
  std::optional<std::uint64_t> known_hash(ReplaySource& source, const Extent& extent, const ReplayMessage& question,
                                          const std::string& topic);
  void send(const zmq::message_t& peer, std::string_view bytes);
  Past past_of(const StreamKey& stream);
  void tell(const std::string& problem);

  const std::uint64_t instance_;
  const std::function<void(const std::string&)> on_problem_;
  std::unique_ptr<zmq::socket_t> socket_;
  std::unique_ptr<PeerGuard> guard_;
  std::uint16_t port_ = 0;
  WakeUp bell_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> records_ = 0;
  std::mutex mutex_;  // guards what follows
  std::map<StreamKey, Past> streams_;
  std::string death_;  // why the thread ended by itself
  std::thread thread_;
};

}  // namespace risk::bus
