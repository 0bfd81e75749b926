// Why a client's handshakes fail, from the events of its socket. What libzmq 4.3.4 tells a client (4.3.5 by its
// source):
//
//   our key is not allowed     FAILED_AUTH, 400; never tried again
//   one side alone encrypts    FAILED_PROTOCOL, mechanism mismatch, never tried again; but when the server saw it first
//                              and hung up, FAILED_NO_DETAIL, and the next attempt may show it
//   another server key         FAILED_NO_DETAIL: the server hangs up without a word; tried again and again
//
// Pure but for reading events. Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "risk/bus/curve.hpp"

namespace zmq {
class context_t;
class socket_t;
}  // namespace zmq

namespace risk::bus {

struct SocketEvent {
  std::uint16_t event;  // ZMQ_EVENT_…
  std::uint32_t value;
};

// The events of `socket` that `mask` names and those of handshakes, from now on. `name` is one that no other watched
// socket of the context has had. Throws BusError.
// At most `queued_max` wait to be read; then what makes them waits.
zmq::socket_t watch(zmq::context_t& context, zmq::socket_t& socket, const std::string& name, int mask = 0,
                    int queued_max = 1'000);
// The next one that is there; does not wait.
std::optional<SocketEvent> next_event(zmq::socket_t& events);

class Handshake {
 public:
  // Throws BusError on what is no key.
  explicit Handshake(const std::optional<CurveClient>& curve);

  void note(SocketEvent event);

  // "" while nothing is known to be wrong, else what the peer does, to go on from its address: "refuses our key …".
  std::string problem() const;
  // The peer will not have us as we are, and libzmq does not try again.
  bool refused() const { return key_refused_ || mismatch_; }

 private:
  std::string our_key_;       // "": without encryption
  std::string expected_key_;  // with its name, for people
  bool key_refused_ = false;
  bool mismatch_ = false;
  int hung_up_ = 0;  // in a row
};

}  // namespace risk::bus
