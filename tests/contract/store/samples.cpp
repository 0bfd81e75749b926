#include "samples.hpp"

#include "support/distinct_transaction.hpp"

namespace risk::test {

using namespace engine;
using namespace store;

namespace {

Figure money_figure(const std::string& text) {
  return {Figure::Unit::kMoney, money(text).units()};
}

}  // namespace

Notional money(const std::string& text) {
  return Notional::parse(text).value();
}

Commit step(std::uint64_t from, std::uint64_t to) {
  Commit commit;
  commit.cursors.push_back({{kEngineCursor, "risk-engine", 1, to, 0, kNoon}, from});
  return commit;
}

AppliedInput transaction(std::uint64_t apply_seq, std::uint64_t sequence, const std::string& client,
                         const std::string& symbol) {
  TransactionInput input;
  auto& t = input.transaction = distinct_transaction();
  t.transaction_id = "T-" + std::to_string(sequence);
  t.executed_at = kNoon;
  t.client_id = ClientId(client);
  t.symbol = Symbol(symbol);
  t.quantity = Quantity::parse("12.5").value();
  t.price = Price::parse("187.12345678").value();
  input.base_price = Price::parse("203.00000001").value();
  input.late = sequence % 2 == 1;
  return {apply_seq, {kStream, sequence}, input};
}

AppliedInput tick(std::uint64_t apply_seq, std::uint64_t sequence) {
  return {apply_seq, {kStream, sequence}, TickInput{kNoon}};
}

AppliedInput opening_position(std::uint64_t apply_seq, std::uint64_t sequence) {
  return {apply_seq,
          {kStream, sequence},
          OpeningPosition{ClientId("CLIENT_002"), Symbol("MSFT"), Quantity::parse("-7.00000001").value(),
                          Price::parse("410.5").value(), "USD"}};
}

AppliedInput market_price(std::uint64_t apply_seq, std::uint64_t sequence) {
  return {
      apply_seq,
      {kStream, sequence},
      MarketPrice{Symbol("O'Neil"), Price::parse("92233720368.54775807").value(), "", Timestamp{kNoon.nanos + 789}}};
}

AppliedInput exchange_rate(std::uint64_t apply_seq, std::uint64_t sequence) {
  return {apply_seq, {kStream, sequence}, ExchangeRate{"GBX", Rate::from_units(1), Timestamp{kNoon.nanos + 1}}};
}

engine::Instrument future(const std::string& symbol) {
  return {Symbol(symbol),
          Multiplier::parse("0.00000001").value(),
          "GBX",
          Contract::kInverse,
          Timestamp{kNoon.nanos + 7},
          true,
          "It's \"a\" future",
          "Zürich"};
}

AppliedInput instrument(std::uint64_t apply_seq, std::uint64_t sequence) {
  return {apply_seq, {kStream, sequence}, future("O'Neil")};
}

AppliedInput held_price_decision(std::uint64_t apply_seq, std::uint64_t sequence) {
  return {apply_seq, {kCommandsOrigin, sequence}, HeldPriceDecision{Symbol("O'Neil"), true, {kNoon.nanos + 3}}};
}

AppliedInput rules(std::uint64_t apply_seq, const std::string& encoded) {
  return {apply_seq, {"", 0}, RulesInput{7, encoded}};
}

const Price kMark = Price::parse("99.00000001").value();

ExposureRow exposure(const std::string& id) {
  ExposureRow row;
  row.id = id;
  row.exposure = {money("1250000.1234"), money("250000.5"), money("9000000")};
  row.total_exposure = money("1500000.6234");
  row.pnl = money("-1234.5678");
  row.position_count = 3;
  row.transaction_count = 12'345;
  row.utilisation_e4 = 15'000;
  row.risk_level = RiskLevel::kCritical;
  row.last_updated = kNoon;
  return row;
}

ExposureRow symbol_exposure(const std::string& symbol, Price mark) {
  ExposureRow row = exposure(symbol);
  row.mark = mark;
  return row;
}

PositionRow position(const std::string& client, const std::string& symbol, std::int64_t whole) {
  return {ClientId(client), Symbol(symbol), Quantity::from_whole(whole), kMark};
}

AlertRow alert(std::uint64_t alert_id) {
  AlertRow row;
  auto& event = row.latest;
  event.alert_id = alert_id;
  event.type = AlertEventType::kEscalated;
  event.alert_type = AlertType::kHighClientExposure;
  event.severity = Severity::kCritical;
  event.entity_type = EntityType::kClient;
  event.entity_id = "CLIENT_001";
  event.measure = Measure::kGross;
  event.value = money_figure("1600000.5");
  event.limit = money_figure("1000000");
  event.peak = money_figure("1700000.0001");
  event.utilisation_e4 = 16'000;
  event.config_version = 3;
  event.at = kNoon;
  event.transaction_id = "T-1";
  event.contributors = {{"AAPL", money("1000000.25")}, {"MSFT", money("-600000.25")}};
  row.message = "Client CLIENT_001 gross exposure $1,600,000.50 exceeds limit $1,000,000.00 (160.0%)";
  row.opened_at = kNoon;
  row.updated_at = Timestamp{kNoon.nanos + 1'001};
  return row;
}

AlertRow anomaly_alert(std::uint64_t alert_id) {
  AlertRow row;
  auto& event = row.latest;
  event.alert_id = alert_id;
  event.alert_type = AlertType::kAnomalyDetected;
  event.severity = Severity::kMedium;
  event.entity_type = EntityType::kSymbol;
  event.entity_id = "AAPL";
  event.value = {Figure::Unit::kZScore, 52'100};
  event.limit = {Figure::Unit::kZScore, 30'000};
  event.peak = {Figure::Unit::kZScore, 52'100};
  event.at = kNoon;
  event.anomaly = AnomalyEvidence{money("5000"), money("-1000.5"), money("0.0001"), 100};
  row.opened_at = kNoon;
  row.updated_at = kNoon;
  return row;
}

AlertEventRow alert_event(std::uint64_t event_id, std::uint64_t alert_id) {
  AlertEventRow row;
  row.event_id = event_id;
  row.alert_id = alert_id;
  row.value = "1600000.5000";
  row.at = kNoon;
  row.transaction_id = "T-1";
  row.message = "Client CLIENT_001 is over its limit";
  row.payload = std::string("\x00\xff\n\\payload", 11);
  return row;
}

QuarantineRow quarantined(std::uint64_t sequence) {
  QuarantineRow row;
  row.origin = {kStream, sequence};
  row.source = "fills.csv";
  row.line = sequence + 1;
  row.rejection = {"quantity", "-5", "not positive"};
  row.raw = "T-1,2024-09-20T08:36:00Z,CLIENT_001,AAPL,BUY,-5";
  row.received_at = kNoon;
  return row;
}

DeliveryRow delivery(std::uint64_t event_id, std::uint64_t alert_id, const std::string& channel) {
  return {channel, event_id, alert_id, "REFUSED", "status 400: invalid_payload", kNoon};
}

MetricsRow metrics(Timestamp at) {
  return {at, 1'000, money("123456.7891"), 10, 20, 3, 4, 5};
}

namespace {

template <class Source>
AppliedInputs replayed_from(Source& source, std::uint64_t after) {
  AppliedInputs inputs;
  source.replay(after, [&inputs](const AppliedInput& input) { inputs.push_back(input); });
  return inputs;
}

}  // namespace

AppliedInputs replayed(Store& store, std::uint64_t after) {
  return replayed_from(store, after);
}

AppliedInputs replayed(Reader& reader, std::uint64_t after) {
  return replayed_from(reader, after);
}

}  // namespace risk::test
