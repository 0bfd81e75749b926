#include "risk/base/timestamp.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>

namespace risk {
namespace {

// The decimal number of exactly text.size() digits, or nothing.
std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

const Error kNotATime{"not an ISO 8601 UTC time such as 2024-09-20T08:36:00.000Z"};

}  // namespace

Result<Timestamp> parse_timestamp(std::string_view text) {
  constexpr std::size_t kToSeconds = 19;  // YYYY-MM-DDTHH:MM:SS
  if (text.size() <= kToSeconds) return kNotATime;
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2));
  const auto hour = digits(text.substr(11, 2)), minute = digits(text.substr(14, 2)),
             second = digits(text.substr(17, 2));
  const bool separators =
      text[4] == '-' && text[7] == '-' && (text[10] == 'T' || text[10] == ' ') && text[13] == ':' && text[16] == ':';
  if (!year || !month || !day || !hour || !minute || !second || !separators) return kNotATime;

  std::string_view rest = text.substr(kToSeconds);
  std::int64_t fraction_micros = 0;
  if (rest.front() == '.') {
    rest.remove_prefix(1);
    const auto length = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (length == 0) return kNotATime;
    if (length > 6) return Error{"more than 6 decimal places of a second"};
    fraction_micros = *digits(rest.substr(0, length));
    for (auto i = length; i < 6; ++i) fraction_micros *= 10;
    rest.remove_prefix(length);
  }
  if (rest != "Z" && rest != "+00:00") return kNotATime;

  using namespace std::chrono;
  const year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (*year == 0 || !date.ok()) return Error{"no such date"};
  if (*hour > 23 || *minute > 59 || *second > 59) return Error{"no such time of day"};
  const std::int64_t days = sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds = days * 86'400 + *hour * 3'600 + *minute * 60 + *second;
  return Timestamp{seconds * kMicrosPerSecond + fraction_micros};
}

std::string format_timestamp(Timestamp time) {
  RISK_CHECK(kTimestampMin <= time && time <= kTimestampMax);
  using namespace std::chrono;
  const sys_time<microseconds> instant{microseconds{time.micros}};
  const auto midnight = floor<days>(instant);
  const year_month_day date{midnight};
  const std::int64_t of_day = (instant - midnight).count();
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(of_day / 3'600'000'000), static_cast<int>(of_day / 60'000'000 % 60),
                static_cast<int>(of_day / kMicrosPerSecond % 60), static_cast<int>(of_day % kMicrosPerSecond));
  return text;
}

Timestamp system_now() {
  using namespace std::chrono;
  return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace risk
