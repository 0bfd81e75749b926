// The dashboard gateway put together: HTTP and WebSocket in front; database, engine streams and commands behind.
#pragma once

#include <cstdint>
#include <memory>

#include "dashboard-gateway/options.hpp"
#include "risk/service/run.hpp"

namespace risk::gateway {

class GatewayApp : public service::App {
 public:
  // `open_reader` opens the database that `options` name, unless a test brings one of its own. `context`, which must
  // outlive it, is told when a part has died that the process cannot do without.
  GatewayApp(GatewayOptions options, service::RunContext& context, OpenReader open_reader = {});
  ~GatewayApp() override;  // stop()

  // Binds and starts everything. Neither the database nor the engine need be there yet.
  // Throws std::runtime_error: the port is in use, the page's files cannot be read; log::LogError: a bad endpoint.
  void start() override;
  void stop() override;

  std::uint16_t port() const;  // as bound

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::gateway
