// Rows as the contract (openapi.json) writes them. The same functions write the API's answers and the live stream, so
// a row looks the same wherever it shows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "risk/base/json.hpp"
#include "risk/engine/rules.hpp"
#include "risk/store/reader.hpp"
#include "risk/wire/alert.hpp"
#include "risk/wire/exposure.hpp"

namespace risk::gateway {

// The largest whole number that a browser keeps.
inline constexpr std::uint64_t kIdMax = (std::uint64_t{1} << 53) - 1;

// The names of the enumerations in the order the contract lists them.
inline const std::span<const std::string_view> kSeverities = engine::enum_names<engine::Severity>();
inline const std::span<const std::string_view> kStatuses = engine::enum_names<engine::AlertStatus>();
inline const std::span<const std::string_view> kEntityTypes = engine::enum_names<engine::EntityType>();
inline const std::span<const std::string_view> kAlertTypes = engine::enum_names<engine::AlertType>();

// The exposure limits in force, from table `limits`.
class LimitTable {
 public:
  LimitTable() = default;
  explicit LimitTable(const std::vector<store::LimitRow>& rows);

  // The entity's own limit, or its rule's ("client_exposure"), or none.
  std::optional<std::string> of(const char* rule, const std::string& entity_id) const;
  std::uint64_t config_version() const { return config_version_; }

  friend bool operator==(const LimitTable&, const LimitTable&) = default;

 private:
  std::map<std::pair<std::string, std::string>, std::string> limits_;  // by rule and entity id
  std::uint64_t config_version_ = 0;
};

// The store's rows and the engine's messages in one shape each.
store::AlertRow to_alert_row(const wire::AlertMessage& message);
wire::AppliedTransaction to_applied(const store::StoredTransaction& stored);

void write_client(JsonWriter& json, const wire::ExposureFigures& row, const std::optional<std::string>& limit);
void write_symbol(JsonWriter& json, const wire::ExposureFigures& row, const std::optional<std::string>& limit);
void write_firm(JsonWriter& json, const wire::ExposureFigures& row, const std::optional<std::string>& limit);
void write_position(JsonWriter& json, const engine::PositionRow& row);
void write_instrument(JsonWriter& json, const engine::Instrument& row);
void write_alert(JsonWriter& json, const store::AlertRow& row);
void write_alert_detail(JsonWriter& json, const store::AlertRow& row,
                        const std::optional<wire::AppliedTransaction>& transaction,
                        const std::vector<store::AlertEventRow>& events);
void write_transaction(JsonWriter& json, const wire::AppliedTransaction& row);
void write_metrics(JsonWriter& json, const store::MetricsRow& row);
void write_quarantine(JsonWriter& json, const store::QuarantineRow& row);
void write_adjustment(JsonWriter& json, const store::AdjustmentRow& row);
// `rules` as configured, for what table `limits` does not hold; `rows` are what is in force.
void write_limits(JsonWriter& json, const engine::RuleSet& rules, const std::vector<store::LimitRow>& rows);

// Alerts by severity and type.
struct AlertTally {
  // [type][severity], in the order of the names above
  std::vector<std::vector<std::uint64_t>> count{kAlertTypes.size(), std::vector<std::uint64_t>(kSeverities.size())};

  void add(engine::AlertType type, engine::Severity severity, std::uint64_t n = 1);
};
void write_by_severity(JsonWriter& json, const AlertTally& tally);
void write_by_type(JsonWriter& json, const AlertTally& tally);
void write_by_type_and_severity(JsonWriter& json, const AlertTally& tally);

}  // namespace risk::gateway
