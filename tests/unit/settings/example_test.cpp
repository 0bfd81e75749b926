// deploy/config/risk-alert.yaml: the file people start from.
#include "risk/service/run.hpp"
#include "risk/settings/curve.hpp"
#include "risk/settings/settings.hpp"
#include "support/catch.hpp"
#include "unit/service/options_fixture.hpp"

using namespace risk;
using namespace risk::settings;

namespace {

struct Everything : service::OptionsFixture {
  store::DatabaseConfig database;
  engine::RuleSet rules;
  engine::Bounds bounds;
  std::chrono::milliseconds ahead_max{60'000};
  engine::ExecutionOptions executions;
  EngineEndpoints endpoints;
  BindOptions bind;
  CurveOptions curve;
  service::CommonOptions common;

  std::optional<int> parse_example() {
    service::OptionSet options("probe", "");
    service::add_common_options(options, common);
    add_database_options(options, database);
    add_rule_options(options, rules);
    add_bounds_options(options, bounds);
    add_ahead_max_option(options, ahead_max);
    add_execution_options(options, executions);
    add_engine_stream_option(options, endpoints);
    add_engine_command_option(options, endpoints);
    add_bind_options(options, bind);
    add_curve_options(options, curve, "probe", {});
    options.ignore_sections(all_sections());
    return parse(options, {"--config", EXAMPLE_CONFIG});
  }
};

// Other values than the defaults in every parameter.
void change(engine::ExposureRule& rule) {
  rule = {rule.name,
          rule.entity_type,
          false,
          engine::Measure::kShort,
          Money::from_whole(7),
          {},
          Ratio::from_whole(7),
          Ratio::from_whole(7),
          Ratio::from_units(7)};
}
void change(engine::VelocityRule& rule) {
  rule = {rule.name, rule.entity_type, false, 7, {}, 7, Ratio::from_whole(7), Ratio::from_units(7), 7};
}
void change(engine::SizeRule& rule) {
  rule = {rule.name, rule.entity_type, false, Money::from_whole(7), {}, Ratio::from_whole(7), Ratio::from_whole(7), 7};
}
void change(engine::PriceRule& rule) {
  rule = {rule.name, rule.entity_type, false, Ratio::from_whole(7), {}, 7};
}
void change(engine::AnomalyRule& rule) {
  rule = {rule.name, rule.entity_type, false, Ratio::from_whole(7), Ratio::from_whole(8), 9, 8, 7};
}

}  // namespace

TEST_CASE("the example configuration is valid for an executable with every option and for one with none") {
  Everything everything;
  CHECK(everything.parse_example() == std::nullopt);
  CHECK(everything.err == "");

  service::OptionsFixture fixture;
  service::OptionSet none("probe", "");
  none.ignore_sections(all_sections());
  CHECK(fixture.parse(none, {"--config", EXAMPLE_CONFIG}) == std::nullopt);
}

TEST_CASE("the example configuration gives every setting, each with its default") {
  Everything changed;
  changed.database = {store::DatabaseConfig::Type::kPostgresql, "x", "x", 7, "x", "x", {}, nullptr};
  changed.rules.base_currency = "XXX";
  changed.rules.require_instruments = true;
  changed.rules.session_start.time_of_day_seconds = 7;
  engine::for_each_rule(changed.rules, [](auto& rule) { change(rule); });
  changed.rules.anomaly("system_anomaly").enabled = true;
  changed.bounds = {7, 7, 7};
  changed.executions.remembered_max = 7;
  changed.endpoints = {{"x"}, {"x"}};
  changed.bind = {"x", true};
  changed.curve.directory = "x";
  changed.common.log = {"", service::LogLevel::kError, true};
  changed.common.health_address = "x";
  REQUIRE(changed.parse_example() == std::nullopt);

  const Everything defaults;
  CHECK(changed.rules == defaults.rules);
  CHECK(changed.bounds == defaults.bounds);
  CHECK(changed.executions.remembered_max == defaults.executions.remembered_max);
  CHECK(changed.database.type == defaults.database.type);
  CHECK(changed.database.sqlite_path == defaults.database.sqlite_path);
  CHECK(changed.database.host == defaults.database.host);
  CHECK(changed.database.port == defaults.database.port);
  CHECK(changed.database.name == defaults.database.name);
  CHECK(changed.database.user == defaults.database.user);
  CHECK(changed.endpoints.publish == defaults.endpoints.publish);
  CHECK(changed.endpoints.command == defaults.endpoints.command);
  CHECK(changed.bind.address == defaults.bind.address);
  CHECK(changed.curve.directory == defaults.curve.directory);
  CHECK(changed.bind.allow_plaintext == defaults.bind.allow_plaintext);
  CHECK(changed.common.log.level == defaults.common.log.level);
  CHECK(changed.common.log.json == defaults.common.log.json);
  CHECK(changed.common.health_address == defaults.common.health_address);
}
