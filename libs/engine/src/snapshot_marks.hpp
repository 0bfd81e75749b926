// The remembered marks of a symbol in a snapshot. The format is in SNAPSHOT.md.
#pragma once

#include <string>

#include "kinds/kind.hpp"
#include "rates.hpp"
#include "remembered_marks.hpp"
#include "snapshot_stream.hpp"

namespace risk::engine {

namespace snapshot_marks {

// What the price of a mark is in.
enum class In : std::uint8_t { kBase = 0, kCurrency = 1, kWorth = 2 };

}  // namespace snapshot_marks

// "": there are none. Of the newest only the input is written: it is the symbol's mark.
inline std::string remembered_marks_text(const RememberedMarks& marks, const Rates& rates,
                                         SnapshotWriter::InputNumbers input_numbers) {
  using snapshot_marks::In;
  if (marks.empty()) return "";
  return SnapshotWriter::text_of(
      [&](SnapshotWriter& out) {
        out.number(marks.size());
        for (std::size_t i = 0; i < marks.size(); ++i) {
          const auto& [mark, input] = marks.at(i);
          out.input_number(input);
          if (i + 1 == marks.size()) return;
          out.signed_number(mark.price.units());
          out.signed_number(mark.at.nanos);
          const In in = mark.currency == rates.base()  ? In::kBase
                        : mark.currency == kNoCurrency ? In::kWorth
                                                       : In::kCurrency;
          out.number(static_cast<Uint128>(in));
          if (in == In::kCurrency) out.text(rates.name(mark.currency));
        }
      },
      input_numbers);
}

inline RememberedMarks read_remembered_marks(SnapshotReader& in, const std::string& text, const Mark& newest,
                                             const Rates& rates) {
  using snapshot_marks::In;
  RememberedMarks marks;
  in.read_inner("remembered marks", text, [&](SnapshotReader& inner) {
    const auto count = inner.number<std::uint8_t>("remembered marks", RememberedMarks::kMost);
    if (count == 0) inner.refuse("remembered marks", "are none");
    Timestamp before = kOldest;
    for (std::uint8_t i = 0; i < count; ++i) {
      MadeMark made{newest, inner.number("input of a mark", kCountMax)};
      if (i + 1 < count) {
        Mark& mark = made.mark;
        mark.price = Price::from_units(inner.signed_number("remembered mark", -INT64_MAX));
        mark.at = {inner.signed_number("time of a remembered mark", kOldest.nanos, kTimestampMax.nanos)};
        const auto of = static_cast<In>(inner.number<std::uint8_t>("currency of a remembered mark", 2));
        mark.currency = of == In::kBase    ? rates.base()
                        : of == In::kWorth ? kNoCurrency
                                           : rates.find(inner.text("currency of a remembered mark", kIdBytesMax));
        if (of == In::kCurrency && (mark.currency == kNoCurrency || mark.currency == rates.base())) {
          inner.refuse("currency of a remembered mark", "has no rate");
        }
      }
      if (made.mark.at < before) inner.refuse("remembered marks", "are not in order");
      before = made.mark.at;
      marks.add(made);
    }
  });
  return marks;
}

}  // namespace risk::engine
