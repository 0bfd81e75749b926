#include "risk/engine/types.hpp"

#include <algorithm>
#include <array>

namespace risk::engine {
namespace {

template <class T>
struct Name {
  T value;
  std::string_view text;
};

// The one table of names; to_string and parse_enum read it both ways.
template <class T>
constexpr auto kNames = std::array<Name<T>, 0>{};
template <>
constexpr auto kNames<Side> = std::to_array<Name<Side>>({{Side::kBuy, "BUY"}, {Side::kSell, "SELL"}});
template <>
constexpr auto kNames<Severity> = std::to_array<Name<Severity>>({{Severity::kLow, "LOW"},
                                                                 {Severity::kMedium, "MEDIUM"},
                                                                 {Severity::kHigh, "HIGH"},
                                                                 {Severity::kCritical, "CRITICAL"}});
template <>
constexpr auto kNames<RiskLevel> = std::to_array<Name<RiskLevel>>({{RiskLevel::kLow, "LOW"},
                                                                   {RiskLevel::kMedium, "MEDIUM"},
                                                                   {RiskLevel::kHigh, "HIGH"},
                                                                   {RiskLevel::kCritical, "CRITICAL"}});
template <>
constexpr auto kNames<Measure> = std::to_array<Name<Measure>>({{Measure::kGross, "gross"},
                                                               {Measure::kNet, "net"},
                                                               {Measure::kLong, "long"},
                                                               {Measure::kShort, "short"},
                                                               {Measure::kTurnover, "turnover"}});
template <>
constexpr auto kNames<EntityType> = std::to_array<Name<EntityType>>({{EntityType::kClient, "CLIENT"},
                                                                     {EntityType::kSymbol, "SYMBOL"},
                                                                     {EntityType::kFirm, "FIRM"}});
template <>
constexpr auto kNames<AlertStatus> = std::to_array<Name<AlertStatus>>({{AlertStatus::kOpen, "OPEN"},
                                                                       {AlertStatus::kAcknowledged, "ACKNOWLEDGED"},
                                                                       {AlertStatus::kResolved, "RESOLVED"}});
template <>
constexpr auto kNames<AlertType> =
    std::to_array<Name<AlertType>>({{AlertType::kHighClientExposure, "HIGH_CLIENT_EXPOSURE"},
                                    {AlertType::kHighSymbolExposure, "HIGH_SYMBOL_EXPOSURE"},
                                    {AlertType::kHighFirmExposure, "HIGH_FIRM_EXPOSURE"},
                                    {AlertType::kHighTransactionVelocity, "HIGH_TRANSACTION_VELOCITY"},
                                    {AlertType::kAnomalyDetected, "ANOMALY_DETECTED"}});
template <>
constexpr auto kNames<AlertEventType> = std::to_array<Name<AlertEventType>>({{AlertEventType::kOpened, "OPENED"},
                                                                             {AlertEventType::kEscalated, "ESCALATED"},
                                                                             {AlertEventType::kWorsened, "WORSENED"},
                                                                             {AlertEventType::kAcknowledged,
                                                                              "ACKNOWLEDGED"},
                                                                             {AlertEventType::kAssigned, "ASSIGNED"},
                                                                             {AlertEventType::kCommented, "COMMENTED"},
                                                                             {AlertEventType::kSilenced, "SILENCED"},
                                                                             {AlertEventType::kResolved, "RESOLVED"}});

template <class T>
std::string_view name_of(T value) {
  for (const auto& name : kNames<T>) {
    if (name.value == value) return name.text;
  }
  return "UNKNOWN";
}

}  // namespace

std::string_view to_string(Side side) {
  return name_of(side);
}
std::string_view to_string(Severity severity) {
  return name_of(severity);
}
std::string_view to_string(RiskLevel level) {
  return name_of(level);
}
std::string_view to_string(Measure measure) {
  return name_of(measure);
}
std::string_view to_string(EntityType type) {
  return name_of(type);
}
std::string_view to_string(AlertStatus status) {
  return name_of(status);
}
std::string_view to_string(AlertType type) {
  return name_of(type);
}
std::string_view to_string(AlertEventType type) {
  return name_of(type);
}

template <class T>
std::optional<T> parse_enum(std::string_view name) {
  for (const auto& candidate : kNames<T>) {
    if (candidate.text == name) return candidate.value;
  }
  return std::nullopt;
}

template <class T>
std::span<const std::string_view> enum_names() {
  static const auto kTexts = [] {
    std::array<std::string_view, kNames<T>.size()> texts;
    std::transform(kNames<T>.begin(), kNames<T>.end(), texts.begin(), [](const auto& name) { return name.text; });
    return texts;
  }();
  return kTexts;
}

template std::optional<Side> parse_enum(std::string_view);
template std::optional<Severity> parse_enum(std::string_view);
template std::optional<RiskLevel> parse_enum(std::string_view);
template std::optional<Measure> parse_enum(std::string_view);
template std::optional<EntityType> parse_enum(std::string_view);
template std::optional<AlertStatus> parse_enum(std::string_view);
template std::optional<AlertType> parse_enum(std::string_view);
template std::optional<AlertEventType> parse_enum(std::string_view);
template std::span<const std::string_view> enum_names<Severity>();
template std::span<const std::string_view> enum_names<Measure>();
template std::span<const std::string_view> enum_names<EntityType>();
template std::span<const std::string_view> enum_names<AlertStatus>();
template std::span<const std::string_view> enum_names<AlertType>();

std::string Figure::to_string() const {
  switch (unit) {
    case Unit::kMoney:
      return format_rounded(amount, kNotionalPlaces, kEdgePlaces);
    case Unit::kCount:
      return format_exact(amount, 0);
    case Unit::kZScore:
      return format_rounded(amount, kEdgePlaces, kEdgePlaces);
  }
  RISK_CHECK(!"a unit");
}

}  // namespace risk::engine
