// A gateway in this process between a real bus and the memory database, and the client that asks it.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "dashboard-gateway/app.hpp"
#include "risk/bus/publisher.hpp"
#include "risk/bus/request.hpp"
#include "risk/store/memory.hpp"
#include "risk/store/store.hpp"
#include "risk/wire/control.hpp"

namespace risk::gateway::test {

using Json = nlohmann::json;
using Headers = std::map<std::string, std::string>;

// The engine as the gateway sees it: two streams and a command port.
class Engine {
 public:
  Engine();
  ~Engine();

  void publish(const wire::ExposureUpdate& update);
  void publish(const wire::AlertMessage& message);  // its event_id must be the stream's next sequence
  void publish_deleted_alert();                     // what stands for an event that a clean-up deleted
  std::string publish_endpoint() const { return publisher_.endpoint(); }
  std::string command_endpoint() const { return commands_.endpoint(); }
  // What the command port answers, from now on.
  void answer(std::function<wire::CommandReply(const wire::Command&)> answer);
  bool wait_for_gateway();

 private:
  std::string handle(std::string_view request);

  std::mutex mutex_;
  std::condition_variable stopped_;
  bus::Publisher publisher_;
  std::function<wire::CommandReply(const wire::Command&)> answer_;
  bool stopping_ = false;
  std::thread thread_;
  bus::RequestServer commands_;
};

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  Json json() const { return Json::parse(body); }
  std::string detail() const { return json().value("detail", ""); }
};

// One connection: requests go over it one after the other.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port);
  ~HttpClient();
  Reply request(const std::string& method, const std::string& target, const Headers& headers = {},
                const std::string& body = "");
  Reply get(const std::string& target) { return request("GET", target); }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

class StreamClient {
 public:
  explicit StreamClient(std::uint16_t port, const Headers& headers = {}, int receive_buffer_bytes = 0);
  ~StreamClient();
  Json read();
  // Reads until a frame has this member and the member fits, at most `frames`.
  Json read_until(const std::string& member, const std::function<bool(const Json&)>& fits, int frames = 200);
  int read_close_code();  // reads on to the close frame

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The database with one client, one symbol, two alerts, three transactions and what else the API shows.
std::shared_ptr<store::MemoryDatabase> make_database();
// A commit after what make_database() or a former call wrote.
void commit(const std::shared_ptr<store::MemoryDatabase>& database, store::Commit commit);
store::DatabaseConfig memory_config(const std::shared_ptr<store::MemoryDatabase>& database);

engine::ExposureRow exposure_row(const std::string& id, int gross);
store::AlertRow alert_row(std::uint64_t id, engine::AlertStatus status = engine::AlertStatus::kOpen);
wire::AlertMessage alert_message(std::uint64_t event_id, std::uint64_t alert_id);

struct Gateway {
  explicit Gateway(std::function<void(GatewayOptions&)> adjust = {}, OpenReader open_reader = {});

  Reply get(const std::string& target) { return HttpClient(app->port()).get(target); }
  void wait_ready();  // until the live model is loaded
  // What an engine does with an input: stores what it changed, then publishes it.
  void apply(const std::vector<engine::ExposureRow>& clients);
  // What the attempt to open the live stream is answered with.
  int stream_status(const std::string& origin);

  std::shared_ptr<store::MemoryDatabase> database = make_database();
  Engine engine;
  service::RunContext context;
  std::unique_ptr<GatewayApp> app;
};

}  // namespace risk::gateway::test
