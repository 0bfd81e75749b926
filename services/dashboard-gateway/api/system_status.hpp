// How the mesh does, for /api/v1/system: put together from the engine's streams, the services' health ports and the
// gateway's own reading. Any thread may call anything.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "dashboard-gateway/live/rate_meter.hpp"
#include "risk/base/json.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/log/reader.hpp"
#include "risk/wire/exposure.hpp"

namespace risk::gateway {

inline constexpr char kDropCopy[] = "drop-copy";
inline constexpr std::size_t kFixSessionsMax = 64;  // of an instance

// What drop-copy said of one of its sessions.
struct FixSession {
  std::string name;
  bool logged_on = false;
  std::string state;  // "logged on", or why it is not
  std::uint64_t last_sequence = 0;
  std::uint64_t gaps_asked_for = 0;
  std::uint64_t fills = 0;
  std::uint64_t quarantined = 0;
};

// What a service's health port said.
struct HealthAnswer {
  bool up = false;  // it answered
  bool ready = false;
  std::string detail;  // why it is not
  Timestamp checked_at;
  std::vector<FixSession> sessions{};  // of drop-copy
};

class SystemStatus {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  explicit SystemStatus(std::string database_type) : database_type_(std::move(database_type)) {}

  void set_health(const std::string& service, HealthAnswer answer);
  void set_database(bool up, std::string detail);
  void set_engine(const wire::ExposureUpdate& update, SteadyTime at);
  void set_own_streams(const std::vector<log::StreamStatus>& streams, SteadyTime at);

  std::string json(SteadyTime at);

 private:
  struct Stream {
    std::string label;  // "transactions", "alerts", "exposures"
    std::string id;
    std::string publisher;
    std::uint64_t delivered = 0;
    std::uint64_t announced = 0;
    std::uint64_t missing = 0;
    bool up = false;
    std::optional<wire::StreamStatus> status;  // of a stream that the engine reads, what it says of it
    std::optional<Timestamp> last_message_at;
    RateMeter delivered_rate;
    RateMeter announced_rate;

    std::uint64_t lag() const { return announced > delivered ? announced - delivered : 0; }
  };
  // One line of the answer's services.
  struct Service {
    HealthAnswer health;
    bool heard = false;  // over its stream
    std::optional<std::uint64_t> lag;
    std::optional<double> rate;
  };

  Stream& note(const std::string& label, const std::string& id, const std::string& publisher, std::uint64_t delivered,
               std::uint64_t announced, SteadyTime at);
  static bool is_of_drop_copy(const Stream& stream) { return stream.publisher.starts_with(kDropCopy); }
  Service service(const char* name, const char* stream_label) const;
  // A desk without brokers' feeds has none, and is not told of it.
  std::optional<Service> drop_copy(SteadyTime at);
  void write_service(JsonWriter& json, const char* name, const Service& service) const;
  void write_streams(JsonWriter& json, SteadyTime at);
  void write_sessions(JsonWriter& json) const;

  const std::string database_type_;
  std::mutex mutex_;
  std::map<std::string, HealthAnswer> health_;
  bool has_drop_copy_ = false;             // it was seen or heard once
  std::map<std::string, Stream> streams_;  // by label and id
  bool database_up_ = false;
  std::string database_detail_ = "not tried yet";
  std::uint64_t uncommitted_inputs_ = 0;
  RateMeter engine_rate_;
};

}  // namespace risk::gateway
