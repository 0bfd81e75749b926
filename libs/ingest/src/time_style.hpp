// Times as foreign files write them. A pattern is one of the names iso, fix, epoch_s, epoch_ms, epoch_us, epoch_ns, or
// the parts of a time with what stands between them, "dd-mm-yyyy hh:mm:ss":
//
//   yyyy         year, four digits
//   mm m mmm     month before an hour, as two digits, one or two, or Jan to Dec in any case; after an hour: minute
//   dd d, hh h   day, hour; ss s: second
//   ap           AM or PM, in any case; the hour is 1 to 12 then
//   f            after . or , : a fraction of a second of 1 to 9 digits, which with its mark may be absent
//   z            Z or an offset, +05:30, +0530, +05
//   *            any text up to what follows
//   'text'       that text; so is any character that is no letter
//
// What a pattern leaves out of a time of day is 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/result.hpp"
#include "risk/base/time_zone.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::ingest {

class TimePattern {
 public:
  // Errors: why `text` is no pattern.
  static Result<TimePattern> parse(std::string_view text);

  // What clocks show, or an instant where offset_seconds is there.
  struct Reading {
    std::int64_t seconds = 0;  // since 1970-01-01T00:00:00 on these clocks
    std::int32_t nanos = 0;    // 0 to 999,999,999
    std::optional<std::int32_t> offset_seconds;
  };
  // No value: `text` has another shape. An error: it has the shape, and is no time ("no such date").
  std::optional<Result<Reading>> match(std::string_view text) const;

  const std::string& text() const { return text_; }
  // Whether a match never has an offset, and so needs a zone.
  bool needs_zone() const;

 private:
  enum class Kind : std::uint8_t { kIso, kFix, kEpoch, kParts };
  struct Part {
    enum class Kind : std::uint8_t {
      kText,
      kAny,
      kYear,
      kMonth,
      kMonthName,
      kDay,
      kHour,
      kMinute,
      kSecond,
      kFraction,
      kHalfOfDay,
      kOffset
    };
    Kind kind = Kind::kText;
    bool one_digit = false;  // one or two digits instead of two
    std::string text{};
  };

  Result<std::vector<Part>> static parse_parts(std::string_view text);

  std::string text_;
  Kind kind_ = Kind::kParts;
  int epoch_places_ = 0;  // 10^-places of a second is the unit
  std::vector<Part> parts_;
};

// How a file writes its times. The first pattern whose shape a text has decides, even where it makes no time of it: a
// day that is no month must not turn another text of the file around.
struct TimeStyle {
  std::vector<TimePattern> patterns;
  std::optional<TimeZone> zone;
  TimeZone::Repeated repeated = TimeZone::Repeated::kEarlier;
};

// The instant that `text` names. Errors: why it names none.
Result<Timestamp> read_time(std::string_view text, const TimeStyle& style);

}  // namespace risk::ingest
