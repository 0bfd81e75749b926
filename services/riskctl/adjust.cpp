#include "riskctl/adjust.hpp"

#include <optional>
#include <string>

#include "risk/base/check.hpp"
#include "risk/store/reader.hpp"
#include "riskctl/backtest/json_lines.hpp"
#include "riskctl/command.hpp"
#include "riskctl/table.hpp"

namespace risk::riskctl {
namespace {

std::string change_of(const engine::Adjustment& a) {
  switch (a.kind) {
    case engine::AdjustmentKind::kSplit:
      return a.ratio;
    case engine::AdjustmentKind::kRename:
      return "to " + a.new_symbol.text;
    case engine::AdjustmentKind::kSetPosition:
      return a.client_id.text + " to " + a.quantity.value_or(Quantity{}).to_string();
  }
  RISK_CHECK(!"a kind of adjustment");
}

// Of one that was withdrawn, by whom too.
std::string state_of(const store::AdjustmentRow& row) {
  std::string text(to_string(row.state));
  if (row.withdrawn_at) text += " by " + row.withdrawn_by;
  return text;
}

void print_adjustments(store::Reader& reader, const Options& options, std::ostream& out) {
  expect_words(options.words, 1, 2);
  store::AdjustmentFilter filter;
  filter.limit = options.limit;
  if (options.words.size() == 2) {
    if (options.words[1] != "pending") throw UsageError{"adjust does not take \"" + printable(options.words[1]) + "\""};
    filter.state = store::AdjustmentState::kPending;
  }
  const auto rows = reader.adjustments(filter);
  if (options.json) {
    JsonLines lines(out);
    for (const auto& row : rows) {
      const auto& a = row.adjustment;
      lines.begin("adjustment").number("adjustment_id", row.adjustment_id);
      lines.text("effective_at", format_timestamp(a.effective_at)).text("adjustment", to_string(a.kind));
      lines.text("symbol", a.symbol.text).text("ratio", a.ratio).text("new_symbol", a.new_symbol.text);
      lines.text("client_id", a.client_id.text);
      lines.text_or_null("quantity", a.quantity ? std::optional(a.quantity->to_string()) : std::nullopt);
      lines.text("reason", a.reason).text("requested_by", row.requested_by);
      lines.text("requested_at", format_timestamp(row.requested_at)).text("state", to_string(row.state));
      lines.text("why", row.why);
      lines.text_or_null("applied_as", row.applied_as ? std::optional(std::to_string(*row.applied_as)) : std::nullopt);
      lines.text_or_null("withdrawn_by", row.withdrawn_at ? std::optional(row.withdrawn_by) : std::nullopt);
      lines.text_or_null("withdrawn_at",
                         row.withdrawn_at ? std::optional(format_timestamp(*row.withdrawn_at)) : std::nullopt);
      lines.end();
    }
    return lines.finish();
  }
  if (rows.empty()) {
    out << (filter.state ? "No adjustment waits for its instant.\n" : "No adjustments.\n");
    return;
  }
  TextTable table({{"id", Column::kRight},
                   {"effective at"},
                   {"kind"},
                   {"symbol"},
                   {"change"},
                   {"state"},
                   {"by"},
                   {"reason"},
                   {"why refused or withdrawn"}});
  for (const auto& row : rows) {
    const auto& a = row.adjustment;
    table.add({std::to_string(row.adjustment_id), format_timestamp(a.effective_at), std::string(to_string(a.kind)),
               a.symbol.text, change_of(a), state_of(row), row.requested_by, a.reason, row.why});
  }
  table.print(out);
}

// split SYMBOL RATIO AT USER [REASON], rename SYMBOL NEW AT USER [REASON], set-position CLIENT SYMBOL QUANTITY AT USER
// REASON
void ask_for(const Options& options, std::ostream& out) {
  const auto& words = options.words;
  const std::string& kind = words[1];
  const bool sets = kind == "set-position";
  expect_words(words, sets ? 8 : 6, sets ? 8 : 7);
  engine::Adjustment a;
  const std::size_t at = sets ? 5 : 4;
  a.symbol.text = words[sets ? 3 : 2];
  if (kind == "split") {
    a.kind = engine::AdjustmentKind::kSplit;
    a.ratio = words[3];
  } else if (kind == "rename") {
    a.kind = engine::AdjustmentKind::kRename;
    a.new_symbol.text = words[3];
  } else {
    a.kind = engine::AdjustmentKind::kSetPosition;
    a.client_id.text = words[2];
    const auto quantity = Quantity::parse(words[4]);
    if (!quantity) throw UsageError{"QUANTITY \"" + printable(words[4]) + "\": " + quantity.error().reason};
    a.quantity = *quantity;
  }
  const auto instant = words[at] == "now" ? Result<Timestamp>(system_now()) : parse_timestamp(words[at]);
  if (!instant) throw UsageError{"AT \"" + printable(words[at]) + "\": " + instant.error().reason};
  a.effective_at = *instant;
  if (words.size() > at + 2) a.reason = words[at + 2];
  ask(options, {words[at + 1], wire::Adjust{a}});
  out << "Adjustment of " << printable(a.symbol.text) << " as of " << format_timestamp(a.effective_at) << " taken from "
      << printable(words[at + 1]) << ": riskctl adjust shows what becomes of it.\n";
}

// withdraw ID USER REASON
void withdraw(const Options& options, std::ostream& out) {
  const auto& words = options.words;
  expect_words(words, 5, 5);
  const auto id = number<std::uint64_t>(words[2], "ID");
  ask(options, {words[3], wire::WithdrawAdjustment{id, words[4]}});
  out << "Adjustment " << id << " withdrawn by " << printable(words[3]) << ".\n";
}

}  // namespace

void adjust(const Options& options, std::ostream& out) {
  const bool lists = options.words.size() == 1 || options.words[1] == "pending";
  if (lists) return print_adjustments(*store::open_reader(options.database), options, out);
  const std::string& kind = options.words[1];
  const bool withdraws = kind == "withdraw";
  if (!withdraws && kind != "split" && kind != "rename" && kind != "set-position") {
    throw UsageError{"adjust does not take \"" + printable(kind) +
                     "\": split, rename, set-position, withdraw or pending"};
  }
  if (options.json) throw UsageError{"--json goes with the list of adjustments"};
  if (withdraws) return withdraw(options, out);
  ask_for(options, out);
}

}  // namespace risk::riskctl
