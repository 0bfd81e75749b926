// Time zones of the system's IANA database (Debian's package tzdata): what the clocks of a place show at an instant,
// and which instant a reading of them means.
//
// A TimeZone is an immutable value that holds every change of its clocks; copies are cheap. find() reads the database
// (once in a process for all zones; a database that is updated later is not seen), everything else is a pure function.
// Threads: any may call anything.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/result.hpp"
#include "risk/base/timestamp.hpp"

namespace risk {

class TimeZone {
 public:
  // From `from` on the clocks are `offset_seconds` ahead of UTC (below 0: behind), until the next change.
  struct Change {
    Timestamp from;
    std::int32_t offset_seconds = 0;
    friend bool operator==(const Change&, const Change&) = default;
  };

  // What to make of a reading that the clocks show twice, for they were set back.
  enum class Repeated : std::uint8_t { kEarlier, kLater, kRefuse };

  // By its IANA name in its exact spelling: "America/New_York". "UTC" needs no database. Errors: "no time zone of that
  // name …", "the time-zone database cannot be read: …".
  static Result<TimeZone> find(std::string_view name);

  static TimeZone utc();

  const std::string& name() const;

  // How far the clocks are ahead of UTC, in seconds: -14,400 in New York in summer. After known_until() as at the last
  // change that is known.
  std::int32_t offset_seconds_at(Timestamp instant) const;

  // The instant at which the clocks show `local_seconds`, in seconds since 1970-01-01T00:00:00 UTC; `local_seconds` are
  // those since 1970-01-01T00:00:00 on the clocks. Errors: "the clocks of America/New_York skip that time", "… show
  // that time twice" (kRefuse), "… are not known so far ahead" (not before known_until()).
  Result<std::int64_t> to_utc_seconds(std::int64_t local_seconds, Repeated repeated = Repeated::kEarlier) const;

  // What is in force at `from`, with `from` as its instant, and each change after it and before `to`. Empty: from >=
  // to. Ends at known_until().
  std::vector<Change> changes(Timestamp from, Timestamp to) const;

  // The database lists the changes of most zones with daylight-saving time up to 2037: then this is the begin of 2038,
  // else kTimestampMax.
  Timestamp known_until() const;

 private:
  struct Rules;
  explicit TimeZone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  std::shared_ptr<const Rules> rules_;
};

}  // namespace risk
