// What the instances of a service say of their health, and what comes of it for the service: a name may stand for
// several addresses, of which one leads and the others wait as its standbys.
#pragma once

#include <string>
#include <vector>

#include "dashboard-gateway/api/system_status.hpp"

namespace risk::gateway {

struct InstanceAnswer {
  enum class State { kReady, kStandby, kUnready, kSilent };
  std::string address;  // 172.18.0.4:9102
  State state = State::kSilent;
  std::string reason;  // of all but kReady
  std::vector<FixSession> sessions{};
};

// Reads what came from a /readyz: {"status":"unready","conditions":{"database":"connection refused"}}. Of an engine
// whose condition "lease" says "standby: ..." it is a standby. Of a drop-copy the facts are those of its sessions:
// {"session prime":{"logged_on":true,"state":"logged on","last_sequence":17,"gaps_asked_for":0,…}}.
InstanceAnswer read_answer(std::string address, bool is_ok, const std::string& body);

// The answers of a service, by the names under which they were asked. An address that does not answer counts only where
// no other of its name does: a name leads to more addresses than somebody listens at. Ready: one is, and no other is
// anything but ready or a standby. Precondition: no name is without an answer, and there is a name.
HealthAnswer health_of(const std::vector<std::vector<InstanceAnswer>>& by_name, Timestamp at);

}  // namespace risk::gateway
