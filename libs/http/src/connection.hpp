// One connection from its accept to its end, or to its upgrade. It lives in its own handlers, on a strand of its own.
#pragma once

#include <memory>
#include <string>

#include "shared.hpp"

namespace risk::http {

struct Accepted {
  int descriptor = -1;  // of a connected socket; the connection closes it
  bool ipv6 = false;
  std::string local_address;
  std::string remote_address;
  Peers::Lease lease;
};

void serve_connection(boost::asio::io_context& io, Accepted accepted, std::shared_ptr<Shared> shared);

}  // namespace risk::http
