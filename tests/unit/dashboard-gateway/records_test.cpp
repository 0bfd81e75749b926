#include <mutex>

#include "fixture.hpp"
#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

const Headers kJson{{"Content-Type", "application/json"}};

TEST_CASE("Client exposures are the database's, with the limit in force") {
  Gateway gateway;
  const Json list = gateway.get("/api/v1/exposures/clients").json();
  CHECK(list["total"] == 2);
  CHECK(list["as_of"] == "2026-03-02T14:30:05.000000Z");
  CHECK(list["items"][0] == Json{{"client_id", "CLIENT_001"},
                                 {"total_exposure", "1250000.0000"},
                                 {"gross", "1250000.0000"},
                                 {"net", "1250000.0000"},
                                 {"long", "1250000.0000"},
                                 {"short", "0.0000"},
                                 {"turnover", "0.0000"},
                                 {"pnl", "0.0000"},
                                 {"position_count", 1},
                                 {"limit", "1000000.0000"},
                                 {"utilisation", "1.2500"},
                                 {"risk_level", "CRITICAL"},
                                 {"last_updated", "2026-03-02T14:30:05.000000Z"}});
  CHECK(list["items"][1]["limit"] == "250000.0000");
}

TEST_CASE("Exposures are sorted, filtered and paged as asked") {
  Gateway gateway;
  const auto first = [&](const std::string& query) {
    return gateway.get("/api/v1/exposures/clients?" + query).json()["items"][0].value("client_id", "none");
  };
  CHECK(first("order=asc") == "CLIENT_002");
  CHECK(first("sort=client_id") == "CLIENT_002");
  CHECK(first("sort=utilisation&order=asc") == "CLIENT_002");
  CHECK(first("risk_level=LOW") == "CLIENT_002");
  CHECK(first("limit=1&offset=1") == "CLIENT_002");
  CHECK(gateway.get("/api/v1/exposures/clients?limit=1").json()["total"] == 2);
  CHECK(gateway.get("/api/v1/exposures/clients?offset=7").json()["items"].empty());
  CHECK(gateway.get("/api/v1/exposures/clients?sort=colour").status == 400);
  CHECK(gateway.get("/api/v1/exposures/clients?risk_level=low").detail() ==
        "risk_level: 'low' is not one of LOW, MEDIUM, HIGH, CRITICAL");
}

TEST_CASE("A symbol has its mark and its count of transactions") {
  Gateway gateway;
  const Json list = gateway.get("/api/v1/exposures/symbols").json();
  CHECK(list["items"][0]["symbol"] == "AAPL");
  CHECK(list["items"][0]["mark"] == "187.25");
  CHECK(list["items"][0]["transaction_count"] == 2);
  CHECK(list["items"][0]["limit"].is_null());
  const Json one = gateway.get("/api/v1/exposures/symbols/AAPL").json();
  CHECK(one["exposure"]["mark"] == "187.25");
  CHECK(one["positions"].size() == 1);
  CHECK(one.at("instrument") == Json{{"multiplier", "5"},
                                     {"currency", nullptr},
                                     {"contract", "INVERSE"},
                                     {"expires_at", "2024-09-20T12:00:00.123456789Z"},
                                     {"allows_negative", false},
                                     {"name", "It's \"Apple\""},
                                     {"asset_class", nullptr}});
  CHECK(gateway.get("/api/v1/exposures/symbols/NONE").detail() == "no symbol NONE");
}

TEST_CASE("A client has its positions and its unresolved alerts") {
  Gateway gateway;
  const Json one = gateway.get("/api/v1/exposures/clients/CLIENT%5F001").json();
  CHECK(one["exposure"]["client_id"] == "CLIENT_001");
  CHECK(one["positions"] == Json::array({{{"client_id", "CLIENT_001"},
                                          {"symbol", "AAPL"},
                                          {"quantity", "-1250.5"},
                                          {"mark", "187.25"},
                                          {"market_value", "-234156.1250"}}}));
  CHECK(one["alerts"].size() == 1);
  CHECK(one["alerts"][0]["alert_id"] == 2);
  CHECK(gateway.get("/api/v1/exposures/clients/CLIENT_009").status == 404);
  CHECK(gateway.get("/api/v1/exposures/clients/%01").status == 400);
  CHECK(gateway.get("/api/v1/exposures/clients/%ZZ").status == 400);
}

TEST_CASE("Transactions come newest first, filtered and in pages") {
  Gateway gateway;
  const Json all = gateway.get("/api/v1/transactions").json();
  CHECK(all["items"].size() == 3);
  CHECK(all["next_before"].is_null());
  CHECK(all["items"][0] == Json{{"apply_seq", 3},
                                {"transaction_id", "T-3"},
                                {"executed_at", "2026-03-02T14:30:05.000000Z"},
                                {"client_id", "CLIENT_001"},
                                {"symbol", "MSFT"},
                                {"side", "SELL"},
                                {"quantity", "1250.5"},
                                {"price", "187.25"},
                                {"currency", "USD"},
                                {"notional", "234156.1250"},
                                {"broker_id", "BRK-07"},
                                {"market", nullptr},
                                {"order_id", nullptr},
                                {"trader_id", nullptr},
                                {"kind", "EXECUTION"},
                                {"ref_transaction_id", nullptr},
                                {"counted_only", false},
                                {"reverses", nullptr},
                                {"reversed_by", nullptr}});
  const Json page = gateway.get("/api/v1/transactions?client_id=CLIENT_001&limit=1").json();
  CHECK(page["next_before"] == 3);
  const Json next = gateway.get("/api/v1/transactions?client_id=CLIENT_001&limit=1&before=3").json();
  CHECK(next["items"][0]["apply_seq"] == 1);
  CHECK(next["items"][0]["order_id"] == "ORD-1");
  CHECK(next["items"][0]["trader_id"] == "TRD-9");
  CHECK(gateway.get("/api/v1/transactions?symbol=MSFT").json()["items"].size() == 1);
  CHECK(gateway.get("/api/v1/transactions?limit=abc").detail() == "limit: 'abc' is not a whole number from 1 to 1000");
}

TEST_CASE("The history holds the last point of each step") {
  Gateway gateway;
  const std::string range = "/api/v1/metrics/history?from=2026-03-02T14:00:00Z&to=2026-03-02T15:00:00Z";
  const Json minutes = gateway.get(range).json();
  CHECK(minutes["items"].size() == 2);
  CHECK(minutes["items"][1]["total_transactions"] == 3);
  const Json hour = gateway.get(range + "&step=3600").json();
  CHECK(hour["items"].size() == 1);
  CHECK(hour["items"][0]["total_exposure"] == "1250000.0000");
  CHECK(gateway.get("/api/v1/metrics/history?from=2026-03-02T15:00:00Z&to=2026-03-02T14:00:00Z").detail() ==
        "from: is after to");
  CHECK(gateway.get("/api/v1/metrics/history?from=2020-01-01T00:00:00Z&step=1").status == 400);
  CHECK(gateway.get("/api/v1/metrics/history?from=noon").status == 400);
}

TEST_CASE("Limits are those in force, entity by entity") {
  Gateway gateway;
  const Json limits = gateway.get("/api/v1/limits").json();
  CHECK(limits["config_version"] == 3);
  CHECK(limits["rules"].size() == 10);
  CHECK(limits["rules"][0]["rule"] == "client_exposure");
  CHECK(limits["rules"][0]["limit"] == "1000000.0000");
  CHECK(limits["rules"][0]["parameters"]["critical_multiple"] == "1.5");
  CHECK(limits["entities"].size() == 1);
  CHECK(limits["entities"][0]["entity_id"] == "CLIENT_002");
  CHECK(gateway.get("/api/v1/limits?x=1").status == 400);
}

TEST_CASE("A quarantined row names its field, its value and its place") {
  Gateway gateway;
  const Json list = gateway.get("/api/v1/quarantine").json();
  CHECK(list["items"][0]["reason"] == "quantity: '-5' must be positive");
  CHECK(list["items"][0]["source"] == "feed.csv");
  CHECK(list["items"][0]["line"] == 5);
  CHECK(list["items"][0]["payload"] == "T-4,CLIENT_009,AAPL,BUY,-5,187.25");
  CHECK(list["items"][0]["kind"] == "REJECTED");
  CHECK(list["items"][0]["decision"].is_null());
  CHECK(gateway.get("/api/v1/quarantine?limit=0").status == 400);
}

// A conflict that waits, in the database of a gateway.
void quarantine_conflict(Gateway& gateway) {
  store::QuarantineRow row;
  row.origin = {"5f0c1f6b2d8e4a7bb0a9c3d2e1f40718", 9, 1};
  row.source = "late.csv";
  row.rejection = {"quantity", "200", "conflicts with input 1"};
  row.kind = store::QuarantineKind::kConflict;
  row.decision.emplace();
  store::Commit commit;
  commit.quarantine = {row};
  test::commit(gateway.database, commit);
}

TEST_CASE("What waits for a decision is listed alone when it is asked for") {
  Gateway gateway;
  CHECK(gateway.get("/api/v1/quarantine?waiting=true").json()["items"].empty());
  quarantine_conflict(gateway);
  const Json items = gateway.get("/api/v1/quarantine?waiting=true").json()["items"];
  REQUIRE(items.size() == 1);
  CHECK(items[0]["kind"] == "CONFLICT");
  CHECK(items[0]["decision"]["state"] == "WAITING");
  CHECK(items[0]["decision"]["user"].is_null());
  CHECK(items[0]["decision"]["reason"].is_null());
  CHECK(gateway.get("/api/v1/quarantine?kind=REJECTED").json()["items"].size() == 1);
  CHECK(gateway.get("/api/v1/quarantine?kind=CONFLICT&waiting=false").json()["items"].size() == 1);
  CHECK(gateway.get("/api/v1/quarantine").json()["items"].size() == 2);
  CHECK(gateway.get("/api/v1/quarantine?kind=NONE").status == 400);
  CHECK(gateway.get("/api/v1/quarantine?waiting=perhaps").status == 400);
}

TEST_CASE("A decision goes to the engine and comes back as it is stored") {
  using Outcome = wire::CommandReply::Outcome;
  Gateway gateway;
  quarantine_conflict(gateway);
  std::mutex mutex;  // the engine answers on a thread of its own
  std::vector<wire::Command> asked;
  gateway.engine.answer([&](const wire::Command& command) {
    const std::lock_guard lock(mutex);
    asked.push_back(command);
    if (asked.size() > 1) return wire::CommandReply{Outcome::kConflict, "row 2 was decided already", {}, {}};
    store::Commit commit;
    const auto at = parse_timestamp("2026-03-02T14:41:10.042Z").value();
    commit.decisions = {{2, {store::DecisionState::kApplied, command.actor, at, "two fills", 12}}};
    test::commit(gateway.database, commit);
    return wire::CommandReply{};
  });
  HttpClient client(gateway.app->port());
  const std::string body = R"({"user":"m.keller","reason":"two fills"})";
  const Reply done = client.request("POST", "/api/v1/quarantine/2/apply", kJson, body);
  CHECK(done.status == 200);
  CHECK(done.json()["decision"] ==
        Json::parse(R"({"state":"APPLIED","user":"m.keller","at":"2026-03-02T14:41:10.042000Z","reason":"two fills",)"
                    R"("apply_seq":12})"));
  const Reply again = client.request("POST", "/api/v1/quarantine/2/drop", kJson, body);
  CHECK(again.status == 409);
  CHECK(again.detail() == "row 2 was decided already");
  {
    const std::lock_guard lock(mutex);
    using Action = wire::DecideQuarantined::Action;
    CHECK(asked == std::vector{wire::Command{"m.keller", wire::DecideQuarantined{2, Action::kApply, "two fills"}},
                               wire::Command{"m.keller", wire::DecideQuarantined{2, Action::kDrop, "two fills"}}});
  }
  CHECK(client.request("POST", "/api/v1/quarantine/2/drop", kJson, R"({"user":"anna"})").status == 422);
  CHECK(client.request("POST", "/api/v1/quarantine/x/drop", kJson, body).status == 400);
  CHECK(client.request("POST", "/api/v1/quarantine/2/drop", Headers{{"Content-Type", "text/plain"}}, body).status ==
        415);
}

TEST_CASE("The summary counts what the database holds") {
  Gateway gateway;
  gateway.wait_ready();
  const Json summary = gateway.get("/api/v1/summary").json();
  CHECK(summary["as_of"] == "2026-03-02T14:30:05.000000Z");
  CHECK(summary["session_started_at"] == "2026-03-02T00:00:00.000000Z");
  CHECK(summary["firm"]["gross"] == "1650000.0000");
  CHECK(summary["firm"]["limit"].is_null());
  CHECK(summary["active_clients"] == 2);
  CHECK(summary["high_risk_clients"] == 1);
  CHECK(summary["alerts"]["open"] == 1);
  CHECK(summary["alerts"]["opened_today"] == 2);
  CHECK(summary["alerts"]["by_type"]["HIGH_CLIENT_EXPOSURE"] == 1);
  CHECK(summary["transactions"]["total"] == 3);
  CHECK(summary["transactions"]["today"] == 3);
  CHECK(summary["transactions"]["quarantined"] == 1);
  CHECK(summary["config_version"] == 3);
}

}  // namespace
}  // namespace risk::gateway::test
