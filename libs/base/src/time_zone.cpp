#include "risk/base/time_zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <optional>

#include "risk/base/text.hpp"

// The header has another layout without it than Debian's library, and nothing else would tell.
static_assert(USE_OS_TZDB == 1, "date::date-tz of CMake defines it");

namespace risk {
namespace {

// The years that an instant of this system can have lie between.
constexpr date::sys_seconds kFirst = date::sys_days{date::year{1600} / 1 / 1};
constexpr date::sys_seconds kLast = date::sys_days{date::year{2262} / 1 / 1};
constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

// A name of the database, and not one of its other files: "zone.tab", "../passwd", "localtime", which is the machine's.
bool may_be_zone(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() >= 'A' && name.front() <= 'Z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '+' || c == '/';
         });
}

// A database of the slim kind leaves out what its footers' rules give, which the library does not read: every summer
// since 2007 would be an hour off.
bool is_whole_database() {
  const date::time_zone* new_york = date::locate_zone("America/New_York");
  return new_york->get_info(date::sys_days{date::year{2037} / 7 / 1}).offset == std::chrono::hours{-4};
}

}  // namespace

struct TimeZone::Rules {
  struct Period {
    std::int64_t begin;  // seconds since the epoch
    std::int32_t offset_seconds;
  };

  std::string name;
  std::vector<Period> periods;  // by begin; the first has no begin before it
  std::int64_t known_until = kForever;

  // Of the period that an instant lies in.
  std::size_t index_at(std::int64_t utc_seconds) const {
    const auto after =
        std::upper_bound(periods.begin() + 1, periods.end(), utc_seconds,
                         [](std::int64_t instant, const Period& period) { return instant < period.begin; });
    return static_cast<std::size_t>(after - periods.begin()) - 1;
  }
  std::int64_t end_of(std::size_t index) const {
    return index + 1 < periods.size() ? periods[index + 1].begin : kForever;
  }
};

Result<TimeZone> TimeZone::find(std::string_view name) {
  if (name == "UTC") return utc();
  const Error unknown{"no time zone of that name in the system's database; names are such as Europe/Amsterdam"};
  if (!may_be_zone(name)) return unknown;
  auto rules = std::make_shared<Rules>();
  rules->name = name;
  try {
    const date::tzdb& database = date::get_tzdb();
    const auto zone = std::find_if(database.zones.begin(), database.zones.end(),
                                   [name](const date::time_zone& candidate) { return candidate.name() == name; });
    if (zone == database.zones.end()) return unknown;
    if (!is_whole_database())
      return Error{"the time-zone database lacks changes of the clocks; it has to be a fat one"};
    date::sys_seconds last_change = kFirst;
    for (date::sys_seconds instant = kFirst; instant < kLast;) {
      const date::sys_info info = zone->get_info(instant);
      const auto offset = static_cast<std::int32_t>(info.offset.count());
      if (rules->periods.empty() || rules->periods.back().offset_seconds != offset) {
        rules->periods.push_back({instant.time_since_epoch().count(), offset});
        last_change = instant;
      }
      instant = info.end;
    }
    constexpr date::sys_seconds k2037 = date::sys_days{date::year{2037} / 1 / 1};
    constexpr date::sys_seconds k2038 = date::sys_days{date::year{2038} / 1 / 1};
    if (k2037 <= last_change && last_change < k2038) rules->known_until = k2038.time_since_epoch().count();
  } catch (const std::exception& error) {
    return Error{"the time-zone database cannot be read: " + printable(error.what())};
  }
  return TimeZone(std::move(rules));
}

TimeZone TimeZone::utc() {
  static const auto kUtc =
      std::make_shared<const Rules>(Rules{"UTC", {{kFirst.time_since_epoch().count(), 0}}, kForever});
  return TimeZone(kUtc);
}

const std::string& TimeZone::name() const {
  return rules_->name;
}

std::int32_t TimeZone::offset_seconds_at(Timestamp instant) const {
  return rules_->periods[rules_->index_at(instant.seconds())].offset_seconds;
}

Result<std::int64_t> TimeZone::to_utc_seconds(std::int64_t local_seconds, Repeated repeated) const {
  const Rules& rules = *rules_;
  // An offset is less than a day, so the instant lies in the period of a day before, of a day after, or between.
  const std::size_t first = rules.index_at(local_seconds - kSecondsPerDay);
  const std::size_t last = rules.index_at(local_seconds + kSecondsPerDay);
  std::optional<std::int64_t> earliest, latest;
  for (std::size_t i = first; i <= last; ++i) {
    const std::int64_t instant = local_seconds - rules.periods[i].offset_seconds;
    const bool is_inside = (i == 0 || instant >= rules.periods[i].begin) && instant < rules.end_of(i);
    if (!is_inside) continue;
    if (!earliest) earliest = instant;
    latest = instant;
  }
  const std::string clocks = "the clocks of " + rules.name;
  if (!earliest) return Error{clocks + " skip that time"};
  if (*latest >= rules.known_until) return Error{clocks + " are not known so far ahead"};
  if (earliest != latest && repeated == Repeated::kRefuse) return Error{clocks + " show that time twice"};
  return repeated == Repeated::kLater ? *latest : *earliest;
}

std::vector<TimeZone::Change> TimeZone::changes(Timestamp from, Timestamp to) const {
  const Timestamp end = std::min(to, known_until());
  std::vector<Change> found;
  if (from >= end) return found;
  std::size_t i = rules_->index_at(from.seconds());
  found.push_back({from, rules_->periods[i].offset_seconds});
  for (++i; i < rules_->periods.size(); ++i) {
    const auto begin = Timestamp::from_seconds(rules_->periods[i].begin);
    if (begin >= end) break;
    found.push_back({begin, rules_->periods[i].offset_seconds});
  }
  return found;
}

Timestamp TimeZone::known_until() const {
  return rules_->known_until == kForever ? kTimestampMax : Timestamp::from_seconds(rules_->known_until);
}

}  // namespace risk
