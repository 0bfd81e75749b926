#include "riskctl/backtest/json_answer.hpp"

namespace risk::riskctl {
namespace {

std::optional<std::string> name_of(const std::optional<engine::Measure>& measure) {
  if (!measure) return std::nullopt;
  return std::string(to_string(*measure));
}

std::optional<std::string> id_or_null(const std::string& id) {
  if (id.empty()) return std::nullopt;  // the firm
  return id;
}

void write_exposure(JsonLines& lines, std::string_view kind, std::string_view id_key, const engine::ExposureRow& row) {
  lines.begin(kind)
      .text(id_key, row.id)
      .text("gross", row.exposure.gross().to_string())
      .text("net", row.exposure.net().to_string())
      .text("long", row.exposure.long_value.to_string())
      .text("short", row.exposure.short_value.to_string())
      .text("turnover", row.exposure.turnover.to_string())
      .text("pnl", row.pnl.to_string())
      .number("position_count", row.position_count)
      .text("risk_level", to_string(row.risk_level))
      .end();
}

void write_side(JsonLines& lines, std::string_view key, const AlertSummary* alert) {
  if (alert == nullptr) {
    lines.text_or_null(key, std::nullopt);
    return;
  }
  std::optional<std::string> resolved_at;
  if (alert->resolved_at) resolved_at = format_timestamp(*alert->resolved_at);
  lines.open(key)
      .text("severity", to_string(alert->severity))
      .text_or_null("measure", name_of(alert->measure))
      .text("peak", alert->peak.to_string())
      .text("limit", alert->limit.to_string())
      .text_or_null("resolved_at", resolved_at)
      .close();
}

}  // namespace

void write_event(JsonLines& lines, const engine::AlertEvent& event) {
  lines.begin("event")
      .text("event", to_string(event.type))
      .text("alert_type", to_string(event.alert_type))
      .text("severity", to_string(event.severity))
      .text("entity_type", to_string(event.entity_type))
      .text_or_null("entity_id", id_or_null(event.entity_id))
      .text_or_null("measure", name_of(event.measure))
      .text("value", event.value.to_string())
      .text("limit", event.limit.to_string())
      .text("at", format_timestamp(event.at))
      .text_or_null("transaction_id", event.transaction_id)
      .end();
}

void write_state(JsonLines& lines, const engine::Core& core) {
  for (const auto& row : core.client_rows()) write_exposure(lines, "client", "client_id", row);
  for (const auto& row : core.symbol_rows()) write_exposure(lines, "symbol", "symbol", row);
  for (const auto& row : core.position_rows()) {
    lines.begin("position")
        .text("client_id", row.client_id.text)
        .text("symbol", row.symbol.text)
        .text("quantity", row.quantity.to_string())
        .end();
  }
}

void write_summary(JsonLines& lines, const RuleSetRun& run) {
  const auto counters = run.core().counters();
  lines.begin("summary")
      .number("transactions", counters.transactions)
      .number("late", counters.late)
      .number("quarantined", run.quarantined())
      .number("duplicates", run.duplicates())
      .number("busted", run.busted())
      .number("corrected", run.corrected())
      .text("state_hash", run.core().state_hash())
      .end();
}

void write_comparison(JsonLines& lines, const Comparison& comparison) {
  for (const auto& difference : comparison.differences) {
    const auto& alert = difference.any();
    lines.begin("difference")
        .text("raised_by", difference.raised_by())
        .text("alert_type", to_string(alert.type))
        .text("entity_type", to_string(alert.entity_type))
        .text_or_null("entity_id", id_or_null(alert.entity_id))
        .text("opened_at", format_timestamp(alert.opened_at));
    write_side(lines, "first", difference.first);
    write_side(lines, "second", difference.second);
    lines.end();
  }
  lines.begin("comparison")
      .number("only_first", comparison.only_first)
      .number("only_second", comparison.only_second)
      .number("different", comparison.different)
      .number("same", comparison.same)
      .end();
}

}  // namespace risk::riskctl
