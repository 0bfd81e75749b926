// Adjustments over HTTP: the list, its filters, and the withdrawal of one that waits.
#include <mutex>

#include "fixture.hpp"
#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

const Headers kJson{{"Content-Type", "application/json"}};

std::vector<int> ids(Gateway& gateway, const std::string& query) {
  const Reply reply = gateway.get("/api/v1/adjustments" + query);
  REQUIRE(reply.status == 200);
  const Json list = reply.json();
  std::vector<int> found;
  for (const Json& item : list["items"]) found.push_back(item["adjustment_id"]);
  return found;
}

TEST_CASE("An adjustment says what was asked for, by whom, and what became of it") {
  Gateway gateway;
  const Json list = gateway.get("/api/v1/adjustments").json();
  CHECK(list["next_before"].is_null());
  REQUIRE(list["items"].size() == 4);
  CHECK(list["items"][0] == Json::parse(R"({"adjustment_id":4,"effective_at":"2026-03-09T00:00:00.000000001Z",)"
                                        R"("kind":"SPLIT","symbol":"AAPL","ratio":"4:1","new_symbol":null,)"
                                        R"("client_id":null,"quantity":null,"reason":"it's \"four\" for one",)"
                                        R"("requested_by":"anna","requested_at":"2026-03-02T14:30:05.000000Z",)"
                                        R"("state":"PENDING","why":null,"applied_as":null,"withdrawn_by":null,)"
                                        R"("withdrawn_at":null})"));
  const Json& set = list["items"][1];
  CHECK(set["kind"] == "SET_POSITION");
  CHECK(set["client_id"] == "CLIENT_001");
  CHECK(set["quantity"] == "-92233720368.54775807");
  CHECK(set["reason"].is_null());
  CHECK(set["state"] == "REFUSED");
  CHECK(set["why"] == "quantity: out of range");
  const Json& rename = list["items"][2];
  CHECK(rename["new_symbol"] == "META");
  CHECK(rename["applied_as"] == 2);
  const Json& withdrawn = list["items"][3];
  CHECK(withdrawn["state"] == "WITHDRAWN");
  CHECK(withdrawn["why"] == "the issuer took it back");
  CHECK(withdrawn["withdrawn_by"] == "ben");
  CHECK(withdrawn["withdrawn_at"] == "2026-03-02T14:30:05.000000Z");
}

TEST_CASE("Adjustments are found by state, kind, and either name of the symbol, page by page") {
  Gateway gateway;
  using Ids = std::vector<int>;
  CHECK(ids(gateway, "?state=PENDING") == Ids{4});
  CHECK(ids(gateway, "?state=APPLIED") == Ids{2});
  CHECK(ids(gateway, "?state=REFUSED") == Ids{3});
  CHECK(ids(gateway, "?state=WITHDRAWN") == Ids{1});
  CHECK(ids(gateway, "?kind=SPLIT") == Ids{4, 1});
  CHECK(ids(gateway, "?kind=SPLIT&state=WITHDRAWN") == Ids{1});
  CHECK(ids(gateway, "?symbol=FB") == Ids{2});
  CHECK(ids(gateway, "?symbol=META") == Ids{3, 2});
  CHECK(ids(gateway, "?symbol=NONE").empty());
  CHECK(ids(gateway, "?before=3") == Ids{2, 1});
  CHECK(ids(gateway, "?limit=2") == Ids{4, 3});
  CHECK(gateway.get("/api/v1/adjustments?limit=2").json()["next_before"] == 3);
}

TEST_CASE("Adjustments are listed in the order in which they are applied when that is asked for, and in one page") {
  Gateway gateway;
  auto soon = store::open_reader(memory_config(gateway.database))->adjustment(4).value();
  soon.adjustment_id = 5;
  soon.adjustment.effective_at = {soon.adjustment.effective_at.nanos - 1};
  store::Commit commit;
  commit.adjustments = {soon};
  test::commit(gateway.database, commit);
  using Ids = std::vector<int>;
  CHECK(ids(gateway, "?state=PENDING") == Ids{5, 4});
  CHECK(ids(gateway, "?state=PENDING&sort=adjustment_id") == Ids{5, 4});
  CHECK(ids(gateway, "?state=PENDING&sort=effective_at&limit=2") == Ids{5, 4});
  CHECK(gateway.get("/api/v1/adjustments?sort=effective_at&limit=2").json()["next_before"].is_null());
  soon.adjustment.effective_at = {soon.adjustment.effective_at.nanos + 2};
  commit.adjustments = {soon};
  test::commit(gateway.database, commit);
  CHECK(ids(gateway, "?state=PENDING&sort=effective_at") == Ids{4, 5});
  CHECK(ids(gateway, "?state=PENDING&sort=effective_at&limit=1") == Ids{4});
}

TEST_CASE("A wrong parameter of the list of adjustments is named with its value") {
  Gateway gateway;
  const auto detail = [&](const std::string& query) {
    const Reply reply = gateway.get("/api/v1/adjustments?" + query);
    CHECK(reply.status == 400);
    return reply.detail();
  };
  CHECK(detail("state=DONE") == "state: 'DONE' is not one of PENDING, APPLIED, REFUSED, WITHDRAWN");
  CHECK(detail("sort=symbol") == "sort: 'symbol' is not one of adjustment_id, effective_at");
  CHECK(detail("sort=effective_at&before=3") == "before: '3' goes with sort=adjustment_id alone");
  CHECK(detail("kind=MERGE") == "kind: 'MERGE' is not one of SPLIT, RENAME, SET_POSITION");
  CHECK(detail("symbol=").starts_with("symbol: '' cannot be an id"));
  CHECK(detail("limit=1001").starts_with("limit: '1001'"));
  CHECK(detail("before=-1").starts_with("before: '-1'"));
  CHECK(detail("client=C").starts_with("client"));
}

TEST_CASE("A withdrawal goes to the engine and comes back as it is stored") {
  using Outcome = wire::CommandReply::Outcome;
  Gateway gateway;
  std::mutex mutex;  // the engine answers on a thread of its own
  std::vector<wire::Command> asked;
  gateway.engine.answer([&](const wire::Command& command) {
    const std::lock_guard lock(mutex);
    asked.push_back(command);
    if (asked.size() == 2) return wire::CommandReply{Outcome::kConflict, "it was applied as input 2", {}, {}};
    if (asked.size() == 3) return wire::CommandReply{Outcome::kNotFound, "there is no adjustment 9", {}, {}};
    store::Commit commit;
    auto row = store::open_reader(memory_config(gateway.database))->adjustment(4).value();
    row.state = store::AdjustmentState::kWithdrawn;
    row.why = "a mistake";
    row.withdrawn_by = command.actor;
    row.withdrawn_at = parse_timestamp("2026-03-02T14:41:10.042Z").value();
    commit.adjustments = {row};
    test::commit(gateway.database, commit);
    return wire::CommandReply{};
  });
  HttpClient client(gateway.app->port());
  const std::string body = R"({"user":"m.keller","reason":"a mistake"})";
  const Reply done = client.request("POST", "/api/v1/adjustments/4/withdraw", kJson, body);
  CHECK(done.status == 200);
  CHECK(done.json()["adjustment_id"] == 4);
  CHECK(done.json()["state"] == "WITHDRAWN");
  CHECK(done.json()["why"] == "a mistake");
  CHECK(done.json()["withdrawn_by"] == "m.keller");
  CHECK(done.json()["withdrawn_at"] == "2026-03-02T14:41:10.042000Z");
  const Reply applied = client.request("POST", "/api/v1/adjustments/2/withdraw", kJson, body);
  CHECK(applied.status == 409);
  CHECK(applied.detail() == "it was applied as input 2");
  const Reply unknown = client.request("POST", "/api/v1/adjustments/9/withdraw", kJson, body);
  CHECK(unknown.status == 404);
  CHECK(unknown.detail() == "there is no adjustment 9");
  {
    const std::lock_guard lock(mutex);
    CHECK(asked == std::vector{wire::Command{"m.keller", wire::WithdrawAdjustment{4, "a mistake"}},
                               wire::Command{"m.keller", wire::WithdrawAdjustment{2, "a mistake"}},
                               wire::Command{"m.keller", wire::WithdrawAdjustment{9, "a mistake"}}});
  }
  CHECK(client.request("POST", "/api/v1/adjustments/4/withdraw", kJson, R"({"user":"anna"})").status == 422);
  CHECK(client.request("POST", "/api/v1/adjustments/x/withdraw", kJson, body).status == 400);
  CHECK(client.request("POST", "/api/v1/adjustments/4/withdraw", {{"Content-Type", "text/plain"}}, body).status == 415);
  CHECK(client
            .request("POST", "/api/v1/adjustments/4/withdraw",
                     {{"Content-Type", "application/json"}, {"Origin", "http://elsewhere.example"}}, body)
            .status == 403);
}

}  // namespace
}  // namespace risk::gateway::test
