// Whether a request's Host is one that this server answers to. A page of another site whose name was made to resolve to
// this machine (DNS rebinding) sends its own name as Host and as Origin: the two agree, and only a list of names tells
// it from our own page. Host literals that are addresses of this end are let in, because a name can be rebound and an
// address cannot.
//
// Immutable after construction: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace risk::http {

struct HostRules {
  std::string bind_address;          // as configured
  std::vector<std::string> allowed;  // names, "*.domain" for every name below it, addresses; ignoring case, no ports
  // Names without a dot too ("risk-engine"): those of a compose or a cluster network. Public DNS has none of them, so
  // no page of the internet can have one.
  bool names_without_dot = false;
};

class HostPolicy {
 public:
  explicit HostPolicy(HostRules rules);

  // `host` as a request has it, with or without a port: valid, and not empty. `local_address` is the address that the
  // connection came in on. Allowed are localhost and *.localhost, loopback addresses, the local address, the bind
  // address and what the rules name.
  bool allows(std::string_view host, std::string_view local_address) const;

 private:
  bool names(std::string_view host) const;

  HostRules rules_;
};

// What is allowed instead, when this cannot be an entry of HostRules::allowed; or nothing.
std::optional<std::string> host_entry_problem(std::string_view entry);

}  // namespace risk::http
