#include "simulator/options.hpp"

#include <unistd.h>

#include <cctype>
#include <charconv>

#include "risk/base/text.hpp"
#include "risk/service/file.hpp"
#include "simulator/scenario/currencies.hpp"

namespace risk::simulator {
namespace {

constexpr char kKeyName[] = "simulator";
constexpr std::uint16_t kHealthPort = 9101;
constexpr std::uint32_t kSpeedFactorMax = 1'000'000;
constexpr std::size_t kStreamNameBytesMax = 128;
// Of a scenario's parts, of an execution.
constexpr double kReversalProbability = 0.002, kDuplicateProbability = 0.001, kWildPriceProbability = 0.001;

std::string default_stream_name() {
  char host[65] = "";
  if (::gethostname(host, sizeof host - 1) != 0) return "simulator";
  return std::string("simulator@") + host;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Speed> parse_speed(std::string_view text) {
  if (text == "max") return Speed::max();
  if (text == "real") return Speed{1};
  if (!text.starts_with('x')) return std::nullopt;
  const auto factor = parse_number<std::uint32_t>(text.substr(1));
  if (!factor || *factor == 0 || *factor > kSpeedFactorMax) return std::nullopt;
  return Speed{*factor};
}

service::OptionSpec spec(const std::string& name, std::string help) {
  std::string key = "simulator." + name, flag = "--" + name, variable = "SIMULATOR_" + name;
  for (char& c : key) c = c == '-' ? '_' : c;
  for (char& c : variable) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return {std::move(key), std::move(flag), {std::move(variable)}, std::move(help)};
}

service::OptionSetter set_probability(std::optional<double>& probability) {
  return [&probability](std::string_view text) -> std::optional<std::string> {
    const auto number = parse_number<double>(text);
    if (!number || !(*number >= 0 && *number <= 1)) return "a number from 0 to 1";
    probability = number;
    return std::nullopt;
  };
}

service::OptionSetter set_scenario(std::optional<Scenario>& scenario) {
  return [&scenario](std::string_view text) -> std::optional<std::string> {
    scenario = Scenario::parse(text);
    return scenario ? std::nullopt : std::optional(Scenario::allowed());
  };
}

// Why no rates can be simulated in the base currency.
std::string no_rates_problem(const Options& options) {
  return "currencies has rates in " + Currencies::bases() + ", but not in the base currency " + options.base_currency;
}

bool lacks_rates(const Options& options) {
  return !Currencies::is_base(options.base_currency);
}

Scenario scenario_of(const Options& options) {
  if (options.scenario) return *options.scenario;
  if (options.count != 0) return Scenario::none();
  Scenario scenario = Scenario::all();
  if (lacks_rates(options)) scenario.remove(ScenarioPart::kCurrencies);
  return scenario;
}

service::OptionSetter set_file(std::string& path, service::Readable wanted = service::Readable::kFileOrPipe) {
  return [&path, wanted](std::string_view text) -> std::optional<std::string> {
    path = text;
    // Looked at, not opened: what comes through a pipe comes once.
    const auto problem = service::file_problem(path, wanted);
    if (!problem) return std::nullopt;
    const std::string kind = wanted == service::Readable::kFile ? "a file" : "a file that can be read, or a pipe";
    return kind + "; this one: " + *problem;
  };
}

service::OptionSetter set_stream_name(std::string& name) {
  return [&name](std::string_view text) -> std::optional<std::string> {
    if (text.empty() || text.size() > kStreamNameBytesMax || plain_text_problem(text, TextUse::kName)) {
      return "1 to 128 bytes of UTF-8, of characters that show";
    }
    name = text;
    return std::nullopt;
  };
}

}  // namespace

Options::Options() : stream_name(default_stream_name()) {
  common.log.service = "simulator";
  common.health_port = kHealthPort;
  journal.directory = "var/simulator-journal";
  journal.durable_consumers = {"risk-engine"};
}

GeneratorOptions generator_options(const Options& options) {
  const Scenario scenario = scenario_of(options);
  const auto probability = [&](std::optional<double> given, ScenarioPart part, double of_part) {
    return given.value_or(scenario.has(part) ? of_part : 0);
  };
  return {
      .seed = options.seed.value_or(0),
      .clients = options.clients,
      .symbols = options.symbols,
      .rate = options.rate,
      .spike_rate = options.spike_rate,
      .fat_finger_probability = options.fat_finger_probability,
      .reversal_probability = probability(options.reversal_probability, ScenarioPart::kReversals, kReversalProbability),
      .duplicate_probability =
          probability(options.duplicate_probability, ScenarioPart::kDuplicates, kDuplicateProbability),
      .wild_price_probability =
          probability(options.wild_price_probability, ScenarioPart::kWildPrices, kWildPriceProbability),
      .scenario = scenario,
      .base_currency = options.base_currency};
}

void add_options(service::OptionSet& set, Options& options) {
  service::add_common_options(set, options.common);
  settings::add_bind_options(set, options.bind);
  settings::add_curve_options(set, options.curve, kKeyName, {});
  set.add_integer(spec("port", "port of the stream of transactions"), options.port, 0, 65'535);
  set.add_integer(spec("replay-port", "port where subscribers ask for what they missed"), options.replay_port, 0,
                  65'535);
  set.add_text(spec("journal", "folder that keeps what was published until it is committed"),
               options.journal.directory);
  set.add_integer(spec("journal-bytes-max", "of the journal; full, publishing waits"), options.journal.bytes_max,
                  std::uint64_t{1} << 16, std::uint64_t{1} << 50);
  set.add_bool(spec("journal-sync", "have records on the disk before they are sent; without it a power cut loses some"),
               options.journal.sync);
  set.add_list(spec("durable-consumers", "who has to commit a record before the journal may drop it"),
               options.journal.durable_consumers);
  set.add_bool(spec("reset-journal", "go on in a new epoch, behind what is intact of a damaged journal"),
               options.journal.reset);
  set.add_bool(spec("resume", "go on in the files of --replay, and those beside it, where the journal ends"),
               options.resume);
  set.add_custom(spec("stream-name", "who publishes, as the engine and the dashboard show it"),
                 set_stream_name(options.stream_name), options.stream_name);

  set.add_number(spec("rate", "transactions a second"), options.rate, 0.1, 1e6);
  set.add_number(spec("spike-rate", "transactions a second during a spike; no spikes when not above the rate"),
                 options.spike_rate, 0, 1e6);
  set.add_number(spec("fat-finger-probability", "of an order 100 to 1000 times too large"),
                 options.fat_finger_probability, 0, 1);
  set.add_custom(spec("scenario", "what happens beside plain executions: " + Scenario::allowed() +
                                      "; without it all, but none with --count. The rates of currencies are not "
                                      "for an engine that has real ones"),
                 set_scenario(options.scenario), "");
  settings::add_base_currency_option(set, options.base_currency);
  set.add_custom(
      spec("reversal-probability", "of an execution that a bust or a correction of it follows; over the scenario's"),
      set_probability(options.reversal_probability), "");
  set.add_custom(spec("duplicate-probability", "of an execution that comes a second time; over the scenario's"),
                 set_probability(options.duplicate_probability), "");
  set.add_custom(spec("wild-price-probability",
                      "of an execution at a hundred times its price, which is corrected later; over the scenario's"),
                 set_probability(options.wild_price_probability), "");
  set.add_custom(
      spec("seed", "the same seed gives the same transactions"),
      [&options](std::string_view text) -> std::optional<std::string> {
        options.seed = parse_number<std::uint64_t>(text);
        if (!options.seed) return "an integer from 0 to 18446744073709551615";
        return std::nullopt;
      },
      "random");
  set.add_integer(spec("clients", "how many clients trade"), options.clients, 1, 1'000'000);
  set.add_integer(spec("symbols", "how many symbols are traded"), options.symbols, 1, 100'000);
  set.add_integer(spec("count",
                       "stop after so many generated transactions, busts and the like among them, and make these alone "
                       "where --scenario "
                       "says nothing; 0: never"),
                  options.count, 0, std::uint64_t{1'000'000'000'000});

  set.add_custom(spec("positions", "CSV file of opening positions, published ahead of the transactions"),
                 set_file(options.positions_path), "none");
  set.add_custom(spec("replay", "CSV file of transactions to publish instead of generated ones"),
                 set_file(options.replay_path), "none");
  set.add_custom(spec("adjustments", "CSV file of splits, renames and positions that are set, merged into the replay"),
                 // It is read to its end before the first row: a pipe that stays open would hold up the replay.
                 set_file(options.adjustments_path, service::Readable::kFile), "none");
  set.add_custom(spec("instruments", "CSV file of instruments, published ahead of everything of the replay"),
                 set_file(options.instruments_path), "none");
  set.add_custom(spec("prices", "CSV file of prices without trades (at,symbol,price,currency), merged into the replay"),
                 set_file(options.prices_path), "none");
  set.add_custom(spec("rates-file", "CSV file of exchange rates (at,currency,rate), merged into the replay"),
                 set_file(options.rates_path), "none");
  set.add_milliseconds(
      {"", "--ahead-max", {"AHEAD_MAX"}, "as the engine's: a row further ahead of the clock merges nothing"},
      options.ahead_max, std::chrono::milliseconds{0}, std::chrono::hours{24});
  settings::add_input_format_options(
      set, spec("input-format", "of the replay: a name of riskctl convert --list-formats, or a FILE.yaml"),
      spec("set", "FIELD=VALUE,...: what the replay's file lacks, such as client_id, currency, zone"),
      options.input_format);
  set.add_custom(
      spec("speed", "of the replay: max, real, or xN for N times as fast as recorded"),
      [&options](std::string_view text) -> std::optional<std::string> {
        const auto speed = parse_speed(text);
        if (!speed) return "max, real, or x1 to x1000000";
        options.speed = *speed;
        return std::nullopt;
      },
      "real");
  set.add_check([&options]() -> std::vector<std::string> {
    std::vector<std::string> problems;
    if (options.count != 0 && !options.replay_path.empty()) {
      problems.push_back("--count is of generated transactions: it does not go with --replay");
    }
    if (options.scenario && !options.scenario->is_none() && !options.replay_path.empty()) {
      problems.push_back("--scenario is of generated transactions: it does not go with --replay");
    }
    if (!(options.instruments_path + options.prices_path + options.rates_path + options.adjustments_path).empty() &&
        options.replay_path.empty()) {
      problems.push_back("--instruments, --prices, --rates-file and --adjustments go with --replay");
    }
    if (options.scenario && options.scenario->has(ScenarioPart::kCurrencies) && lacks_rates(options)) {
      problems.push_back("simulator.scenario: " + no_rates_problem(options));
    }
    if (options.resume && options.replay_path.empty()) problems.push_back("--resume goes with --replay");
    if (!options.input_format.name.empty() && options.replay_path.empty()) {
      problems.push_back("--input-format goes with --replay");
    }
    if (options.journal.directory.empty()) problems.push_back("simulator.journal: needs a folder");
    return problems;
  });

  set.add_warning([&options]() -> std::vector<std::string> {
    const bool is_all = !options.scenario && options.count == 0 && options.replay_path.empty();
    if (!is_all || !lacks_rates(options)) return {};
    return {"the scenario is without currencies: " + no_rates_problem(options)};
  });

  // One file serves several services, and the other ends of the bus are declared by them.
  std::vector<std::string> foreign = settings::all_sections();
  std::erase_if(foreign, [](const std::string& section) {
    return section == "simulator" || section == "log" || section == "health";
  });
  foreign.push_back("rules.*");
  set.ignore_sections(std::move(foreign));
  set.know_variables(settings::all_variables());
}

std::optional<int> read_options(Options& options, int argc, const char* const* argv) {
  service::OptionSet set("simulator", "Publishes transactions: simulated ones, or those of a file.");
  add_options(set, options);
  return set.parse(argc, argv);
}

}  // namespace risk::simulator
