#include "fixture.hpp"

#include <chrono>
#include <stdexcept>

namespace risk::gateway::test {
namespace {

bus::PublisherOptions publisher_options() {
  bus::PublisherOptions options;
  options.name = "risk-engine@test";
  options.heartbeat_interval = std::chrono::milliseconds(50);
  return options;
}

constexpr Timestamp kNow = Timestamp::from_seconds(1'772'461'805);  // 2026-03-02T14:30:05Z

engine::Transaction transaction(int n, const char* client, const char* symbol) {
  engine::Transaction t;
  t.transaction_id = "T-" + std::to_string(n);
  t.executed_at = kNow;
  t.client_id = ClientId(client);
  t.symbol = Symbol(symbol);
  t.side = engine::Side::kSell;
  t.quantity = *Quantity::parse("1250.5");
  t.price = *Price::parse("187.25");
  t.currency = "USD";
  t.broker_id = "BRK-07";
  if (n == 1) {  // the others are of a feed without them
    t.order_id = "ORD-1";
    t.trader_id = "TRD-9";
  }
  return t;
}

store::AppliedInput input(std::uint64_t apply_seq, const char* client, const char* symbol) {
  store::TransactionInput in;
  in.transaction = transaction(static_cast<int>(apply_seq), client, symbol);
  in.base_price = in.transaction.price;
  return {apply_seq, {std::string(32, 'a'), apply_seq}, in};
}

store::AlertEventRow event_row(std::uint64_t event_id, std::uint64_t alert_id) {
  store::AlertEventRow row;
  row.event_id = event_id;
  row.alert_id = alert_id;
  row.value = "1250000.0000";
  row.at = kNow;
  row.transaction_id = "T-1";
  row.message = "Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)";
  return row;
}

store::MetricsRow metrics_row(std::int64_t seconds_before_now, std::uint64_t total) {
  store::MetricsRow row;
  row.timestamp = {kNow.nanos - seconds_before_now * kNanosPerSecond};
  row.total_transactions = total;
  row.total_exposure = Notional::of(Money::from_whole(1'250'000));
  return row;
}

}  // namespace

Engine::Engine() : publisher_(publisher_options()), commands_({}, [this](auto request) { return handle(request); }) {
  publisher_.open_stream(wire::kAlertsTopic, bus::make_stream_id(), 1, 2);  // after the events of make_database()
  publisher_.open_stream(wire::kExposuresTopic, bus::make_stream_id(), 1, 0);
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, std::chrono::milliseconds(10), [this] { return stopping_; })) publisher_.service();
  });
}

Engine::~Engine() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void Engine::publish(const wire::ExposureUpdate& update) {
  std::lock_guard lock(mutex_);
  publisher_.publish(wire::kExposuresTopic, wire::encode(update));
  publisher_.flush();
}

void Engine::publish(const wire::AlertMessage& message) {
  std::lock_guard lock(mutex_);
  publisher_.publish(wire::kAlertsTopic, wire::encode(message));
  publisher_.flush();
}

void Engine::publish_deleted_alert() {
  std::lock_guard lock(mutex_);
  publisher_.publish(wire::kAlertsTopic, "");
  publisher_.flush();
}

bool Engine::wait_for_gateway() {
  std::lock_guard lock(mutex_);
  const std::chrono::seconds time(20);
  return publisher_.wait_for_subscriber(wire::kAlertsTopic, time) &&
         publisher_.wait_for_subscriber(wire::kExposuresTopic, time);
}

void Engine::answer(std::function<wire::CommandReply(const wire::Command&)> answer) {
  std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

std::string Engine::handle(std::string_view request) {
  std::function<wire::CommandReply(const wire::Command&)> answer;
  {
    std::lock_guard lock(mutex_);
    answer = answer_;
  }
  return wire::encode(answer(*wire::decode_command(request)));
}

engine::ExposureRow exposure_row(const std::string& id, int gross) {
  engine::ExposureRow row;
  row.id = id;
  row.exposure.long_value = Notional::of(Money::from_whole(gross));
  row.total_exposure = row.exposure.gross();
  row.position_count = 1;
  row.transaction_count = 2;
  row.utilisation_e4 = gross / 100;
  row.risk_level = gross >= 1'000'000 ? engine::RiskLevel::kCritical : engine::RiskLevel::kLow;
  row.last_updated = kNow;
  return row;
}

store::AlertRow alert_row(std::uint64_t id, engine::AlertStatus status) {
  store::AlertRow row;
  row.latest.alert_id = id;
  row.latest.entity_type = engine::EntityType::kClient;
  row.latest.entity_id = "CLIENT_001";
  row.latest.measure = engine::Measure::kGross;
  row.latest.value =
      row.latest.peak = {engine::Figure::Unit::kMoney, Notional::of(Money::from_whole(1'250'000)).units()};
  row.latest.limit = {engine::Figure::Unit::kMoney, Notional::of(Money::from_whole(1'000'000)).units()};
  row.latest.utilisation_e4 = 12'500;
  row.latest.config_version = 3;
  row.latest.at = kNow;
  row.latest.transaction_id = "T-1";
  row.latest.contributors = {{"AAPL", Notional::of(Money::from_whole(1'250'000))}};
  row.status = status;
  row.message = "Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)";
  row.opened_at = row.updated_at = kNow;
  if (status == engine::AlertStatus::kResolved) row.resolved_at = kNow;
  return row;
}

wire::AlertMessage alert_message(std::uint64_t event_id, std::uint64_t alert_id) {
  const store::AlertRow row = alert_row(alert_id);
  wire::AlertMessage message;
  message.event_id = event_id;
  message.event = row.latest;
  message.opened_at = row.opened_at;
  message.message = row.message;
  return message;
}

store::DatabaseConfig memory_config(const std::shared_ptr<store::MemoryDatabase>& database) {
  store::DatabaseConfig config;
  config.type = store::DatabaseConfig::Type::kMemory;
  config.memory = database;
  return config;
}

void commit(const std::shared_ptr<store::MemoryDatabase>& database, store::Commit commit) {
  const auto store = store::open_store(memory_config(database));
  store->migrate();
  store::CursorStep step;
  step.from = store->resume_point().last_apply_seq;
  step.to.stream_id = store::kEngineCursor;
  step.to.sequence = step.from + commit.inputs.size();
  commit.cursors.push_back(step);
  store->commit(commit);
}

std::shared_ptr<store::MemoryDatabase> make_database() {
  auto database = store::make_memory_database();
  store::Commit first;
  first.inputs = {input(1, "CLIENT_001", "AAPL"), input(2, "CLIENT_002", "AAPL"), input(3, "CLIENT_001", "MSFT")};
  first.client_exposures = {exposure_row("CLIENT_001", 1'250'000), exposure_row("CLIENT_002", 400'000)};
  first.symbol_exposures = {exposure_row("AAPL", 431'250), exposure_row("MSFT", 100)};
  first.symbol_exposures[0].mark = Price::parse("187.25").value();
  first.instruments = {{.symbol = Symbol("AAPL"),
                        .multiplier = Multiplier::from_whole(5),
                        .contract = engine::Contract::kInverse,
                        .expires_at = Timestamp{1'726'833'600'123'456'789},
                        .name = "It's \"Apple\""}};
  first.firm_exposure = exposure_row("", 1'650'000);
  first.firm_exposure->transaction_count = 3;
  first.positions = {{ClientId("CLIENT_001"), Symbol("AAPL"), *Quantity::parse("-1250.5"), *Price::parse("187.25")}};
  first.alerts = {alert_row(1, engine::AlertStatus::kResolved), alert_row(2)};
  first.alert_events = {event_row(1, 1), event_row(2, 2)};
  store::QuarantineRow bad;
  bad.origin = {std::string(32, 'a'), 4};
  bad.source = "feed.csv";
  bad.line = 5;
  bad.rejection = {"quantity", "-5", "must be positive"};
  bad.raw = "T-4,CLIENT_009,AAPL,BUY,-5,187.25";
  bad.received_at = kNow;
  first.quarantine = {bad};
  using engine::AdjustmentKind;
  using store::AdjustmentState;
  const Timestamp effective_at{parse_timestamp("2026-03-09T00:00:00.000000001Z").value()};
  const engine::Adjustment split{.effective_at = effective_at,
                                 .kind = AdjustmentKind::kSplit,
                                 .symbol = Symbol("AAPL"),
                                 .ratio = "4:1",
                                 .reason = "it's \"four\" for one"};
  const engine::Adjustment rename{
      .effective_at = kNow, .kind = AdjustmentKind::kRename, .symbol = Symbol("FB"), .new_symbol = Symbol("META")};
  const engine::Adjustment position{.effective_at = kNow,
                                    .kind = AdjustmentKind::kSetPosition,
                                    .symbol = Symbol("META"),
                                    .client_id = ClientId("CLIENT_001"),
                                    .quantity = Quantity::parse("-92233720368.54775807").value()};
  first.adjustments = {
      {1, split, "anna", kNow, AdjustmentState::kWithdrawn, "the issuer took it back", {}, "ben", kNow},
      {2, rename, "anna", kNow, AdjustmentState::kApplied, "", 2},
      {3, position, "anna", kNow, AdjustmentState::kRefused, "quantity: out of range"},
      {4, split, "anna", kNow, AdjustmentState::kPending, ""}};
  first.metrics = metrics_row(90, 2);
  first.limits = {
      {"client_exposure", engine::EntityType::kClient, "", engine::Measure::kGross, "1000000.0000", 3},
      {"client_exposure", engine::EntityType::kClient, "CLIENT_002", engine::Measure::kGross, "250000.0000", 3}};
  commit(database, first);
  store::Commit second;
  second.metrics = metrics_row(5, 3);
  commit(database, second);
  return database;
}

Gateway::Gateway(std::function<void(GatewayOptions&)> adjust, OpenReader open_reader) {
  GatewayOptions options;
  options.port = 0;
  options.web_root = "";
  options.allowed_hosts = {"gateway.test"};  // the name that HttpClient asks by
  options.database = memory_config(database);
  options.engine = {{engine.publish_endpoint()}, {engine.command_endpoint()}};
  options.simulator_health_url = options.engine_health_url = options.notifier_health_url = "";
  options.feed.retry_min = std::chrono::milliseconds(10);
  options.pool.reconnect_interval = std::chrono::milliseconds(10);
  if (adjust) adjust(options);
  app = std::make_unique<GatewayApp>(options, context, std::move(open_reader));
  app->start();
}

void Gateway::wait_ready() {
  HttpClient client(app->port());
  for (int i = 0; client.get("/readyz").status != 200; ++i) {
    if (i == 20'000) throw std::runtime_error("the gateway does not get ready");
    std::this_thread::yield();
  }
}

void Gateway::apply(const std::vector<engine::ExposureRow>& clients) {
  const std::uint64_t apply_seq = store::open_store(memory_config(database))->resume_point().last_apply_seq + 1;
  store::Commit change;
  change.inputs = {input(apply_seq, "CLIENT_001", "AAPL")};
  change.client_exposures = clients;
  commit(database, change);
  wire::ExposureUpdate update;
  update.apply_seq = update.transactions_total = apply_seq;
  update.now = kNow;
  for (const engine::ExposureRow& row : clients) update.clients.push_back(wire::figures(row));
  engine.publish(update);
}

int Gateway::stream_status(const std::string& origin) {
  Headers headers{{"Connection", "Upgrade"},
                  {"Upgrade", "websocket"},
                  {"Sec-WebSocket-Version", "13"},
                  {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  if (!origin.empty()) headers["Origin"] = origin;
  return HttpClient(app->port()).request("GET", "/api/v1/stream", headers).status;
}

}  // namespace risk::gateway::test
