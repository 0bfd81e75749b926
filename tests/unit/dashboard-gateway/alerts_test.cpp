#include <mutex>

#include "fixture.hpp"
#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

using Outcome = wire::CommandReply::Outcome;
const Headers kJson{{"Content-Type", "application/json"}};

std::vector<int> ids(const Json& list) {
  std::vector<int> found;
  for (const Json& item : list["items"]) found.push_back(item["alert_id"]);
  return found;
}

wire::CommandReply reply(Outcome outcome, std::string reason) {
  wire::CommandReply reply;
  reply.outcome = outcome;
  reply.reason = std::move(reason);
  return reply;
}

TEST_CASE("Alerts are filtered by every column, several values at once, newest first") {
  Gateway gateway;
  const auto found = [&](const std::string& query) { return ids(gateway.get("/api/v1/alerts" + query).json()); };
  CHECK(found("") == std::vector{2, 1});
  CHECK(found("?status=OPEN") == std::vector{2});
  CHECK(found("?status=RESOLVED,OPEN&severity=HIGH,LOW") == std::vector{2, 1});
  CHECK(found("?status=OPEN,ACKNOWLEDGED,RESOLVED") == std::vector{2, 1});
  CHECK(found("?severity=LOW").empty());
  CHECK(found("?type=ANOMALY_DETECTED").empty());
  CHECK(found("?entity_type=CLIENT&entity_id=CLIENT_001&before=2") == std::vector{1});
  CHECK(found("?entity_type=SYMBOL").empty());
  const Json page = gateway.get("/api/v1/alerts?limit=1").json();
  CHECK(ids(page) == std::vector{2});
  CHECK(page["next_before"] == 2);
  CHECK(gateway.get("/api/v1/alerts?severity=loud").detail() ==
        "severity: 'loud' is not one of LOW, MEDIUM, HIGH, CRITICAL");
  CHECK(gateway.get("/api/v1/alerts?limit=1001").status == 400);
  CHECK(gateway.get("/api/v1/alerts?colour=red").detail() == "colour: there is no such parameter here");
}

TEST_CASE("An alert comes with its events, its contributors and the transaction that tipped it") {
  Gateway gateway;
  const Json alert = gateway.get("/api/v1/alerts/2").json();
  CHECK(alert["value"] == "1250000.0000");
  CHECK(alert["utilisation"] == "1.2500");
  CHECK(alert["measure"] == "gross");
  CHECK(alert["resolved_at"].is_null());
  CHECK(alert["contributors"] == Json::array({{{"id", "AAPL"}, {"value", "1250000.0000"}}}));
  CHECK(alert["evidence"].is_null());
  CHECK(alert["transaction"]["apply_seq"] == 1);
  CHECK(alert["transaction"]["order_id"] == "ORD-1");
  CHECK(alert["transaction"]["trader_id"] == "TRD-9");
  CHECK(alert["events"].size() == 1);
  CHECK(alert["events"][0]["event"] == "OPENED");
  CHECK(gateway.get("/api/v1/alerts/99").detail() == "no alert 99");
  CHECK(gateway.get("/api/v1/alerts/x").detail() == "id: 'x' is not an alert_id");
  CHECK(gateway.get("/api/v1/alerts/0").status == 400);
}

TEST_CASE("The statistics count unresolved alerts by type and severity") {
  Gateway gateway;
  gateway.wait_ready();
  const Json stats = gateway.get("/api/v1/alerts/stats").json();
  CHECK(stats["total"] == 2);
  CHECK(stats["by_status"] == Json{{"OPEN", 1}, {"ACKNOWLEDGED", 0}, {"RESOLVED", 1}});
  CHECK(stats["by_severity"] == Json{{"LOW", 0}, {"MEDIUM", 0}, {"HIGH", 1}, {"CRITICAL", 0}});
  CHECK(stats["by_type_and_severity"]["HIGH_CLIENT_EXPOSURE"]["HIGH"] == 1);
  CHECK(stats["opened_today"] == 2);
}

TEST_CASE("An acknowledgement goes to the engine and comes back as the alert that is stored") {
  Gateway gateway;
  std::mutex mutex;  // the engine answers on a thread of its own
  wire::Command last;
  const auto asked = [&] {
    const std::lock_guard lock(mutex);
    return last;
  };
  gateway.engine.answer([&](const wire::Command& command) {
    {
      const std::lock_guard lock(mutex);
      last = command;
    }
    store::Commit commit;
    store::AlertRow row = alert_row(2, engine::AlertStatus::kAcknowledged);
    row.acknowledged_by = command.actor;
    commit.alerts = {row};
    test::commit(gateway.database, commit);
    return reply(Outcome::kDone, "");
  });
  HttpClient client(gateway.app->port());
  const Reply done = client.request("POST", "/api/v1/alerts/2/ack", kJson, R"({"user":"m.keller","comment":"called"})");
  CHECK(done.status == 200);
  CHECK(done.json()["status"] == "ACKNOWLEDGED");
  CHECK(done.json()["acknowledged_by"] == "m.keller");
  CHECK(asked() == wire::Command{"m.keller", wire::AcknowledgeAlert{2, "called"}});

  client.request("POST", "/api/v1/alerts/2/assign", kJson, R"({"user":"m.keller","assignee":"a.osei"})");
  CHECK(asked() == wire::Command{"m.keller", wire::AssignAlert{2, "a.osei"}});
  client.request("POST", "/api/v1/alerts/2/comment", kJson, R"({"user":"m.keller","comment":"why?"})");
  CHECK(asked() == wire::Command{"m.keller", wire::CommentAlert{2, "why?"}});
}

TEST_CASE("What the engine refuses is a problem with its reason") {
  Gateway gateway;
  HttpClient client(gateway.app->port());
  const auto status_after = [&](Outcome outcome) {
    gateway.engine.answer([=](const wire::Command&) { return reply(outcome, "because"); });
    const Reply answer = client.request("POST", "/api/v1/alerts/2/ack", kJson, R"({"user":"anna"})");
    CHECK(answer.detail() == "because");
    return answer.status;
  };
  CHECK(status_after(Outcome::kNotFound) == 404);
  CHECK(status_after(Outcome::kConflict) == 409);
  CHECK(status_after(Outcome::kInvalid) == 422);
  CHECK(status_after(Outcome::kUnavailable) == 503);
}

TEST_CASE("An engine that is not there gives 503 in time") {
  Gateway gateway([](GatewayOptions& options) {
    options.engine.command = {"tcp://127.0.0.1:1"};
    options.command_timeout = std::chrono::milliseconds(100);
  });
  HttpClient client(gateway.app->port());
  const Reply answer = client.request("POST", "/api/v1/alerts/2/ack", kJson, R"({"user":"anna"})");
  CHECK(answer.status == 503);
  CHECK(answer.detail() == "the engine cannot be reached");
}

TEST_CASE("A body that is not what is asked for never reaches the engine") {
  Gateway gateway;
  gateway.engine.answer([](const wire::Command&) {
    FAIL_CHECK("the engine was asked");
    return reply(Outcome::kDone, "");
  });
  HttpClient client(gateway.app->port());
  const auto refused = [&](const std::string& path, const std::string& body) {
    const Reply answer = client.request("POST", "/api/v1/alerts/" + path, kJson, body);
    return std::to_string(answer.status) + " " + answer.detail();
  };
  CHECK(refused("2/ack", "{") == "400 body: not a JSON object");
  CHECK(refused("2/ack", "[]") == "400 body: not a JSON object");
  CHECK(refused("2/ack", R"({"user":"anna","user":"ben"})") == "400 user: comes twice");
  CHECK(refused("2/ack", R"({"user":"anna","comment":"a","user":"anna"})") == "400 user: comes twice");
  CHECK(refused("2/ack", R"({"user":"anna","us\u0065r":"ben"})") == "400 user: comes twice");
  CHECK(refused("2/ack", R"({"user":"anna","comment":{"a":[{"b":1,"b":2}]}})") == "400 b: comes twice");
  CHECK(refused("2/ack", R"({"user":"anna","comment":[{"user":1},{"user":2}]})") == "422 comment: is not a text");
  CHECK(refused("2/ack", "{}") == "422 user: is missing");
  CHECK(refused("2/ack", R"({"user":7})") == "422 user: is not a text");
  CHECK(refused("2/ack", R"({"user":""})") == "422 user: is empty");
  CHECK(refused("2/ack", R"({"user":"a\nb"})") == "422 user: character 2 is U+000A, a control character");
  CHECK(refused("2/ack", R"({"user":"a\u202e"})") == "422 user: character 2 is U+202E, which does not show");
  CHECK(refused("2/ack", R"({"user":" anna"})") == "422 user: character 1 is U+0020, a blank at the start");
  CHECK(refused("2/assign", R"({"user":"a","assignee":"b\u200b"})") ==
        "422 assignee: character 2 is U+200B, which does not show");
  CHECK(refused("2/comment", R"({"user":"a","comment":"\u2067x"})") ==
        "422 comment: character 1 is U+2067, which does not show");
  CHECK(refused("2/ack", R"({"user":"a","comment":"  "})") == "422 comment: nothing but blanks (U+0020)");
  CHECK(refused("2/ack", R"({"user":")" + std::string(51, 'x') + R"("})") == "422 user: longer than 50 bytes");
  CHECK(refused("2/ack", R"({"user":"a","usr":"b"})") == "422 usr: there is no such member here");
  CHECK(refused("2/assign", R"({"user":"a"})") == "422 assignee: is missing");
  CHECK(refused("2/comment", R"({"user":"a","comment":")" + std::string(1001, 'x') + R"("})") ==
        "422 comment: longer than 1000 bytes");
  CHECK(refused("two/ack", R"({"user":"a"})") == "400 id: 'two' is not an alert_id");
}

TEST_CASE("Another site cannot act in a person's name") {
  Gateway gateway;
  gateway.engine.answer([](const wire::Command&) { return reply(Outcome::kConflict, "asked"); });
  HttpClient client(gateway.app->port());
  const auto status = [&](const Headers& headers) {
    return client.request("POST", "/api/v1/alerts/2/ack", headers, R"({"user":"anna"})").status;
  };
  CHECK(status({{"Content-Type", "application/json"}, {"Origin", "http://evil.example"}}) == 403);
  CHECK(status({{"Content-Type", "application/json"}, {"Origin", "null"}}) == 403);
  CHECK(status({{"Content-Type", "application/json"}, {"Origin", "http://gateway.test:81"}}) == 403);
  CHECK(status({{"Content-Type", "text/plain"}}) == 415);
  CHECK(status({}) == 415);
  CHECK(status({{"Content-Type", "application/jsonp"}}) == 415);
  CHECK(status({{"Content-Type", "Application/JSON; Charset=UTF-8"}}) == 409);
  CHECK(status({{"Content-Type", "application/json ;charset=utf-8"}}) == 409);
  CHECK(status({{"Content-Type", "application/json; charset=utf-8"}, {"Origin", "http://Gateway.test"}}) == 409);
}

}  // namespace
}  // namespace risk::gateway::test
