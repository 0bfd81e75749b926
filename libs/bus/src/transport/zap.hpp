// The ZAP handler of a context (ZeroMQ RFC 27): libzmq asks it at inproc://zeromq.zap.01 whether a peer that has proved
// to own a key may enter.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "risk/base/throttle.hpp"
#include "risk/bus/curve.hpp"
#include "transport/wake_up.hpp"

namespace zmq {
class context_t;
class socket_t;
}  // namespace zmq

namespace risk::bus {

class ZapHandler {
 public:
  using OnRefused = std::function<void(const RefusedPeer&)>;

  // Precondition: the keys are keys. Throws BusError: the context has a handler already.
  ZapHandler(zmq::context_t& context, const std::vector<std::string>& allowed_keys, OnRefused on_refused);
  ~ZapHandler();

 private:
  void run();
  bool answer_next();
  bool admits(const std::vector<std::string>& request);

  const std::set<std::string, std::less<>> allowed_keys_;
  const OnRefused on_refused_;
  std::unique_ptr<zmq::socket_t> socket_;  // the thread's, once it runs
  Throttle told_;
  std::uint64_t refused_ = 0;
  WakeUp stop_;
  std::thread thread_;
};

}  // namespace risk::bus
