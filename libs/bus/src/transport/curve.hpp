// CURVE on sockets. Contract of the keys: risk/bus/curve.hpp.
#pragma once

#include <memory>

#include "risk/bus/curve.hpp"

namespace zmq {
class context_t;
class socket_t;
}  // namespace zmq

namespace risk::bus {

class ZapHandler;

// Who may connect to the binding sockets of one context. Has a thread of its own, which libzmq asks about every
// newcomer. It must outlive these sockets, for where nobody can be asked libzmq lets everybody in; and the context must
// outlive it, or end first only to wait for it.
class Gate {
 public:
  // At most one a context. Throws BusError on what is no key.
  Gate(zmq::context_t& context, const CurveServer& curve);
  ~Gate();

  // Call before the socket binds, after its other options.
  void guard(zmq::socket_t& socket) const;

 private:
  Secret secret_key_;
  std::unique_ptr<ZapHandler> zap_;
};

// Throws BusError on what is no key.
void require_keys(const CurveClient& curve);

// Call before the socket connects, after its other options. Throws BusError on what is no key.
void secure_client(zmq::socket_t& socket, const CurveClient& curve);

}  // namespace risk::bus
