#include "riskctl/backtest/figures.hpp"

#include <algorithm>
#include <limits>

#include "risk/base/check.hpp"

namespace risk::riskctl {

std::int64_t utilisation_e4(const engine::Figure& value, const engine::Figure& limit) {
  constexpr Int128 kOne = 10'000;
  RISK_CHECK(value.unit == limit.unit && limit.amount > 0);
  const Int128 magnitude = value.amount < 0 ? -value.amount : value.amount;
  // Limits of money have 8 places of the 16, so that dividing them loses nothing, where multiplying could overflow.
  const Int128 ratio = limit.unit == engine::Figure::Unit::kMoney ? divide_half_even(magnitude, limit.amount / kOne)
                                                                  : divide_half_even(magnitude * kOne, limit.amount);
  return static_cast<std::int64_t>(std::min(ratio, Int128{std::numeric_limits<std::int64_t>::max()}));
}

std::string utilisation_text(std::int64_t utilisation_e4) {
  return format_rounded(utilisation_e4, 2, 1) + "%";
}

std::string figure_text(const engine::Figure& figure) {
  if (figure.unit == engine::Figure::Unit::kMoney) return Notional::from_units(figure.amount).to_text();
  return figure.to_string();
}

std::string duration_text(std::int64_t micros) {
  constexpr std::int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  const auto seconds = micros / kMicrosPerSecond;
  const auto two = [seconds](std::int64_t large, const char* large_name, std::int64_t small, const char* small_name) {
    return std::to_string(seconds / large) + large_name + std::to_string(seconds % large / small) + small_name;
  };
  if (seconds >= kDay) return two(kDay, " d ", kHour, " h");
  if (seconds >= kHour) return two(kHour, " h ", kMinute, " min");
  if (seconds >= kMinute) return two(kMinute, " min ", 1, " s");
  return format_rounded(micros, 6, 3) + " s";
}

std::string seconds_text(Timestamp time) {
  std::string text = format_timestamp(time);
  const auto last = text.find_last_not_of("0Z");
  return text.substr(0, text[last] == '.' ? last : last + 1) + "Z";
}

std::string entity_text(engine::EntityType type, const std::string& id) {
  return std::string(to_string(type)) + (id.empty() ? "" : " " + id);
}

}  // namespace risk::riskctl
