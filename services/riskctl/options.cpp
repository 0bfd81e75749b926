#include "riskctl/options.hpp"

#include <algorithm>
#include <iterator>

namespace risk::riskctl {
namespace {

using Format = BacktestOptions::Format;

service::OptionSetter time_setter(std::optional<Timestamp>& time) {
  return [&time](std::string_view text) -> std::optional<std::string> {
    constexpr std::size_t kDateBytes = 10;  // YYYY-MM-DD
    const auto parsed =
        parse_timestamp(text.size() == kDateBytes ? std::string(text) + "T00:00:00Z" : std::string(text));
    if (!parsed) return "a UTC time such as 2024-09-20T08:36:00Z, or a date";
    time = *parsed;
    return std::nullopt;
  };
}

service::OptionSetter format_setter(Format& format) {
  return [&format](std::string_view text) -> std::optional<std::string> {
    if (text == "table") {
      format = Format::kTable;
    } else if (text == "jsonl") {
      format = Format::kJsonLines;
    } else {
      return "table, jsonl";
    }
    return std::nullopt;
  };
}

void add_backtest_options(service::OptionSet& set, BacktestOptions& backtest) {
  set.add_text({"", "--transactions", {}, "backtest: CSV file of the transactions to evaluate"},
               backtest.transactions_path);
  set.add_text({"", "--positions", {}, "backtest: CSV file of the positions held before them"},
               backtest.positions_path);
  set.add_text({"", "--instruments", {}, "backtest: CSV file of what the symbols stand for"},
               backtest.instruments_path);
  set.add_text({"", "--prices", {}, "backtest: CSV file of prices without trades: at,symbol,price,currency"},
               backtest.prices_path);
  set.add_text({"", "--rates-file", {}, "backtest: CSV file of exchange rates: at,currency,rate"}, backtest.rates_path);
  set.add_text({"",
                "--adjustments",
                {},
                "backtest: CSV file of splits, renames and positions that are set: "
                "effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason"},
               backtest.adjustments_path);
  set.add_bool({"", "--store", {}, "backtest: evaluate what the database holds instead of a file; nothing is written"},
               backtest.from_store);
  set.add_custom(
      {"", "--from", {}, "backtest: leave out transactions executed before this UTC time; a date is its midnight"},
      time_setter(backtest.from), "");
  set.add_custom({"", "--to", {}, "backtest: leave out transactions executed at this UTC time or after it"},
                 time_setter(backtest.to), "");
  set.add_custom({"", "--format", {}, "backtest: table, or jsonl: a JSON object a line"},
                 format_setter(backtest.format), "table");
  set.add_text(
      {"", "--compare", {}, "backtest: a second YAML file, in place of --config: what would alert differently"},
      backtest.compare_path);
  set.add_check([&backtest] {
    return backtest.from && backtest.to && *backtest.from >= *backtest.to
               ? std::vector<std::string>{"--from: must be before --to"}
               : std::vector<std::string>{};
  });
}

std::optional<int> parse(int argc, const char* const* argv, Options& options) {
  service::OptionSet set("riskctl", "Asks the store and the engine from a terminal, and evaluates history anew.");
  settings::add_database_options(set, options.database);
  settings::add_engine_command_option(set, options.engine);
  settings::add_curve_options(set, options.curve, "riskctl", {"risk-engine"},
                              [&options] { return options.words.empty() || options.asks_engine(); });
  set.add_integer({"", "--limit", {}, "lines of a list"}, options.limit, 1, 100'000);
  add_backtest_options(set, options.backtest);
  settings::add_input_format_options(
      set,
      {"", "--input-format", {}, "convert, backtest: how the file of transactions is written: a name, or a FILE.yaml"},
      {"", "--set", {}, "convert, backtest: FIELD=VALUE,...: what that file lacks: client_id, currency, zone, ..."},
      options.input_format);
  set.add_bool({"", "--list-formats", {}, "convert: the names that --input-format takes, and what each needs by --set"},
               options.lists_formats);
  set.add_bool({"", "--json", {}, "convert, instruments, adjust: what they report, as a JSON object a line"},
               options.json);
  settings::add_rule_options(set, options.backtest.rules);
  settings::add_bounds_options(set, options.backtest.bounds);
  settings::add_ahead_max_option(set, options.backtest.ahead_max);
  settings::add_execution_options(set, options.backtest.executions);
  set.add_positionals(
      "COMMAND",
      "summary | list [SEVERITY] | ack ID USER [COMMENT] | cleanup [DAYS, default 30] | "
      "quarantine [waiting] | quarantine apply|drop ID|all USER REASON | notify undelivered | instruments | "
      "adjust [pending] | adjust split SYMBOL NEW:OLD AT USER [REASON] | adjust rename SYMBOL NEW_SYMBOL AT USER "
      "[REASON] | adjust set-position CLIENT SYMBOL QUANTITY AT USER REASON (AT: a time, or now; a QUANTITY below 0 "
      "after --) | adjust withdraw ID USER REASON | backtest | "
      "convert IN [OUT] | keys; for example: riskctl convert "
      "--input-format kraken-trades --set client_id=DESK_1 trades.csv fills.csv, or riskctl adjust split NVDA 10:1 "
      "2024-06-10T00:00:00Z anna \"10 for 1\"",
      options.words);
  set.ignore_sections({"log", "health", "simulator", "drop_copy", "engine", "notifier", "gateway"});
  set.know_variables(settings::all_variables());
  return set.parse(argc, argv);
}

// The same words with `path` as the last --config, which wins.
std::vector<const char*> with_config(int argc, const char* const* argv, const std::string& path) {
  std::vector<const char*> words(argv, argv + argc);
  const auto end = std::find(words.begin(), words.end(), std::string_view("--"));
  const char* const config[] = {"--config", path.c_str()};
  words.insert(end, std::begin(config), std::end(config));
  return words;
}

// What the last --config says; the words are known to be without mistakes.
std::string config_path_of(int argc, const char* const* argv) {
  constexpr std::string_view kAttached = "--config=";
  std::string path;
  for (int i = 1; i < argc && argv[i] != std::string_view("--"); ++i) {
    const std::string_view word = argv[i];
    if (word == "--config" && i + 1 < argc) path = argv[i + 1];
    if (word.starts_with(kAttached)) path = word.substr(kAttached.size());
  }
  return path;
}

}  // namespace

bool BacktestOptions::is_asked_for() const {
  return from_store || from || to || format != Format::kTable || !transactions_path.empty() ||
         !positions_path.empty() || !instruments_path.empty() || !prices_path.empty() || !rates_path.empty() ||
         !adjustments_path.empty() || !compare_path.empty();
}

bool Options::asks_engine() const {
  const bool decides = words.size() > 2 && words.front() == "quarantine";
  const bool adjusts = words.size() > 2 && words.front() == "adjust";
  return !words.empty() && (words.front() == "ack" || words.front() == "cleanup" || decides || adjusts);
}

std::optional<int> parse_options(int argc, const char* const* argv, Options& options) {
  if (const auto status = parse(argc, argv, options)) return status;
  auto& backtest = options.backtest;
  if (backtest.compare_path.empty()) return std::nullopt;
  Options other;
  const auto words = with_config(argc, argv, backtest.compare_path);
  if (const auto status = parse(static_cast<int>(words.size()), words.data(), other)) return status;
  backtest.config_path = config_path_of(argc, argv);
  backtest.other_rules = std::move(other.backtest.rules);
  return std::nullopt;
}

}  // namespace risk::riskctl
