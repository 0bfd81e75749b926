#include "time_style.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "risk/base/join.hpp"
#include "risk/base/text.hpp"

namespace risk::ingest {
namespace {

using Reading = TimePattern::Reading;

constexpr std::size_t kPlacesMax = 9;
// An epoch in the wrong unit lies in 1970 or far ahead; executions from before this date do not come as epochs.
constexpr std::int64_t kEpochSecondsMin = 315'532'800;  // 1980-01-01T00:00:00Z
constexpr std::int64_t kEpochSecondsMax = kTimestampMax.seconds();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The number that the first `count` characters are, which are taken off. No value: they are no digits.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count || !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count), is_digit)) {
    return std::nullopt;
  }
  const auto number = parse_whole<int>(text.substr(0, count));
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> take_month_name(std::string_view& text) {
  constexpr std::string_view kNames = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (text.size() < 3) return std::nullopt;
  const std::array name{lower(text[0]), lower(text[1]), lower(text[2])};
  for (std::size_t month = 0; month < 12; ++month) {
    if (kNames.substr(3 * month, 3) != std::string_view(name.data(), name.size())) continue;
    text.remove_prefix(3);
    return static_cast<int>(month) + 1;
  }
  return std::nullopt;
}

// The digits that `text` begins with as billionths; 0 digits are none. More than nine: an error.
std::optional<Result<std::int32_t>> take_nanos(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  if (length == 0) return std::nullopt;
  if (length > kPlacesMax) return Result<std::int32_t>(Error{"more than 9 decimal places of a second"});
  std::int32_t nanos = *parse_whole<std::int32_t>(text.substr(0, length));
  for (std::size_t i = length; i < kPlacesMax; ++i) nanos *= 10;
  text.remove_prefix(length);
  return Result<std::int32_t>(nanos);
}

// "Z", "+05:30", "+0530", "+05". No value: `text` begins with none.
std::optional<std::int32_t> take_offset(std::string_view& text) {
  if (take(text, 'Z')) return 0;
  const bool negative = text.starts_with('-');
  if (!negative && !text.starts_with('+')) return std::nullopt;
  std::string_view rest = text.substr(1);
  const auto hours = take_digits(rest, 2);
  if (!hours) return std::nullopt;
  std::optional<int> minutes = 0;
  if (rest.starts_with(':') || (!rest.empty() && is_digit(rest.front()))) {
    take(rest, ':');
    minutes = take_digits(rest, 2);
  }
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  text = rest;
  const int seconds = *hours * 3'600 + *minutes * 60;
  return negative ? -seconds : seconds;
}

struct Civil {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int32_t nanos = 0;
  std::optional<bool> is_afternoon;
  std::optional<std::int32_t> offset_seconds;
};

Result<Reading> reading_of(Civil civil) {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{civil.year}, std::chrono::month{static_cast<unsigned>(civil.month)},
                            std::chrono::day{static_cast<unsigned>(civil.day)}};
  if (civil.year == 0 || !date.ok()) return Error{"no such date"};
  if (civil.is_afternoon) {
    if (civil.hour < 1 || civil.hour > 12) return Error{"no such time of day"};
    civil.hour = civil.hour % 12 + (*civil.is_afternoon ? 12 : 0);
  }
  if (civil.hour > 23 || civil.minute > 59 || civil.second > 60) return Error{"no such time of day"};
  if (civil.second == 60) {  // a leap second is the last moment of the second before
    civil.second = 59;
    civil.nanos = 999'999'999;
  }
  const std::int64_t days = sys_days{date}.time_since_epoch().count();
  return Reading{days * kSecondsPerDay + civil.hour * 3'600 + civil.minute * 60 + civil.second, civil.nanos,
                 civil.offset_seconds};
}

std::optional<Result<Reading>> match_iso(std::string_view text) {
  Civil civil;
  const auto number = [&text](int& value, std::size_t digits) {
    const auto taken = take_digits(text, digits);
    if (taken) value = *taken;
    return taken.has_value();
  };
  if (!number(civil.year, 4) || !take(text, '-') || !number(civil.month, 2) || !take(text, '-') ||
      !number(civil.day, 2) || (!take(text, 'T') && !take(text, ' ')) || !number(civil.hour, 2) || !take(text, ':') ||
      !number(civil.minute, 2)) {
    return std::nullopt;
  }
  if (take(text, ':')) {
    if (!number(civil.second, 2)) return std::nullopt;
    if (take(text, '.')) {
      const auto nanos = take_nanos(text);
      if (!nanos) return std::nullopt;
      if (!*nanos) return Result<Reading>(nanos->error());
      civil.nanos = **nanos;
    }
  }
  if (!text.empty()) {
    civil.offset_seconds = take_offset(text);
    if (!civil.offset_seconds || !text.empty()) return std::nullopt;
  }
  return reading_of(civil);
}

// YYYYMMDD-HH:MM:SS[.f], which is UTC.
std::optional<Result<Reading>> match_fix(std::string_view text) {
  const auto year = take_digits(text, 4), month = take_digits(text, 2), day = take_digits(text, 2);
  if (!year || !month || !day || !take(text, '-')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  Civil civil{*year, *month, *day, *hour, *minute, *second, 0, std::nullopt, 0};
  if (take(text, '.')) {
    const auto nanos = take_nanos(text);
    if (!nanos) return std::nullopt;
    if (!*nanos) return Result<Reading>(nanos->error());
    civil.nanos = **nanos;
  }
  if (!text.empty()) return std::nullopt;
  return reading_of(civil);
}

// A count of units of 10^-places of a second, which may have decimals itself.
std::optional<Result<Reading>> match_epoch(std::string_view text, int places) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point), fraction = text.substr(std::min(point + 1, text.size()));
  if (whole.empty() || !std::all_of(whole.begin(), whole.end(), is_digit) ||
      !std::all_of(fraction.begin(), fraction.end(), is_digit) || (point < text.size() && fraction.empty())) {
    return std::nullopt;
  }
  std::string digits(whole);
  digits.append(fraction);
  const std::size_t decimals = static_cast<std::size_t>(places) + fraction.size();
  if (digits.size() < decimals) digits.insert(0, decimals - digits.size(), '0');
  const auto seconds = parse_whole<std::int64_t>("0" + digits.substr(0, digits.size() - decimals));
  std::string_view rest = std::string_view(digits).substr(digits.size() - decimals);
  while (rest.size() > kPlacesMax && rest.ends_with('0')) rest.remove_suffix(1);
  if (rest.size() > kPlacesMax) return Result<Reading>(Error{"more than 9 decimal places of a second"});
  if (!seconds || *seconds < kEpochSecondsMin || *seconds > kEpochSecondsMax) {
    return Result<Reading>(Error{"not between the years 1980 and 2261: it may have another unit"});
  }
  Reading reading{*seconds, 0, 0};
  if (!rest.empty()) {
    const auto nanos = take_nanos(rest);
    reading.nanos = **nanos;
  }
  return Result<Reading>(reading);
}

Result<Timestamp> instant_of(std::int64_t utc_seconds, std::int32_t nanos) {
  if (utc_seconds < kTimestampMin.seconds() || utc_seconds > kTimestampMax.seconds()) {
    return Error{std::string(kOutsideTimestamps)};
  }
  return Timestamp{Timestamp::from_seconds(utc_seconds).nanos + nanos};
}

}  // namespace

Result<TimePattern> TimePattern::parse(std::string_view text) {
  TimePattern pattern;
  pattern.text_ = text;
  constexpr std::array<std::pair<std::string_view, int>, 4> kEpochs{
      {{"epoch_s", 0}, {"epoch_ms", 3}, {"epoch_us", 6}, {"epoch_ns", 9}}};
  for (const auto& [name, places] : kEpochs) {
    if (text != name) continue;
    pattern.kind_ = Kind::kEpoch;
    pattern.epoch_places_ = places;
    return pattern;
  }
  if (text == "iso" || text == "fix") {
    pattern.kind_ = text == "iso" ? Kind::kIso : Kind::kFix;
    return pattern;
  }
  auto parts = parse_parts(text);
  if (!parts) return parts.error();
  pattern.parts_ = std::move(parts).value();
  return pattern;
}

Result<std::vector<TimePattern::Part>> TimePattern::parse_parts(std::string_view text) {
  using PartKind = Part::Kind;
  std::vector<Part> parts;
  const auto has = [&parts](PartKind kind) {
    return std::any_of(parts.begin(), parts.end(), [kind](const Part& part) { return part.kind == kind; });
  };
  const auto add_text = [&parts](std::string_view literal) {
    if (parts.empty() || parts.back().kind != PartKind::kText) parts.push_back({PartKind::kText, false, ""});
    parts.back().text.append(literal);
  };
  while (!text.empty()) {
    const char letter = text.front();
    const std::size_t run = std::min(text.find_first_not_of(letter), text.size());
    std::size_t length = run;
    std::optional<PartKind> kind;
    if (letter == '\'') {
      const std::size_t end = text.find('\'', 1);
      if (end == std::string_view::npos) return Error{"a ' is not closed"};
      add_text(text.substr(1, end - 1));
      text.remove_prefix(end + 1);
      continue;
    }
    if (letter == 'y' && run == 4) kind = PartKind::kYear;
    if (letter == 'm' && run == 3) kind = PartKind::kMonthName;
    if (letter == 'm' && run <= 2) kind = has(PartKind::kHour) ? PartKind::kMinute : PartKind::kMonth;
    if (letter == 'd' && run <= 2) kind = PartKind::kDay;
    if (letter == 'h' && run <= 2) kind = PartKind::kHour;
    if (letter == 's' && run <= 2) kind = PartKind::kSecond;
    if (letter == 'f' && run == 1) kind = PartKind::kFraction;
    if (letter == 'z' && run == 1) kind = PartKind::kOffset;
    if (letter == '*' && run == 1) kind = PartKind::kAny;
    if (text.starts_with("ap")) {
      kind = PartKind::kHalfOfDay;
      length = 2;
    }
    const bool is_letter = lower(letter) >= 'a' && lower(letter) <= 'z';
    if (!kind && (is_letter || letter == '*' || is_digit(letter))) {
      return Error{"\"" + printable(text.substr(0, length)) + "\" is no part of a time; a text stands between '"};
    }
    if (!kind) {
      add_text(text.substr(0, length));
    } else {
      if (*kind != PartKind::kAny && has(*kind)) return Error{"a part of the time comes twice"};
      if (*kind == PartKind::kFraction && (parts.empty() || parts.back().kind != PartKind::kText ||
                                           (!parts.back().text.ends_with('.') && !parts.back().text.ends_with(',')))) {
        return Error{"a fraction f stands after . or ,"};
      }
      if (*kind == PartKind::kFraction) {  // takes its mark, for both may be absent
        const char mark = parts.back().text.back();
        parts.back().text.pop_back();
        if (parts.back().text.empty()) parts.pop_back();
        parts.push_back({*kind, false, std::string(1, mark)});
      } else {
        parts.push_back({*kind, length == 1 && *kind != PartKind::kAny, ""});
      }
    }
    text.remove_prefix(length);
  }
  const bool has_month = has(PartKind::kMonth) || has(PartKind::kMonthName);
  if (!has(PartKind::kYear) || !has_month || !has(PartKind::kDay)) return Error{"it needs yyyy, mm and dd"};
  if (has(PartKind::kMonth) && has(PartKind::kMonthName)) return Error{"a part of the time comes twice"};
  if ((has(PartKind::kSecond) && !has(PartKind::kMinute)) || (has(PartKind::kFraction) && !has(PartKind::kSecond))) {
    return Error{"a smaller part of a time needs the larger ones"};
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool before_text = i + 1 == parts.size() || parts[i + 1].kind == PartKind::kText;
    if (parts[i].kind == PartKind::kAny && !before_text) return Error{"a * stands before a text or at the end"};
    // "hmm" could cut 112 in two ways.
    const bool before_digits = !before_text && parts[i + 1].kind != PartKind::kHalfOfDay &&
                               parts[i + 1].kind != PartKind::kOffset && parts[i + 1].kind != PartKind::kMonthName &&
                               parts[i + 1].kind != PartKind::kFraction;
    const bool of_digits = parts[i].kind != PartKind::kText && parts[i].kind != PartKind::kAny;
    if (of_digits && parts[i].one_digit && parts[i].kind != PartKind::kOffset && before_digits) {
      return Error{"a part of one or two digits stands before other digits"};
    }
  }
  return parts;
}

std::optional<Result<Reading>> TimePattern::match(std::string_view text) const {
  if (kind_ == Kind::kIso) return match_iso(text);
  if (kind_ == Kind::kFix) return match_fix(text);
  if (kind_ == Kind::kEpoch) return match_epoch(text, epoch_places_);

  Civil civil;
  const auto number = [&text](int& value, const Part& part) {
    const bool two = !part.one_digit || (text.size() >= 2 && is_digit(text[1]));
    const auto taken = take_digits(text, two ? 2 : 1);
    if (taken) value = *taken;
    return taken.has_value();
  };
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    bool fits = true;
    switch (part.kind) {
      case Part::Kind::kText:
        fits = text.starts_with(part.text);
        if (fits) text.remove_prefix(part.text.size());
        break;
      case Part::Kind::kAny: {
        const std::size_t end = i + 1 == parts_.size() ? text.size() : text.find(parts_[i + 1].text);
        fits = end != std::string_view::npos;
        if (fits) text.remove_prefix(end);
        break;
      }
      case Part::Kind::kYear: {
        const auto year = take_digits(text, 4);
        fits = year.has_value();
        civil.year = year.value_or(0);
        break;
      }
      case Part::Kind::kMonth:
        fits = number(civil.month, part);
        break;
      case Part::Kind::kMonthName: {
        const auto month = take_month_name(text);
        fits = month.has_value();
        civil.month = month.value_or(0);
        break;
      }
      case Part::Kind::kDay:
        fits = number(civil.day, part);
        break;
      case Part::Kind::kHour:
        fits = number(civil.hour, part);
        break;
      case Part::Kind::kMinute:
        fits = number(civil.minute, part);
        break;
      case Part::Kind::kSecond:
        fits = number(civil.second, part);
        break;
      case Part::Kind::kFraction:
        if (text.starts_with(part.text)) {
          text.remove_prefix(part.text.size());
          const auto nanos = take_nanos(text);
          fits = nanos.has_value();
          if (fits && !*nanos) return Result<Reading>(nanos->error());
          if (fits) civil.nanos = **nanos;
        }
        break;
      case Part::Kind::kHalfOfDay:
        fits = text.size() >= 2 && (lower(text[0]) == 'a' || lower(text[0]) == 'p') && lower(text[1]) == 'm';
        if (fits) {
          civil.is_afternoon = lower(text[0]) == 'p';
          text.remove_prefix(2);
        }
        break;
      case Part::Kind::kOffset:
        civil.offset_seconds = take_offset(text);
        fits = civil.offset_seconds.has_value();
        break;
    }
    if (!fits) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return reading_of(civil);
}

bool TimePattern::needs_zone() const {
  return kind_ == Kind::kParts &&
         std::none_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.kind == Part::Kind::kOffset; });
}

Result<Timestamp> read_time(std::string_view text, const TimeStyle& style) {
  for (const TimePattern& pattern : style.patterns) {
    const auto reading = pattern.match(text);
    if (!reading) continue;
    if (!*reading) return reading->error();
    const Reading& at = **reading;
    if (at.offset_seconds) return instant_of(at.seconds - *at.offset_seconds, at.nanos);
    if (!style.zone) return Error{"has no zone, and neither has the format (zone)"};
    const auto utc_seconds = style.zone->to_utc_seconds(at.seconds, style.repeated);
    if (!utc_seconds) return utc_seconds.error();
    return instant_of(*utc_seconds, at.nanos);
  }
  return Error{"not a time such as the format has: " +
               join(style.patterns, ", ", [](const TimePattern& pattern) { return pattern.text(); })};
}

}  // namespace risk::ingest
