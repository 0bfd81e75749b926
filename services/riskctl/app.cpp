#include "riskctl/app.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "risk/service/output.hpp"
#include "risk/store/reader.hpp"
#include "risk/wire/control.hpp"
#include "riskctl/adjust.hpp"
#include "riskctl/backtest/backtest.hpp"
#include "riskctl/backtest/json_lines.hpp"
#include "riskctl/command.hpp"
#include "riskctl/convert/convert.hpp"
#include "riskctl/table.hpp"

namespace risk::riskctl {
namespace {

constexpr int kDone = 0;
constexpr int kImpossible = 1;
constexpr int kUsage = 2;
constexpr std::uint32_t kCleanupDaysDefault = 30;

std::string money(const Notional& amount) {
  return amount.to_text();
}

std::string utilisation(const engine::ExposureRow& row) {
  return row.utilisation_e4 ? format_rounded(*row.utilisation_e4, 2, 1) + "%" : "-";
}

// The five with the highest utilisation, then exposure.
void print_largest(std::ostream& out, const char* title, std::vector<engine::ExposureRow> rows) {
  const auto kept = std::min<std::size_t>(rows.size(), 5);
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end(),
                    [](const engine::ExposureRow& a, const engine::ExposureRow& b) {
                      return std::tuple(b.utilisation_e4, b.total_exposure.magnitude(), a.id) <
                             std::tuple(a.utilisation_e4, a.total_exposure.magnitude(), b.id);
                    });
  TextTable table({{title}, {"exposure", Column::kRight}, {"utilisation", Column::kRight}, {"level"}});
  for (std::size_t i = 0; i < kept; ++i) {
    table.add(
        {rows[i].id, money(rows[i].total_exposure), utilisation(rows[i]), std::string(to_string(rows[i].risk_level))});
  }
  out << '\n';
  table.print(out);
}

// Each stream of transactions: how far it is applied, and which of its executions were not.
void print_streams(store::Reader& reader, std::ostream& out) {
  TextTable table({{"stream"},
                   {"from"},
                   {"applied", Column::kRight},
                   {"missing", Column::kRight},
                   {"duplicates", Column::kRight},
                   {"conflicts", Column::kRight}});
  for (const auto& cursor : reader.cursors()) {
    if (cursor.stream_id == store::kEngineCursor || cursor.stream_id == store::kAlertsCursor) continue;
    table.add({cursor.stream_id.substr(0, 8), cursor.name, std::to_string(cursor.sequence),
               std::to_string(cursor.missing), std::to_string(cursor.duplicates), std::to_string(cursor.conflicts)});
  }
  if (table.empty()) return;
  out << '\n';
  table.print(out);
}

void print_summary(store::Reader& reader, std::ostream& out) {
  const auto firm = reader.firm_exposure();
  if (!firm) {
    out << "No transaction has been applied yet.\n";
    return;
  }
  const auto clients = reader.client_exposures();
  const auto symbols = reader.symbol_exposures();
  const auto active = [](const auto& rows) {
    return std::to_string(
        std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.position_count > 0; }));
  };
  std::uint64_t open = 0, critical = 0, acknowledged = 0, resolved = 0;
  for (const auto& count : reader.alert_counts()) {
    switch (count.status) {
      case engine::AlertStatus::kOpen:
        open += count.count;
        break;
      case engine::AlertStatus::kAcknowledged:
        acknowledged += count.count;
        break;
      case engine::AlertStatus::kResolved:
        resolved += count.count;
        break;
    }
    const bool live = count.status != engine::AlertStatus::kResolved;
    if (live && count.severity == engine::Severity::kCritical) critical += count.count;
  }
  TextTable table({{"firm"}, {"", Column::kRight}});
  table.add({"gross exposure", money(firm->exposure.gross())});
  table.add({"net exposure", money(firm->exposure.net())});
  table.add({"long", money(firm->exposure.long_value)});
  table.add({"short", money(firm->exposure.short_value)});
  table.add({"turnover", money(firm->exposure.turnover)});
  table.add({"P&L of the session", money(firm->pnl)});
  table.add({"transactions", std::to_string(firm->transaction_count)});
  table.add({"active clients", active(clients)});
  table.add({"active symbols", active(symbols)});
  table.add({"alerts open", std::to_string(open)});
  table.add({"alerts acknowledged", std::to_string(acknowledged)});
  table.add({"of these critical", std::to_string(critical)});
  table.add({"alerts resolved", std::to_string(resolved)});
  table.add({"quarantined", std::to_string(reader.quarantine_count())});
  const auto waiting = reader.waiting();
  table.add({"conflicts waiting", std::to_string(waiting.conflicts)});
  table.add({"awaiting their execution", std::to_string(waiting.executions)});
  table.add({"held prices", std::to_string(waiting.held_prices)});
  table.add({"adjustments waiting", std::to_string(waiting.adjustments)});
  table.add({"undelivered", std::to_string(reader.undelivered_count())});
  table.add({"as of", format_timestamp(firm->last_updated)});
  table.print(out);
  print_largest(out, "client", clients);
  print_largest(out, "symbol", symbols);
  print_streams(reader, out);
}

void print_alerts(store::Reader& reader, const Options& options, std::ostream& out) {
  expect_words(options.words, 1, 2);
  store::AlertFilter filter;
  filter.limit = options.limit;
  if (options.words.size() == 2) {
    const auto severity = engine::parse_enum<engine::Severity>(options.words[1]);
    if (!severity) {
      throw UsageError{"severity \"" + printable(options.words[1]) + "\" is not one of LOW, MEDIUM, HIGH, CRITICAL"};
    }
    filter.severities = {*severity};
  }
  TextTable table({{"id", Column::kRight}, {"severity"}, {"status"}, {"opened"}, {"acknowledged by"}, {"message"}});
  for (const auto& alert : reader.alerts(filter)) {
    table.add({std::to_string(alert.alert_id()), std::string(to_string(alert.latest.severity)),
               std::string(to_string(alert.status)), format_timestamp(alert.opened_at),
               alert.acknowledged_by.value_or("-"), alert.message});
  }
  if (table.empty()) {
    out << "No alerts" << (!filter.severities.empty() ? " of severity " + options.words[1] : "") << ".\n";
  } else {
    table.print(out);
  }
}

// What channels did not deliver: nobody was told of it.
void print_undelivered(store::Reader& reader, const Options& options, std::ostream& out) {
  expect_words(options.words, 2, 2);
  if (options.words[1] != "undelivered")
    throw UsageError{"notify does not know \"" + printable(options.words[1]) + "\""};
  TextTable table({{"event", Column::kRight},
                   {"alert", Column::kRight},
                   {"channel"},
                   {"outcome"},
                   {"at"},
                   {"severity"},
                   {"message"},
                   {"answer"}});
  for (const auto& [delivery, severity, message] : reader.undelivered(options.limit)) {
    table.add({std::to_string(delivery.event_id), std::to_string(delivery.alert_id), delivery.channel, delivery.outcome,
               format_timestamp(delivery.at), std::string(to_string(severity)), message, delivery.answer});
  }
  if (table.empty()) {
    out << "Nothing is undelivered.\n";
  } else {
    table.print(out);
  }
}

// What symbols stand for, as the engine was told.
void print_instruments(store::Reader& reader, const Options& options, std::ostream& out) {
  expect_words(options.words, 1, 1);
  const auto instruments = reader.instruments();
  const auto expiry = [](const engine::Instrument& i) {
    return i.expires_at ? std::optional(format_timestamp(*i.expires_at)) : std::nullopt;
  };
  if (options.json) {
    JsonLines lines(out);
    for (const auto& i : instruments) {
      lines.begin("instrument").text("symbol", i.symbol.text).text("multiplier", i.multiplier.to_string());
      lines.text("currency", i.currency).text("contract", to_string(i.contract)).text_or_null("expires_at", expiry(i));
      lines.text("allows_negative", i.allows_negative ? "true" : "false").text("name", i.name);
      lines.text("asset_class", i.asset_class).end();
    }
    return lines.finish();
  }
  if (instruments.empty()) {
    out << "No instruments: every symbol has multiplier 1 and is linear.\n";
    return;
  }
  TextTable table({{"symbol"},
                   {"multiplier", Column::kRight},
                   {"currency"},
                   {"contract"},
                   {"expires"},
                   {"negative prices"},
                   {"name"},
                   {"asset class"}});
  for (const auto& i : instruments) {
    table.add({i.symbol.text, i.multiplier.to_string(), i.currency.empty() ? "-" : i.currency,
               std::string(to_string(i.contract)), expiry(i).value_or("-"), i.allows_negative ? "yes" : "no", i.name,
               i.asset_class});
  }
  table.print(out);
}

void acknowledge(const Options& options, std::ostream& out) {
  expect_words(options.words, 3, 4);
  const auto alert_id = number<std::uint64_t>(options.words[1], "ID");
  const std::string comment = options.words.size() == 4 ? options.words[3] : "";
  const auto reply = ask(options, {options.words[2], wire::AcknowledgeAlert{alert_id, comment}});
  out << "Alert " << alert_id << " acknowledged by " << options.words[2];
  if (reply.event) out << ": " << display_line(reply.event->message);
  out << '\n';
}

// Who runs this, for the audit trail.
std::string actor() {
  const char* user = std::getenv("USER");
  return user != nullptr && !name_problem(user) ? user : "uid " + std::to_string(getuid());
}

std::string describe(const std::optional<store::Decision>& decision) {
  if (!decision) return "-";
  std::string text(to_string(decision->state));
  if (decision->state != store::DecisionState::kWaiting) text += " by " + decision->by + ": " + decision->reason;
  return text;
}

// What could not be applied, and what waits: for a person, for its execution, or for another price.
void print_quarantine(store::Reader& reader, const Options& options, std::ostream& out) {
  expect_words(options.words, 1, 2);
  store::QuarantineFilter filter;
  filter.limit = options.limit;
  if (options.words.size() == 2) {
    filter.waiting = options.words[1] == "waiting";
    if (!filter.waiting) throw UsageError{"quarantine does not know \"" + printable(options.words[1]) + "\""};
  }
  TextTable table({{"id", Column::kRight},
                   {"kind"},
                   {"decision"},
                   {"received"},
                   {"source"},
                   {"line", Column::kRight},
                   {"record"},
                   {"reason"}});
  for (const auto& row : reader.quarantine(filter)) {
    const auto& [field, value, reason] = row.rejection;
    table.add({std::to_string(row.quarantine_id), std::string(to_string(row.kind)), describe(row.decision),
               format_timestamp(row.received_at), row.source, row.line ? std::to_string(*row.line) : "-", row.raw,
               field + " " + value + ": " + reason});
  }
  if (table.empty()) {
    out << (filter.waiting ? "Nothing waits in the quarantine.\n" : "Nothing is in quarantine.\n");
  } else {
    table.print(out);
  }
}

// Those that wait, the oldest first: so they came. To be applied are none that await their execution, for the engine
// does it, and no held prices, each of which a person should have looked at.
std::vector<std::uint64_t> waiting_ids(store::Reader& reader, bool to_apply) {
  constexpr std::uint32_t kPage = 1'000;
  std::vector<std::uint64_t> ids;
  std::optional<std::uint64_t> before;
  while (true) {
    const auto rows = reader.quarantine({{}, true, before, kPage});
    for (const auto& row : rows) {
      const bool is_conflict = row.kind == store::QuarantineKind::kConflict;
      if (!to_apply || is_conflict) ids.push_back(row.quarantine_id);
    }
    if (rows.size() < kPage) break;
    before = rows.back().quarantine_id;
  }
  std::reverse(ids.begin(), ids.end());
  return ids;
}

void decide(const Options& options, std::ostream& out) {
  using Action = wire::DecideQuarantined::Action;
  expect_words(options.words, 5, 5);
  const std::string &which = options.words[2], &user = options.words[3], &reason = options.words[4];
  const bool applies = options.words[1] == "apply";
  const auto action = applies ? Action::kApply : Action::kDrop;
  const char* done = applies ? " applied by " : " dropped by ";
  if (which != "all") {
    const auto id = number<std::uint64_t>(which, "ID");
    ask(options, {user, wire::DecideQuarantined{id, action, reason}});
    out << "Quarantined record " << id << done << user << ".\n";
    return;
  }
  const auto ids = waiting_ids(*store::open_reader(options.database), applies);
  std::size_t decided = 0;
  std::string refused;
  for (const auto id : ids) {
    try {
      ask(options, {user, wire::DecideQuarantined{id, action, reason}});
      ++decided;
    } catch (const Refusal& refusal) {  // such as a copy of one that was applied: the others can be decided
      refused += (refused.empty() ? "" : "\n") + refusal.reason;
    }
  }
  out << decided << " quarantined records" << done << user << ".\n";
  if (!refused.empty()) throw Refusal{refused};
}

void quarantine(const Options& options, std::ostream& out) {
  const bool decides = options.words.size() > 1 && (options.words[1] == "apply" || options.words[1] == "drop");
  if (decides) return decide(options, out);
  print_quarantine(*store::open_reader(options.database), options, out);
}

void clean_up(const Options& options, std::ostream& out) {
  expect_words(options.words, 1, 2);
  const auto days = options.words.size() == 2 ? number<std::uint32_t>(options.words[1], "DAYS") : kCleanupDaysDefault;
  const auto reply = ask(options, {actor(), wire::Cleanup{days}});
  const auto deleted = reply.cleanup.value_or(wire::CleanupResult{});
  out << "Deleted what is older than " << days << " days: " << deleted.alerts << " resolved alerts with "
      << deleted.alert_events << " events and " << deleted.deliveries << " deliveries, " << deleted.metrics
      << " metrics rows, " << deleted.quarantine << " quarantined records.\n";
}

// Key pairs for the names that follow the directory, else for every service.
void make_keys(const Options& options, std::ostream& out) {
  std::vector<std::string> names = {"simulator", "risk-engine", "alert-notifier", "dashboard-gateway", "riskctl"};
  if (options.words.size() > 2) names.assign(options.words.begin() + 2, options.words.end());
  const std::string& directory = options.words.size() > 1 ? options.words[1] : options.curve.directory;
  if (directory.empty()) throw UsageError{"keys needs a DIRECTORY, here or as bus.curve_directory"};
  const auto public_keys = settings::make_key_files(directory, names);
  TextTable table({{"name"}, {"public key"}});
  for (std::size_t i = 0; i < names.size(); ++i) table.add({names[i], public_keys[i]});
  table.print(out);
  out << "\nMade in " << directory
      << ": NAME.key is secret and of one service, NAME.pub lets it in wherever it lies.\n";
}

void judge_history(const Options& options, std::ostream& out, std::ostream& err) {
  expect_words(options.words, 1, 1);
  if (options.backtest.from_store == !options.backtest.transactions_path.empty()) {
    throw UsageError{"backtest needs either --transactions FILE.csv or --store"};
  }
  const auto& backtest = options.backtest;
  if (backtest.from_store &&
      !(backtest.instruments_path + backtest.prices_path + backtest.rates_path + backtest.adjustments_path).empty()) {
    throw UsageError{
        "--instruments, --prices, --rates-file and --adjustments go with --transactions: a store has its own"};
  }
  run_backtest(options, out, err, isatty(STDERR_FILENO) == 1);
}

void convert(const Options& options, std::ostream& out, std::ostream& err) {
  if (options.lists_formats) {
    expect_words(options.words, 1, 1);
    return list_formats(options, out);
  }
  expect_words(options.words, 2, 3);
  convert_file(options, options.words[1], options.words.size() == 3 ? options.words[2] : "", out, err);
}

void carry_out(const Options& options, std::ostream& out, std::ostream& err) {
  if (options.words.empty()) throw UsageError{"a command is missing"};
  const std::string& command = options.words.front();
  const bool is_convert = command == "convert";
  if (!is_convert && options.lists_formats) throw UsageError{"--list-formats is an option of convert"};
  const bool is_instruments = command == "instruments";
  const bool is_adjust = command == "adjust";
  if (!is_convert && !is_instruments && !is_adjust && options.json)
    throw UsageError{"--json is an option of convert, instruments and adjust"};
  if (command == "backtest") return judge_history(options, out, err);
  if (options.backtest.is_asked_for()) throw UsageError{"an option of backtest, but the command is another"};
  if (is_convert) return convert(options, out, err);
  if (!options.input_format.name.empty()) throw UsageError{"--input-format is an option of convert and backtest"};
  if (command == "keys") return make_keys(options, out);
  if (command == "ack") return acknowledge(options, out);
  if (command == "cleanup") return clean_up(options, out);
  if (command == "quarantine") return quarantine(options, out);
  if (is_adjust) return adjust(options, out);
  if (command == "list") return print_alerts(*store::open_reader(options.database), options, out);
  if (command == "notify") return print_undelivered(*store::open_reader(options.database), options, out);
  if (is_instruments) return print_instruments(*store::open_reader(options.database), options, out);
  if (command != "summary") throw UsageError{"\"" + printable(command) + "\" is not a command"};
  expect_words(options.words, 1, 1);
  print_summary(*store::open_reader(options.database), out);
}

}  // namespace

int run(const Options& options, std::ostream& out, std::ostream& err) {
  try {
    carry_out(options, out, err);
    service::finish_output(out);
    return kDone;
  } catch (const UsageError& error) {
    err << "riskctl: " << error.reason
        << "\nusage: riskctl summary | list [SEVERITY] | ack ID USER [COMMENT] | cleanup [DAYS]\n"
           "       riskctl quarantine [waiting] | quarantine apply|drop ID|all USER REASON\n"
           "       riskctl adjust [pending] | adjust split SYMBOL NEW:OLD AT USER [REASON]\n"
           "       riskctl adjust rename SYMBOL NEW_SYMBOL AT USER [REASON]\n"
           "       riskctl adjust set-position CLIENT SYMBOL QUANTITY AT USER REASON\n"
           "       riskctl adjust withdraw ID USER REASON\n"
           "       riskctl notify undelivered\n"
           "       riskctl instruments [--json]\n"
           "       riskctl keys [DIRECTORY] [NAME...]\n"
           "       riskctl backtest --transactions FILE.csv [--positions FILE.csv] [--instruments FILE.csv]\n"
           "         [--prices FILE.csv] [--rates-file FILE.csv] [--adjustments FILE.csv] | --store\n"
           "         [--from TIME] [--to TIME] [--format table|jsonl] [--compare OTHER.yaml]\n"
           "         [--input-format NAME|FILE.yaml] [--set FIELD=VALUE,...]\n"
           "       riskctl convert --input-format NAME|FILE.yaml [--set FIELD=VALUE,...] [--json] IN [OUT]\n"
           "       riskctl convert --list-formats\n"
           "example: riskctl convert --input-format kraken-trades --set client_id=DESK_1 trades.csv fills.csv\n";
    return kUsage;
  } catch (const Refusal& refusal) {
    err << "riskctl: " << display_prose(refusal.reason) << '\n';
  } catch (const std::exception& error) {
    err << "riskctl: " << display_prose(error.what()) << '\n';
  }
  return kImpossible;
}

}  // namespace risk::riskctl
