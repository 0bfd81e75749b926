#include <set>

#include "dashboard-gateway/api/openapi.hpp"
#include "dashboard-gateway/api/routes.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

TEST_CASE("Every path of the contract is routed, and every route is in the contract") {
  const Json contract = Json::parse(kOpenApi);
  std::set<std::string> promised;
  for (const auto& [path, operations] : contract["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) promised.insert(method + " " + path);
  }

  service::Metrics metrics;
  service::Health health;
  const auto database = make_database();
  DatabasePool pool(
      {}, [&] { return store::open_reader(memory_config(database)); }, metrics);
  Commands commands({{"tcp://127.0.0.1:1"}});
  LiveModel model("USD", {0});
  SystemStatus status("memory");
  const StaticFiles files("");
  const engine::RuleSet rules;
  Router router(metrics);
  add_routes(router, {pool, commands, model, status, health, metrics, files, rules});
  std::set<std::string> routed;
  for (const Router::Route& route : router.routes()) {
    routed.insert((route.method == "GET" ? "get " : "post ") + route.path_template);
  }
  CHECK(routed == promised);
}

// The values of an enumeration in the contract.
std::vector<std::string> values_of(const Json& contract, const char* schema) {
  return contract["components"]["schemas"][schema]["enum"];
}

std::vector<std::string> as_strings(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

TEST_CASE("The contract knows every alert type, entity type, measure and rule of the engine, and no other") {
  const Json contract = Json::parse(kOpenApi);
  CHECK(values_of(contract, "AlertType") == as_strings(engine::enum_names<engine::AlertType>()));
  CHECK(values_of(contract, "EntityType") == as_strings(engine::enum_names<engine::EntityType>()));
  CHECK(values_of(contract, "AlertStatus") == as_strings(engine::enum_names<engine::AlertStatus>()));
  CHECK(values_of(contract, "AdjustmentKind") == as_strings(engine::enum_names<engine::AdjustmentKind>()));
  CHECK(values_of(contract, "Measure") == as_strings(engine::enum_names<engine::Measure>()));
  std::string names;
  const engine::RuleSet rules;
  engine::for_each_rule(rules, [&](const auto& rule) { names += (names.empty() ? "" : ", ") + rule.name; });
  CHECK(contract["components"]["schemas"]["Rule"]["properties"]["rule"]["description"] == names + ".");
}

// Follows "$ref", takes the members that a schema requires, those of allOf's parts too.
std::set<std::string> required_members(const Json& contract, const Json& schema) {
  if (schema.contains("$ref")) {
    return required_members(contract, contract[Json::json_pointer(schema["$ref"].get<std::string>().substr(1))]);
  }
  std::set<std::string> members;
  for (const Json& name : schema.value("required", Json::array())) members.insert(name);
  for (const Json& part : schema.value("allOf", Json::array())) members.merge(required_members(contract, part));
  return members;
}

// Every member that the contract promises is in the answer, and no other.
void check_shape(const Json& contract, const Json& schema, const Json& value, const std::string& where) {
  INFO(where);
  if (schema.contains("$ref")) {
    return check_shape(contract, contract[Json::json_pointer(schema["$ref"].get<std::string>().substr(1))], value,
                       where);
  }
  for (const Json& part : schema.value("allOf", Json::array())) check_shape(contract, part, value, where);
  if (value.is_array() && schema.contains("items")) {
    for (const Json& item : value) check_shape(contract, schema["items"], item, where + "[]");
  }
  if (!value.is_object() || !schema.contains("properties")) return;
  for (const std::string& name : required_members(contract, schema)) {
    INFO(name);
    CHECK(value.contains(name));
  }
  for (const auto& [name, property] : schema["properties"].items()) {
    if (value.contains(name)) check_shape(contract, property, value[name], where + "." + name);
  }
}

TEST_CASE("Answers have the members that the contract promises") {
  const Json contract = Json::parse(kOpenApi);
  Gateway gateway;
  gateway.wait_ready();
  for (const auto& [path, operations] : contract["paths"].items()) {
    const Json responses = operations.value("get", Json::object()).value("responses", Json::object());
    if (!path.starts_with("/api/") || !responses.contains("200")) continue;
    std::string target = path;
    for (const auto& [name, id] :
         Headers{{"{symbol}", "AAPL"}, {"{id}", path.find("alerts") != std::string::npos ? "2" : "CLIENT_001"}}) {
      const std::size_t at = target.find(name);
      if (at != std::string::npos) target.replace(at, name.size(), id);
    }
    if (path == "/api/v1/metrics/history") target += "?from=2026-03-02T14:00:00Z&to=2026-03-02T15:00:00Z";
    const Reply reply = gateway.get(target);
    INFO(target);
    REQUIRE(reply.status == 200);
    check_shape(contract, responses["200"]["content"]["application/json"]["schema"], reply.json(), target);
  }
  StreamClient stream(gateway.app->port());
  check_shape(contract, contract["components"]["schemas"]["StreamSnapshot"], stream.read(), "snapshot");
  check_shape(contract, contract["components"]["schemas"]["StreamDelta"], stream.read(), "delta");
}

TEST_CASE("Every operation of the contract refuses a host that is not ours, as it promises") {
  const Json contract = Json::parse(kOpenApi);
  const Gateway gateway;
  for (const auto& [path, operations] : contract["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      INFO(method + " " + path);
      REQUIRE(operation["responses"].contains("421"));
      HttpClient client(gateway.app->port());
      const Reply reply = client.request(method == "get" ? "GET" : "POST", path, {{"Host", "elsewhere.example"}});
      CHECK(reply.status == 421);
      CHECK(reply.json() ==
            contract["components"]["responses"]["Misdirected"]["content"]["application/problem+json"]["example"]);
    }
  }
}

}  // namespace
}  // namespace risk::gateway::test
