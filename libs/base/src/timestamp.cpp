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

const Error kNotATime{"not an ISO 8601 time such as 2024-09-20T08:36:00.000Z"};

// Takes ".123456789" from the front of `rest`, if it begins so.
Result<std::int64_t> take_fraction(std::string_view& rest) {
  constexpr std::size_t kPlaces = 9;
  if (rest.empty() || rest.front() != '.') return std::int64_t{0};
  rest.remove_prefix(1);
  const auto length = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (length == 0) return kNotATime;
  if (length > kPlaces) return Error{"more than 9 decimal places of a second"};
  std::int64_t nanos = *digits(rest.substr(0, length));
  for (auto i = length; i < kPlaces; ++i) nanos *= 10;
  rest.remove_prefix(length);
  return nanos;
}

// The seconds of "Z", "+05:30", "+0530" or "+05", which is all that is left of the text.
Result<std::int64_t> parse_offset(std::string_view text) {
  if (text == "Z") return std::int64_t{0};
  if (text.empty()) return Error{"has neither Z nor an offset from UTC, such as in 2024-09-20T08:36:00+01:00"};
  const bool has_colon = text.size() == 6 && text[3] == ':';
  if ((text.front() != '+' && text.front() != '-') || (text.size() != 3 && text.size() != 5 && !has_colon)) {
    return kNotATime;
  }
  const auto hours = digits(text.substr(1, 2));
  const auto minutes = text.size() == 3 ? std::optional(0) : digits(text.substr(has_colon ? 4 : 3));
  if (!hours || !minutes) return kNotATime;
  if (*hours > 23 || *minutes > 59) return Error{"no such offset from UTC"};
  const std::int64_t seconds = *hours * 3'600 + *minutes * 60;
  return text.front() == '-' ? -seconds : seconds;
}

std::string format_with_places(Timestamp time, bool with_nanos) {
  RISK_CHECK(time.is_in_range());
  using namespace std::chrono;
  const sys_seconds second{seconds{time.seconds()}};
  const auto midnight = floor<days>(second);
  const year_month_day date{midnight};
  const auto of_day = static_cast<int>((second - midnight).count());
  const auto of_second = static_cast<int>(time.nanos - time.seconds() * kNanosPerSecond);
  char text[48];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3'600,
                    of_day / 60 % 60, of_day % 60, of_second);
  std::string result(text, static_cast<std::size_t>(size));
  if (!with_nanos) result.erase(result.size() - 4, 3);
  return result;
}

}  // namespace

Result<Timestamp> parse_timestamp(std::string_view text) {
  constexpr std::size_t kToSeconds = 19;  // YYYY-MM-DDTHH:MM:SS
  if (text.size() < kToSeconds) return kNotATime;
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2));
  const auto hour = digits(text.substr(11, 2)), minute = digits(text.substr(14, 2)),
             second = digits(text.substr(17, 2));
  const bool separators =
      text[4] == '-' && text[7] == '-' && (text[10] == 'T' || text[10] == ' ') && text[13] == ':' && text[16] == ':';
  if (!year || !month || !day || !hour || !minute || !second || !separators) return kNotATime;

  std::string_view rest = text.substr(kToSeconds);
  auto nanos = take_fraction(rest);
  if (!nanos) return nanos.error();
  const auto offset = parse_offset(rest);
  if (!offset) return offset.error();

  using namespace std::chrono;
  const year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (*year == 0 || !date.ok()) return Error{"no such date"};
  if (*hour > 23 || *minute > 59 || *second > 60) return Error{"no such time of day"};
  const bool is_leap = *second == 60;
  const std::int64_t days = sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds =
      days * kSecondsPerDay + *hour * 3'600 + *minute * 60 + (is_leap ? 59 : *second) - *offset;
  if (seconds < kTimestampMin.seconds() || seconds > kTimestampMax.seconds()) {
    return Error{std::string(kOutsideTimestamps)};
  }
  return Timestamp{Timestamp::from_seconds(seconds).nanos + (is_leap ? kNanosPerSecond - 1 : *nanos)};
}

std::string format_timestamp(Timestamp time) {
  return format_with_places(time, time.nanos_of_micro() != 0);
}

std::string format_timestamp_micros(Timestamp time) {
  return format_with_places(time, false);
}

Timestamp system_now() {
  using namespace std::chrono;
  return Timestamp::from_micros(duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace risk
