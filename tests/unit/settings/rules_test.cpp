#include "risk/settings/settings.hpp"
#include "support/catch.hpp"
#include "unit/service/options_fixture.hpp"

using namespace risk;
using Catch::Matchers::ContainsSubstring;
using engine::Measure;
using engine::RuleSet;
using Lines = std::vector<std::string>;

namespace {

struct Rules : service::OptionsFixture {
  RuleSet rules;
  service::OptionSet options{"probe", "Tests rules."};

  Rules() { settings::add_rule_options(options, rules); }
  auto parse(Lines arguments = {}) { return OptionsFixture::parse(options, std::move(arguments)); }
  auto parse_yaml(const std::string& yaml) { return OptionsFixture::parse_yaml(options, yaml); }
};

}  // namespace

TEST_CASE("without any source the rules are the documented defaults") {
  Rules r;
  CHECK(r.parse() == std::nullopt);
  CHECK(r.rules == RuleSet{});
}

TEST_CASE("every rule reads from YAML, money exact") {
  Rules r;
  CHECK(r.parse_yaml(R"(
rules:
  base_currency: EUR
  rates: {USD: 0.92233720, GBP: 1.17}
  session_start: "09:30"
  client_exposure:
    enabled: false
    measure: net
    limit: 1000000.00000001
    critical_ratio: 2
    worsened_ratio: 1.5
    resolved_ratio: 0.9
    resolved_after_seconds: 0
    limits: {CLIENT_001: 250000, "client 2": 0.5}
  symbol_exposure: {measure: turnover, limit: none, limits: {AAPL: 90071992547.40993}}
  firm_exposure: {limit: 5000000}
  client_velocity: {limit: 20, window_seconds: 30, worsened_ratio: 3, resolved_ratio: 0.25, order_window_ms: 0, limits: {CLIENT_001: 99}}
  symbol_velocity: {enabled: false}
  client_anomaly: {threshold: 2.5, high_threshold: 5, window: 50, samples_min: 10, quiet_seconds: 60}
  system_anomaly: {enabled: true}
)") == std::nullopt);
  CHECK(r.err.empty());

  RuleSet expected;
  expected.base_currency = "EUR";
  expected.rates = {{"USD", Rate::from_units(92'233'720)}, {"GBP", Rate::from_units(117'000'000)}};
  expected.session_start.time_of_day_seconds = 9 * 3600 + 30 * 60;
  expected.exposure("client_exposure") = {
      "client_exposure",
      engine::EntityType::kClient,
      false,
      Measure::kNet,
      Money::from_units(100'000'000'000'001),
      {{"CLIENT_001", Money::from_whole(250'000)}, {"client 2", Money::from_units(50'000'000)}},
      Ratio::from_whole(2),
      Ratio::from_units(150'000'000),
      Ratio::from_units(90'000'000),
      0};
  CHECK(expected.exposure("firm_exposure").resolved_after_seconds == 60);
  expected.exposure("symbol_exposure").measure = Measure::kTurnover;
  expected.exposure("symbol_exposure").limit.reset();
  expected.exposure("symbol_exposure").limit_by_entity = {{"AAPL", Money::from_units(9'007'199'254'740'993'000)}};
  expected.exposure("firm_exposure").limit = Money::from_whole(5'000'000);
  expected.velocity("client_velocity") = {
      "client_velocity",    engine::EntityType::kClient,   true, 20, {{"CLIENT_001", 99}}, 30,
      Ratio::from_whole(3), Ratio::from_units(25'000'000), 0};
  CHECK(expected.velocity("symbol_velocity").order_window_ms == 1'000);
  expected.velocity("symbol_velocity").enabled = false;
  expected.anomaly("client_anomaly") = {"client_anomaly",
                                        engine::EntityType::kClient,
                                        true,
                                        Ratio::from_units(250'000'000),
                                        Ratio::from_whole(5),
                                        50,
                                        10,
                                        60};
  expected.anomaly("system_anomaly").enabled = true;
  CHECK(r.rules == expected);
}

TEST_CASE("the variables of the original set the thresholds, with or without decimals") {
  const auto* thousand = GENERATE("1000", "1000.0", "1000.00000000");
  Rules r;
  r.variables = {{"CLIENT_EXPOSURE_THRESHOLD", thousand},
                 {"SYMBOL_EXPOSURE_THRESHOLD", thousand},
                 {"TRANSACTION_VELOCITY_THRESHOLD", thousand},
                 {"ANOMALY_DETECTION_THRESHOLD", "2.5"}};
  CHECK(r.parse() == std::nullopt);
  CHECK(r.rules.exposure("client_exposure").limit == Money::from_whole(1000));
  CHECK(r.rules.exposure("symbol_exposure").limit == Money::from_whole(1000));
  CHECK(r.rules.velocity("client_velocity").limit == 1000);
  CHECK(r.rules.velocity("symbol_velocity").limit == 1000);
  for (const auto& rule : r.rules.anomaly_rules) {
    CHECK(rule.threshold == Ratio::from_units(250'000'000));
  }
}

TEST_CASE("the environment wins over YAML, a flag for one rule over the joint one") {
  Rules r;
  r.variables = {{"TRANSACTION_VELOCITY_THRESHOLD", "20"}};
  const auto yaml = r.file("risk.yaml", "rules: {client_velocity: {limit: 5}, client_anomaly: {threshold: 2}}");
  CHECK(r.parse({"--config", yaml, "--symbol-velocity-limit", "30", "--anomaly-threshold=3.5",
                 "--symbol-anomaly-threshold=3"}) == std::nullopt);
  CHECK(r.rules.velocity("client_velocity").limit == 20);
  CHECK(r.rules.velocity("symbol_velocity").limit == 30);
  CHECK(r.rules.anomaly("client_anomaly").threshold == Ratio::from_units(350'000'000));
  CHECK(r.rules.anomaly("symbol_anomaly").threshold == Ratio::from_whole(3));
}

TEST_CASE("a default gives way to what the user set, but what the user set twice is judged") {
  Rules raised;
  raised.variables = {{"ANOMALY_DETECTION_THRESHOLD", "5"}};
  CHECK(raised.parse_yaml("rules: {client_anomaly: {window: 20}}") == std::nullopt);
  CHECK(raised.rules.anomaly("symbol_anomaly").high_threshold == Ratio::from_whole(5));
  CHECK(raised.rules.anomaly("client_anomaly").samples_min == 20);

  Rules contradicted;
  CHECK(contradicted.parse_yaml("rules:\n  client_anomaly:\n    threshold: 5\n    high_threshold: 4.5\n"
                                "    window: 20\n    samples_min: 21\n") == 2);
  CHECK(
      contradicted.mistakes() ==
      Lines{"risk.yaml:4: rules.client_anomaly.high_threshold 4.5: must be at least the threshold and at most 1000000",
            "risk.yaml:6: rules.client_anomaly.samples_min 21: must be 2 to the window"});
}

TEST_CASE("mistakes in rules come all at once, those of the engine with their lines") {
  Rules r;
  r.variables = {{"SYMBOL_EXPOSURE_THRESHOLD", "1e6"}, {"ANOMALY_DETECTION_THRESHOLD", "-3"}};
  CHECK(r.parse_yaml("rules:\n"
                     "  session_start: 24:00\n"
                     "  rates: {EUR: 0}\n"
                     "  client_exposure:\n"
                     "    measure: GROSS\n"
                     "    limit: 1.000000001\n"
                     "    critical_ratio: 0.5\n"
                     "    limits: {CLIENT_001: 250k}\n"
                     "  client_velocity: {limit: 10.5, window_seconds: 100000, order_window_ms: 86400001}\n"
                     "  client_velosity: {}\n"
                     "  firm_exposure: {limits: {A: 1}}\n") == 2);
  CHECK(
      r.mistakes() ==
      Lines{
          "risk.yaml:2: rules.session_start: value \"24:00\": allowed: a time of day, HH:MM or HH:MM:SS, and a time "
          "zone if it is not UTC",
          "risk.yaml:3: rules.rates.EUR: value \"0\": allowed: a rate above 0 with at most 8 decimal places",
          "risk.yaml:5: rules.client_exposure.measure: value \"GROSS\": allowed: gross, net, long, short, turnover",
          "risk.yaml:6: rules.client_exposure.limit: value \"1.000000001\": allowed: an amount above 0 with at most 8 "
          "decimal places, or none",
          "risk.yaml:8: rules.client_exposure.limits.CLIENT_001: value \"250k\": allowed: an amount above 0 with at "
          "most 8 decimal places",
          "risk.yaml:9: rules.client_velocity.limit: value \"10.5\": allowed: a whole number from 1 to 4294967295",
          "risk.yaml:10: rules.client_velosity: unknown key; did you mean rules.client_velocity?",
          "risk.yaml:11: rules.firm_exposure.limits: unknown key; did you mean rules.firm_exposure.limit?",
          "environment variable ANOMALY_DETECTION_THRESHOLD: value \"-3\": allowed: a number above 0 with at most 8 "
          "decimal places",
          "environment variable SYMBOL_EXPOSURE_THRESHOLD: value \"1e6\": allowed: an amount above 0 with at most 8 "
          "decimal places, or none",
          "risk.yaml:7: rules.client_exposure.critical_ratio 0.5: must be at least 1",
          "risk.yaml:9: rules.client_velocity.window_seconds 100000: must be 1 to 86400",
          "risk.yaml:9: rules.client_velocity.order_window_ms 86400001: must be 0 to 86400000",
      });
}

TEST_CASE("a session may begin by the clocks of a time zone, whose changes become part of the rules") {
  Rules r;
  CHECK(r.parse({"--session-start", "17:00 America/New_York"}) == std::nullopt);
  const auto& start = r.rules.session_start;
  CHECK(start.time_of_day_seconds == 17 * 3'600);
  CHECK(start.zone == "America/New_York");
  CHECK(start.changes.size() > 100);
  CHECK(engine::problems(r.rules).empty());
  const auto begin = engine::session_begin(start, parse_timestamp("2026-03-09T00:00:00Z")->seconds());
  CHECK(format_timestamp(Timestamp::from_seconds(begin)) == "2026-03-08T21:00:00.000000Z");
  Rules utc;
  CHECK(utc.parse({"--session-start", "17:00 UTC"}) == std::nullopt);
  CHECK(utc.rules.session_start == engine::SessionStart{17 * 3'600, "", {}});
  for (const auto* text :
       {"17:00 America/Gotham", "17:00  America/New_York", "America/New_York", "17:00 ../etc/passwd"}) {
    Rules bad;
    CHECK(bad.parse({std::string("--session-start=") + text}) == 2);
  }
}

TEST_CASE("a time of day is read to the second") {
  for (const auto& [text, seconds] : std::map<std::string, std::uint32_t>{
           {"00:00", 0}, {"23:59", 86'340}, {"23:59:59", 86'399}, {"09:30:15", 34'215}}) {
    Rules r;
    CHECK(r.parse({"--session-start", text}) == std::nullopt);
    CHECK(r.rules.session_start.time_of_day_seconds == seconds);
  }
  for (const auto* text : {"", "9:30", "24:00", "23:60", "23:59:60", "09:30:15.5", "noon!", "09-30"}) {
    Rules r;
    CHECK(r.parse({std::string("--session-start=") + text}) == 2);
  }
}

TEST_CASE("a currency is three capital letters, wherever one is set") {
  Rules r;
  const auto mistakes_of = [&r](const std::string& yaml) {
    CHECK(r.parse_yaml(yaml) == 2);
    return r.mistakes();
  };
  for (const std::string bad : {"NO", "no", "usd", "USDT", "U$D", "~", "\"\"", "ÜSD"}) {
    CHECK(mistakes_of("rules: {base_currency: " + bad + "}").size() == 1);
  }
  CHECK(mistakes_of("rules:\n  base_currency: NO\n") ==
        std::vector<std::string>{
            "risk.yaml:2: rules.base_currency: value \"NO\": allowed: three capital letters, such as USD"});
  CHECK(mistakes_of("rules:\n  rates: {EUR: 1.1, NO: 0.1}\n") ==
        std::vector<std::string>{"risk.yaml:2: rules.rates \"NO\": must be three capital letters, such as EUR"});
}

TEST_CASE("the base currency has no other rate than 1") {
  Rules r;
  CHECK(r.parse_yaml("rules: {rates: {USD: 1, EUR: 1.1}}") == std::nullopt);
  Rules other;
  CHECK(other.parse_yaml("rules:\n  rates: {USD: 1.1}\n") == 2);
  CHECK(other.mistakes() ==
        std::vector<std::string>{"risk.yaml:2: rules.rates \"USD\": is the base currency, whose rate is 1"});
}

TEST_CASE("an id with a limit of its own must not pass for another one") {
  Rules r;
  CHECK(r.parse_yaml("rules:\n  client_exposure:\n    limits: {\"ACME\\u202E\": 5}\n") == 2);
  REQUIRE(r.mistakes().size() == 1);
  CHECK(r.mistakes().front().find("character 5 is U+202E, which does not show") != std::string::npos);
}
