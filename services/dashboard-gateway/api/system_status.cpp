#include "dashboard-gateway/api/system_status.hpp"

#include <algorithm>
#include <set>

#include "risk/service/options.hpp"
#include "risk/wire/alert.hpp"
#include "risk/wire/transaction.hpp"

namespace risk::gateway {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// Of the executions of a stream of transactions; null of any other.
void write_executions(JsonWriter& json, const std::optional<wire::StreamStatus>& status) {
  const auto number_or_null = [&json](const char* name, std::optional<std::uint64_t> number) {
    if (number) return json.member(name, *number);
    json.key(name);
    json.null();
  };
  number_or_null("recent", status ? std::optional<std::uint64_t>(status->recent) : std::nullopt);
  number_or_null("recent_late", status ? std::optional<std::uint64_t>(status->recent_late) : std::nullopt);
  json.member("lead_seconds",
              status && status->lead_nanos ? std::optional(format_rounded(*status->lead_nanos, 9, 9)) : std::nullopt);
  number_or_null("duplicates", status ? std::optional(status->duplicates) : std::nullopt);
  number_or_null("conflicts", status ? std::optional(status->conflicts) : std::nullopt);
}

}  // namespace

void SystemStatus::set_health(const std::string& service, HealthAnswer answer) {
  std::lock_guard lock(mutex_);
  if (service == kDropCopy && answer.up) has_drop_copy_ = true;
  auto& known = health_[service];
  // Of one that does not answer the sessions are not logged on, as far as anybody knows.
  if (!answer.up && answer.sessions.empty()) {
    answer.sessions = std::move(known.sessions);
    for (auto& session : answer.sessions) {
      session.logged_on = false;
      session.state = "not known";
    }
  }
  known = std::move(answer);
}

void SystemStatus::set_database(bool up, std::string detail) {
  std::lock_guard lock(mutex_);
  database_up_ = up;
  database_detail_ = std::move(detail);
}

SystemStatus::Stream& SystemStatus::note(const std::string& label, const std::string& id, const std::string& publisher,
                                         std::uint64_t delivered, std::uint64_t announced, SteadyTime at) {
  Stream& stream = streams_[label + "/" + id];
  if (stream.delivered != delivered) stream.last_message_at = system_now();
  stream.label = label;
  stream.id = id;
  stream.publisher = publisher;
  stream.delivered = delivered;
  stream.announced = announced;
  stream.delivered_rate.add(at, delivered);
  stream.announced_rate.add(at, announced);
  return stream;
}

void SystemStatus::set_engine(const wire::ExposureUpdate& update, SteadyTime at) {
  std::lock_guard lock(mutex_);
  std::set<std::string> present;
  for (const wire::StreamStatus& status : update.streams) {
    Stream& stream =
        note(wire::kTransactionsTopic, status.stream_id, status.publisher, status.delivered, status.announced, at);
    stream.missing = status.missing;
    stream.up = status.up;
    stream.status = status;
    present.insert(status.stream_id);
  }
  std::erase_if(streams_, [&](const auto& entry) {
    return entry.second.label == wire::kTransactionsTopic && !present.contains(entry.second.id);
  });
  uncommitted_inputs_ = update.uncommitted_inputs;
  engine_rate_.add(at, update.transactions_total);
}

void SystemStatus::set_own_streams(const std::vector<log::StreamStatus>& streams, SteadyTime at) {
  std::lock_guard lock(mutex_);
  // An engine that started again has new streams; the old ones are only of interest until then.
  const auto superseded = [&](const Stream& old) {
    return old.label != wire::kTransactionsTopic && std::none_of(streams.begin(), streams.end(), [&](const auto& s) {
             return s.stream().text.view() == old.id;
           });
  };
  std::erase_if(streams_, [&](const auto& entry) { return superseded(entry.second); });
  for (const log::StreamStatus& status : streams) {
    Stream& stream = note(status.topic, std::string(status.stream().text), status.publisher,
                          status.delivered.fields().sequence, status.announced.fields().sequence, at);
    stream.missing = status.missing;
    stream.up = status.is_up;
  }
}

// What the streams with this label say of the service that reads or writes them, and what its health port says.
SystemStatus::Service SystemStatus::service(const char* name, const char* stream_label) const {
  Service service;
  const auto health = health_.find(name);
  if (health != health_.end()) service.health = health->second;
  for (const auto& [key, stream] : streams_) {
    if (stream.label == stream_label && stream.up && !is_of_drop_copy(stream)) service.heard = true;
  }
  return service;
}

void SystemStatus::write_service(JsonWriter& json, const char* name, const Service& service) const {
  const bool up = service.health.up || service.heard;
  json.begin_object();
  json.member("name", name);
  json.member("up", up);
  json.member("ready", service.health.up ? service.health.ready : service.heard);
  json.member("lag", up ? service.lag : std::nullopt);
  json.key("rate");
  if (up && service.rate) {
    json.value_number(*service.rate);
  } else {
    json.null();
  }
  const bool checked = service.health.checked_at != Timestamp{};
  json.member("checked_at", format_timestamp(checked ? service.health.checked_at : system_now()));
  json.member("detail", service.heard && !service.health.up ? std::nullopt : unless_empty(service.health.detail));
  json.end_object();
}

void SystemStatus::write_streams(JsonWriter& json, SteadyTime at) {
  std::map<std::string, int> with_label;
  for (const auto& [key, stream] : streams_) ++with_label[stream.label];
  json.begin_array();
  for (auto& [key, stream] : streams_) {
    json.begin_object();
    json.member("stream", with_label[stream.label] > 1 ? stream.label + " " + stream.id : stream.label);
    json.member("publisher", stream.publisher);
    json.member("last_sequence", stream.announced);
    json.member("applied_sequence", stream.delivered);
    json.member("lag", stream.lag());
    json.member("gaps", stream.missing);
    json.key("rate");
    json.value_number(stream.delivered_rate.per_second(at));
    json.member("last_message_at",
                stream.last_message_at ? std::optional(format_timestamp(*stream.last_message_at)) : std::nullopt);
    write_executions(json, stream.status);
    json.end_object();
  }
  json.end_array();
}

std::optional<SystemStatus::Service> SystemStatus::drop_copy(SteadyTime at) {
  Service service;
  const auto health = health_.find(kDropCopy);
  if (health != health_.end()) service.health = health->second;
  service.rate = 0;
  for (auto& [key, stream] : streams_) {
    if (!is_of_drop_copy(stream)) continue;
    has_drop_copy_ = true;
    service.heard = service.heard || stream.up;
    *service.rate += stream.announced_rate.per_second(at);
  }
  return has_drop_copy_ ? std::optional(service) : std::nullopt;
}

void SystemStatus::write_sessions(JsonWriter& json) const {
  json.begin_array();
  const auto health = health_.find(kDropCopy);
  for (const auto& session : health == health_.end() ? std::vector<FixSession>() : health->second.sessions) {
    json.begin_object();
    json.member("session", session.name);
    json.member("logged_on", session.logged_on);
    json.member("state", session.state);
    json.member("last_sequence", session.last_sequence);
    json.member("gaps_asked_for", session.gaps_asked_for);
    json.member("fills", session.fills);
    json.member("quarantined", session.quarantined);
    json.end_object();
  }
  json.end_array();
}

std::string SystemStatus::json(SteadyTime at) {
  std::lock_guard lock(mutex_);
  Service simulator = service("simulator", wire::kTransactionsTopic);
  Service engine = service("risk-engine", wire::kExposuresTopic);
  Service notifier = service("alert-notifier", "");
  Service gateway;
  gateway.health = {true, database_up_, database_detail_, system_now()};
  simulator.rate = engine.rate = gateway.rate = 0;
  engine.lag = uncommitted_inputs_;
  gateway.lag = 0;
  for (auto& [key, stream] : streams_) {
    if (stream.label == wire::kTransactionsTopic) {
      if (!is_of_drop_copy(stream)) *simulator.rate += stream.announced_rate.per_second(at);
      *engine.lag += stream.lag();
    } else {
      *gateway.rate += stream.delivered_rate.per_second(at);
      *gateway.lag += stream.lag();
    }
  }
  engine.rate = engine_rate_.per_second(at);
  auto fix = drop_copy(at);
  // What publishes transactions is heard through the engine alone.
  simulator.heard = simulator.heard && engine.heard;
  if (fix) fix->heard = fix->heard && engine.heard;

  JsonWriter json;
  json.begin_object();
  json.member("as_of", format_timestamp(system_now()));
  json.member("version", risk::service::version());
  json.key("services");
  json.begin_array();
  write_service(json, "simulator", simulator);
  if (fix) write_service(json, kDropCopy, *fix);
  write_service(json, "risk-engine", engine);
  write_service(json, "alert-notifier", notifier);
  write_service(json, "dashboard-gateway", gateway);
  json.end_array();
  json.key("streams");
  write_streams(json, at);
  json.key("fix_sessions");
  write_sessions(json);
  json.key("database");
  json.begin_object();
  json.member("type", database_type_);
  json.member("up", database_up_);
  json.member("detail", unless_empty(database_detail_));
  json.end_object();
  json.end_object();
  return json.take();
}

}  // namespace risk::gateway
