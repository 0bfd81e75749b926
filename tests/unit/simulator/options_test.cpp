#include "simulator/options.hpp"

#include <sys/stat.h>

#include <map>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "temporary_file.hpp"

using namespace risk;
using namespace risk::simulator;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Parsed {
  Options options;
  std::optional<int> status;
  std::string errors;
};

Parsed parse(std::vector<std::string> words, std::map<std::string, std::string> variables = {}) {
  Parsed parsed;
  service::OptionSet set("simulator", "test");
  add_options(set, parsed.options);
  std::vector<const char*> arguments{"simulator"};
  for (const auto& word : words) arguments.push_back(word.c_str());
  std::string out;
  service::OptionSet::Environment environment;
  environment.variable = [&variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  environment.dotenv_path = "/nonexistent/.env";
  environment.out = &out;
  environment.err = &parsed.errors;
  parsed.status = set.parse(static_cast<int>(arguments.size()), arguments.data(), environment);
  return parsed;
}

}  // namespace

TEST_CASE("without an option the simulator runs live at two transactions a second on its ports", "[simulator]") {
  const auto [options, status, errors] = parse({});
  CHECK_FALSE(status);
  CHECK(options.rate == 2);
  CHECK(options.spike_rate == 10);
  CHECK_FALSE(options.scenario);
  CHECK_FALSE(options.reversal_probability);
  CHECK_FALSE(options.duplicate_probability);
  CHECK_FALSE(options.wild_price_probability);
  CHECK(options.clients == 50);
  CHECK(options.symbols == 20);
  CHECK_FALSE(options.seed);
  CHECK(options.port == 5551);
  CHECK(options.common.health_port == 9101);
  CHECK_THAT(options.stream_name, Catch::Matchers::StartsWith("simulator@"));
}

TEST_CASE("every option reaches its place, from the command line and from the environment", "[simulator]") {
  const TemporaryFile file("x");
  const auto replay =
      parse({"--replay", file.path(), "--positions", file.path(), "--speed", "x60", "--stream-name", "feed"});
  CHECK_FALSE(replay.status);
  CHECK(replay.options.replay_path == file.path());
  CHECK(replay.options.positions_path == file.path());
  CHECK(replay.options.speed == Speed{60});
  CHECK(replay.options.stream_name == "feed");
  CHECK(parse({"--speed", "max"}).options.speed == Speed::max());
  CHECK(parse({"--speed", "real"}).options.speed == Speed{1});

  const auto live =
      parse({"--rate", "0.5", "--seed", "18446744073709551615", "--count", "7", "--reversal-probability", "0.25"},
            {{"SIMULATOR_PORT", "6001"},
             {"SIMULATOR_RATE", "9"},
             {"SIMULATOR_SPIKE_RATE", "20"},
             {"SIMULATOR_DUPLICATE_PROBABILITY", "1"},
             {"SIMULATOR_WILD_PRICE_PROBABILITY", "0.5"}});
  CHECK_FALSE(live.status);
  CHECK(live.options.rate == 0.5);
  CHECK(live.options.spike_rate == 20);
  CHECK(live.options.seed == 18446744073709551615U);
  CHECK(live.options.count == 7);
  CHECK(live.options.reversal_probability == 0.25);
  CHECK(live.options.duplicate_probability == 1);
  CHECK(live.options.wild_price_probability == 0.5);
  CHECK(live.options.port == 6001);
}

TEST_CASE("every mistake is told at once, with what is allowed", "[simulator]") {
  const auto [options, status, errors] =
      parse({"--rate", "0", "--speed", "fast", "--seed", "-1", "--replay", "/nonexistent.csv", "--stream-name", ""});
  CHECK(status == 2);
  for (const char* allowed : {"--rate", "max, real, or x1 to x1000000", "an integer from 0 to 18446744073709551615",
                              "a file that can be read", "1 to 128 bytes"}) {
    CHECK_THAT(errors, ContainsSubstring(allowed));
  }
  const TemporaryFile file("x");
  CHECK_THAT(parse({"--replay", file.path(), "--count", "5"}).errors, ContainsSubstring("--count"));
  CHECK(parse({"--speed", "x0"}).status == 2);
  CHECK(parse({"--speed", "x"}).status == 2);
  const auto scenario = parse({"--scenario", "splits,halts"});
  CHECK(scenario.status == 2);
  CHECK_THAT(scenario.errors, ContainsSubstring("splits,halts") && ContainsSubstring("late-fills, splits, renames"));
  CHECK_THAT(parse({"--replay", file.path(), "--scenario", "splits"}).errors, ContainsSubstring("--scenario"));
  CHECK_FALSE(parse({"--replay", file.path(), "--scenario", "none"}).status);
  CHECK(parse({"--reversal-probability", "1.5"}).status == 2);
  CHECK(parse({"--wild-price-probability", "often"}).status == 2);
  CHECK(parse({"--duplicate-probability", "-0.1"}).status == 2);
}

TEST_CASE("a pipe may be any file of a replay but that of the adjustments, which is read to its end first",
          "[simulator]") {
  const test::TemporaryFolder folder;
  const std::string pipe = folder.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const char* of_pipe : {"--prices", "--rates-file", "--instruments", "--positions"}) {
    CHECK_FALSE(parse({"--replay", pipe, of_pipe, pipe}).status);
  }
  const auto refused = parse({"--replay", pipe, "--adjustments", pipe});
  CHECK(refused.status == 2);
  CHECK_THAT(refused.errors, ContainsSubstring("--adjustments") && ContainsSubstring("is a pipe, not a file"));
  const TemporaryFile file("x");
  CHECK_FALSE(parse({"--replay", pipe, "--adjustments", file.path()}).status);
}

TEST_CASE("a run without an end has every scenario, a finite one none, and probabilities win over it", "[simulator]") {
  const auto generator = [](std::vector<std::string> words, std::map<std::string, std::string> variables = {}) {
    const auto parsed = parse(std::move(words), std::move(variables));
    REQUIRE_FALSE(parsed.status);
    return generator_options(parsed.options);
  };
  const auto endless = generator({});
  CHECK(endless.scenario == Scenario::all());
  CHECK(endless.reversal_probability == 0.002);
  CHECK(endless.duplicate_probability == 0.001);
  CHECK(endless.wild_price_probability == 0.001);
  const auto finite = generator({"--count", "100"});
  CHECK(finite.scenario == Scenario::none());
  CHECK(finite.reversal_probability + finite.duplicate_probability + finite.wild_price_probability == 0);
  CHECK(generator({"--count", "100", "--scenario", "all"}).scenario == Scenario::all());
  const auto none = generator({}, {{"SIMULATOR_SCENARIO", "none"}, {"SIMULATOR_REVERSAL_PROBABILITY", "0.5"}});
  CHECK(none.scenario == Scenario::none());
  CHECK(none.reversal_probability == 0.5);
  CHECK(none.duplicate_probability == 0);
  const auto some = generator({"--scenario", "reversals,splits", "--reversal-probability", "0"});
  CHECK(some.scenario == Scenario::parse("splits,reversals"));
  CHECK(some.reversal_probability == 0);
  CHECK(some.wild_price_probability == 0);
}

TEST_CASE("the base currency is the engine's, and without rates in it currencies is left out or refused",
          "[simulator]") {
  CHECK(generator_options(parse({}).options).base_currency == "USD");
  const TemporaryFile config("rules: {base_currency: EUR, rates: {USD: 0.9}, client_exposure: {limit: 5}}\n");
  const auto euro = parse({"--config", config.path()});
  CHECK(euro.errors.empty());
  CHECK(generator_options(euro.options).base_currency == "EUR");
  CHECK(generator_options(euro.options).scenario == Scenario::all());
  CHECK(generator_options(parse({"--config", config.path()}, {{"BASE_CURRENCY", "GBP"}}).options).base_currency ==
        "GBP");
  CHECK_THAT(parse({}, {{"BASE_CURRENCY", "euro"}}).errors, ContainsSubstring("three capital letters"));

  const auto franc = parse({}, {{"BASE_CURRENCY", "CHF"}});
  CHECK_FALSE(franc.status);
  CHECK_THAT(franc.errors, ContainsSubstring("warning: ") &&
                               ContainsSubstring("currencies has rates in USD, EUR, GBP, JPY, but not in the base "
                                                 "currency CHF"));
  const Scenario scenario = generator_options(franc.options).scenario;
  CHECK_FALSE(scenario.has(ScenarioPart::kCurrencies));
  CHECK(scenario.to_string() == "duplicates,reversals,wild-prices,late-fills,splits,renames,prices,futures");
  for (const char* asked : {"all", "prices,currencies"}) {
    const auto refused = parse({"--scenario", asked}, {{"BASE_CURRENCY", "CHF"}});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, ContainsSubstring("scenario") && ContainsSubstring("base currency CHF"));
  }
  for (const auto& without : {std::vector<std::string>{"--scenario", "futures"}, {"--count", "5"}}) {
    const auto taken = parse(without, {{"BASE_CURRENCY", "CHF"}});
    CHECK_FALSE(taken.status);
    CHECK(taken.errors.empty());
  }
}
