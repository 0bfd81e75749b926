#include "drop-copy/fix/maturity.hpp"

#include <string>

#include "drop-copy/fix/tags.hpp"
#include "risk/base/text.hpp"

namespace risk::drop_copy {
namespace {

using Text = std::string_view;

Unusable no_date(int tag, Text value) {
  return {tag, std::string(value), "is no date of maturity"};
}

// Midnight at the begin of a day. Nothing: no such date.
std::optional<Timestamp> midnight(Text year_month, Text day) {
  std::string text(year_month.substr(0, 4));
  text.append("-").append(year_month.substr(4)).append("-").append(day).append("T00:00:00Z");
  const auto at = parse_timestamp(text);
  return at ? std::optional(*at) : std::nullopt;
}

std::optional<Timestamp> end_of_day(Text year_month, Text day) {
  const auto begin = midnight(year_month, day);
  return begin ? std::optional(later_by(*begin, kSecondsPerDay)) : std::nullopt;
}

std::optional<Timestamp> end_of_month(Text year_month) {
  const auto year = parse_whole<int>(year_month.substr(0, 4)), month = parse_whole<int>(year_month.substr(4, 2));
  if (!year || !month || !midnight(year_month, "01")) return std::nullopt;
  const int next = *year * 12 + *month;  // months from 0 on, of the month after
  std::string following = std::to_string(next / 12) + (next % 12 < 9 ? "0" : "") + std::to_string(next % 12 + 1);
  return midnight(following, "01");
}

}  // namespace

Result<std::optional<Timestamp>, Unusable> read_expiry(const MaturityFields& fields) {
  const auto& [date, month_year, day] = fields;
  if (!date.empty()) {
    const auto end = date.size() == 8 ? end_of_day(date.substr(0, 6), date.substr(6)) : std::nullopt;
    if (!end) return no_date(tag::kMaturityDate, date);
    return end;
  }
  if (month_year.empty()) return std::optional<Timestamp>();
  const bool is_week = month_year.size() == 8 && month_year[6] == 'w' && month_year[7] >= '1' && month_year[7] <= '5';
  const auto month = month_year.substr(0, 6);
  std::optional<Timestamp> end;
  if (month_year.size() == 8 && !is_week) {
    end = end_of_day(month, month_year.substr(6));
  } else if (month_year.size() == 6 && !day.empty()) {
    end = end_of_day(month, day.size() == 1 ? "0" + std::string(day) : std::string(day));
    if (!end && midnight(month, "01")) return no_date(tag::kMaturityDay, day);
  } else if (month_year.size() == 6 || is_week) {
    end = end_of_month(month);
  }
  if (!end) return no_date(tag::kMaturityMonthYear, month_year);
  return end;
}

}  // namespace risk::drop_copy
