#include "risk/engine/types.hpp"

#include <algorithm>
#include <array>

namespace risk::engine {
namespace {

template <class T>
std::string_view name_of(T value) {
  for (const auto& name : kEnumNames<T>) {
    if (name.value == value) return name.text;
  }
  return "UNKNOWN";
}

}  // namespace

std::string_view to_string(Side side) {
  return name_of(side);
}
std::string_view to_string(ExecutionKind kind) {
  return name_of(kind);
}
std::string_view to_string(Contract contract) {
  return name_of(contract);
}
std::string_view to_string(AdjustmentKind kind) {
  return name_of(kind);
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
  for (const auto& candidate : kEnumNames<T>) {
    if (candidate.text == name) return candidate.value;
  }
  return std::nullopt;
}

template <class T>
std::span<const std::string_view> enum_names() {
  static const auto kTexts = [] {
    std::array<std::string_view, kEnumNames<T>.size()> texts;
    std::transform(kEnumNames<T>.begin(), kEnumNames<T>.end(), texts.begin(),
                   [](const auto& name) { return name.text; });
    return texts;
  }();
  return kTexts;
}

template std::optional<Side> parse_enum(std::string_view);
template std::optional<ExecutionKind> parse_enum(std::string_view);
template std::optional<Contract> parse_enum(std::string_view);
template std::optional<AdjustmentKind> parse_enum(std::string_view);
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
template std::span<const std::string_view> enum_names<AdjustmentKind>();

int places_of(Figure::Unit unit) {
  switch (unit) {
    case Figure::Unit::kMoney:
      return kNotionalPlaces;
    case Figure::Unit::kCount:
      return 0;
    case Figure::Unit::kZScore:
      return kEdgePlaces;
    case Figure::Unit::kPrice:
      return kDecimalPlaces;
  }
  RISK_CHECK(!"a unit");
}

std::string Figure::to_string() const {
  switch (unit) {
    case Unit::kMoney:
      return format_rounded(amount, kNotionalPlaces, kEdgePlaces);
    case Unit::kCount:
      return format_exact(amount, 0);
    case Unit::kZScore:
      return format_rounded(amount, kEdgePlaces, kEdgePlaces);
    case Unit::kPrice:
      return format_exact(amount, kDecimalPlaces);
  }
  RISK_CHECK(!"a unit");
}

}  // namespace risk::engine
