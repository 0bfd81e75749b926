#include "riskctl/backtest/report.hpp"

#include <algorithm>

#include "risk/engine/rule_table.hpp"
#include "riskctl/backtest/figures.hpp"
#include "riskctl/backtest/peaks.hpp"
#include "riskctl/table.hpp"

namespace risk::riskctl {
namespace {

constexpr std::size_t kMostAlertsMax = 10;

std::string count_text(std::uint64_t count) {
  return format_grouped(count, 0, 0);
}

std::string time_text(const std::optional<Timestamp>& time) {
  return time ? seconds_text(*time) : "-";
}

std::string resolved_text(const AlertSummary& alert) {
  return alert.resolved_at ? seconds_text(*alert.resolved_at) : "open";
}

std::string measure_text(const AlertSummary& alert) {
  if (alert.measure) return std::string(to_string(*alert.measure));
  switch (engine::unit_of(alert.type)) {
    case engine::Figure::Unit::kMoney:
      return "amount";
    case engine::Figure::Unit::kCount:
      return "count";
    case engine::Figure::Unit::kZScore:
      return "|z|";
    case engine::Figure::Unit::kPrice:
      return "price";
  }
  RISK_CHECK(!"a unit");
}

// A blank line before each part, and a heading where the columns alone do not say what it is.
void begin_part(std::ostream& out, const std::string& heading = "") {
  out << '\n';
  if (!heading.empty()) out << heading << '\n';
}

void note_rest(std::ostream& out, std::size_t all, std::size_t shown) {
  if (all > shown) out << "and " << count_text(all - shown) << " more (--limit)\n";
}

// The name of a figure and its value for each of the runs.
class Overview {
 public:
  explicit Overview(std::vector<const RuleSetRun*> runs) : runs_(std::move(runs)), table_(columns()) {}

  template <class Value>
  void add(const std::string& name, const Value& value_of) {
    std::vector<std::string> cells{name};
    for (const auto* run : runs_) cells.push_back(value_of(*run));
    table_.add(std::move(cells));
  }
  void print(std::ostream& out) const { table_.print(out); }

 private:
  std::vector<Column> columns() const {
    std::vector<Column> columns{{"backtest"}};
    for (const auto* run : runs_) columns.push_back({run->name(), Column::kRight});
    return columns;
  }

  std::vector<const RuleSetRun*> runs_;
  TextTable table_;
};

void print_overview(std::ostream& out, std::vector<const RuleSetRun*> runs, const ReplayedPeriod& replayed) {
  Overview overview(std::move(runs));
  const auto transactions = [](const RuleSetRun& run) { return run.core().counters().transactions; };
  overview.add("transactions", [&](const RuleSetRun& run) { return count_text(transactions(run)); });
  overview.add("of these late", [](const RuleSetRun& run) { return count_text(run.core().counters().late); });
  overview.add("quarantined", [](const RuleSetRun& run) { return count_text(run.quarantined()); });
  overview.add("duplicates", [](const RuleSetRun& run) { return count_text(run.duplicates()); });
  overview.add("busted", [](const RuleSetRun& run) { return count_text(run.busted()); });
  overview.add("corrected", [](const RuleSetRun& run) { return count_text(run.corrected()); });
  overview.add("first", [&](const RuleSetRun&) { return time_text(replayed.period.first); });
  overview.add("last", [&](const RuleSetRun&) { return time_text(replayed.period.last); });
  overview.add("wall time", [&](const RuleSetRun&) {
    return duration_text(std::chrono::duration_cast<std::chrono::microseconds>(replayed.wall_time).count());
  });
  overview.add("transactions/s", [&](const RuleSetRun& run) {
    const double rate = static_cast<double>(transactions(run)) / std::max(replayed.wall_time.count(), 1e-6);
    return count_text(static_cast<std::uint64_t>(rate));
  });
  overview.add("alerts", [](const RuleSetRun& run) { return count_text(run.core().counters().alerts_opened); });
  overview.add("state hash", [](const RuleSetRun& run) { return run.core().state_hash(); });
  overview.print(out);
}

void print_alerts(std::ostream& out, const std::vector<AlertSummary>& alerts, std::uint32_t limit) {
  begin_part(out);
  if (alerts.empty()) {
    out << "No alerts.\n";
    return;
  }
  TextTable table({{"opened"},
                   {"resolved"},
                   {"duration", Column::kRight},
                   {"severity"},
                   {"entity"},
                   {"measure"},
                   {"peak", Column::kRight},
                   {"limit", Column::kRight},
                   {"message"}});
  const auto shown = std::min<std::size_t>(alerts.size(), limit);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& alert = alerts[i];
    table.add({seconds_text(alert.opened_at), resolved_text(alert),
               alert.resolved_at ? duration_text(alert.resolved_at->micros() - alert.opened_at.micros()) : "-",
               std::string(to_string(alert.severity)), entity_text(alert.entity_type, alert.entity_id),
               measure_text(alert), figure_text(alert.peak), figure_text(alert.limit), alert.message});
  }
  table.print(out);
  note_rest(out, alerts.size(), shown);
}

void print_counts(std::ostream& out, const AlertLog& log, const std::string& heading = "") {
  if (log.counts().empty()) return;
  begin_part(out, heading);
  TextTable table({{"rule"},
                   {"of"},
                   {"opened", Column::kRight},
                   {"escalated", Column::kRight},
                   {"worsened", Column::kRight},
                   {"resolved", Column::kRight}});
  for (const auto& [rule, counts] : log.counts()) {
    table.add({std::string(to_string(rule.first)), std::string(to_string(rule.second)), count_text(counts.opened),
               count_text(counts.escalated), count_text(counts.worsened), count_text(counts.resolved)});
  }
  table.print(out);
}

void print_most_alerts(std::ostream& out, const std::vector<AlertSummary>& alerts) {
  std::map<std::pair<engine::EntityType, std::string>, std::uint64_t> counts;
  for (const auto& alert : alerts) ++counts[{alert.entity_type, alert.entity_id}];
  using Entry = decltype(counts)::value_type;
  std::vector<const Entry*> entries;
  entries.reserve(counts.size());
  for (const auto& entry : counts) entries.push_back(&entry);
  // Equal counts stay in byte order.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry* a, const Entry* b) { return a->second > b->second; });
  if (entries.empty()) return;
  begin_part(out);
  TextTable table({{"most alerts"}, {"alerts", Column::kRight}});
  for (std::size_t i = 0; i < std::min(entries.size(), kMostAlertsMax); ++i) {
    table.add({entity_text(entries[i]->first.first, entries[i]->first.second), count_text(entries[i]->second)});
  }
  table.print(out);
}

void print_peaks(std::ostream& out, const RunResult& result) {
  const auto peaks = highest_peaks(result.run.core(), result.log);
  if (peaks.empty()) return;
  begin_part(
      out,
      "Peak utilisation of each limit: of an alert its peak as announced last; without one, the exposure at the end"
      " (a velocity has only alerts)");
  TextTable table({{"limit of"},
                   {"entity"},
                   {"utilisation", Column::kRight},
                   {"peak", Column::kRight},
                   {"limit", Column::kRight},
                   {"known from"}});
  for (const auto& peak : peaks) {
    table.add({std::string(to_string(peak.type)), entity_text(peak.entity_type, peak.entity_id),
               utilisation_text(peak.utilisation_e4), figure_text(peak.value), figure_text(peak.limit),
               peak.of_alert ? "alert" : "end"});
  }
  table.print(out);
}

std::string both(const Difference& difference, std::string (*text)(const AlertSummary&)) {
  const auto side = [text](const AlertSummary* alert) { return alert == nullptr ? "-" : text(*alert); };
  return side(difference.first) + " | " + side(difference.second);
}

void print_differences(std::ostream& out, const Comparison& comparison, std::uint32_t limit) {
  begin_part(out);
  TextTable counts({{"alerts"}, {"", Column::kRight}});
  counts.add({"only the first raises", count_text(comparison.only_first)});
  counts.add({"only the second raises", count_text(comparison.only_second)});
  counts.add({"both, with another severity or peak", count_text(comparison.different)});
  counts.add({"both, alike", count_text(comparison.same)});
  counts.print(out);
  if (comparison.differences.empty()) return;

  begin_part(out);
  TextTable table({{"opened"},
                   {"rule"},
                   {"entity"},
                   {"raised by"},
                   {"severity: first | second"},
                   {"peak: first | second"},
                   {"limit: first | second"},
                   {"resolved: first | second"}});
  const auto shown = std::min<std::size_t>(comparison.differences.size(), limit);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& difference = comparison.differences[i];
    const auto& alert = difference.any();
    table.add({seconds_text(alert.opened_at), std::string(to_string(alert.type)),
               entity_text(alert.entity_type, alert.entity_id), std::string(difference.raised_by()),
               both(difference, [](const AlertSummary& a) { return std::string(to_string(a.severity)); }),
               both(difference, [](const AlertSummary& a) { return figure_text(a.peak); }),
               both(difference, [](const AlertSummary& a) { return figure_text(a.limit); }),
               both(difference, resolved_text)});
  }
  table.print(out);
  note_rest(out, comparison.differences.size(), shown);
}

}  // namespace

void print_report(std::ostream& out, const RunResult& result, const ReplayedPeriod& replayed, std::uint32_t limit) {
  print_overview(out, {&result.run}, replayed);
  print_alerts(out, result.log.alerts(), limit);
  print_counts(out, result.log);
  print_most_alerts(out, result.log.alerts());
  print_peaks(out, result);
}

void print_comparison(std::ostream& out, const RunResult& first, const RunResult& second,
                      const ReplayedPeriod& replayed, std::uint32_t limit) {
  print_overview(out, {&first.run, &second.run}, replayed);
  print_counts(out, first.log, "first: " + first.run.name());
  print_counts(out, second.log, "second: " + second.run.name());
  print_differences(out, compare(first.log, second.log), limit);
}

}  // namespace risk::riskctl
