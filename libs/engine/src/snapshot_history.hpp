// Splits and renames in a snapshot. The format is in SNAPSHOT.md.
#pragma once

#include <string>
#include <utility>

#include "kinds/kind.hpp"
#include "snapshot_stream.hpp"
#include "symbol_history.hpp"

namespace risk::engine {

// "": there are none.
inline std::string splits_text(const Splits& splits, SnapshotWriter::InputNumbers input_numbers) {
  if (splits.all().empty()) return "";
  return SnapshotWriter::text_of(
      [&](SnapshotWriter& out) {
        out.number(splits.all().size());
        for (const auto& [symbol, of_symbol] : splits.all()) {
          out.text(symbol);
          out.number(of_symbol.size());
          for (const Split& split : of_symbol) {
            out.signed_number(split.effective_at.nanos);
            out.number(split.ratio.new_units);
            out.number(split.ratio.old_units);
            out.input_number(split.input);
          }
        }
      },
      input_numbers);
}

inline std::string renames_text(const Renames& renames, SnapshotWriter::InputNumbers input_numbers) {
  if (renames.all().empty()) return "";
  return SnapshotWriter::text_of(
      [&](SnapshotWriter& out) {
        out.number(renames.all().size());
        for (const auto& [symbol, of_symbol] : renames.all()) {
          out.text(symbol);
          out.number(of_symbol.size());
          for (const Rename& rename : of_symbol) {
            out.text(rename.new_symbol);
            out.input_number(rename.input);
            out.number(rename.ended_by ? (rename.is_taken_back ? 2 : 1) : 0);
            if (rename.ended_by) out.input_number(*rename.ended_by);
          }
        }
      },
      input_numbers);
}

namespace snapshot_history {

inline std::string read_symbol(SnapshotReader& in) {
  std::string symbol = in.text("symbol of the history", kIdBytesMax);
  if (const auto problem = id_problem(symbol)) in.refuse("symbol of the history", "is " + std::string(*problem));
  return symbol;
}

// Calls read(symbol) as often as there are entries of it. More than `most` together are refused.
inline void read_by_symbol(SnapshotReader& in, const char* what, std::size_t most, const auto& read) {
  std::string before;
  std::size_t room = most;
  auto symbols = in.number<std::size_t>(what, most);
  if (symbols == 0) in.refuse(what, "are none");
  for (; symbols > 0; --symbols) {
    std::string symbol = read_symbol(in);
    if (symbol <= before) in.refuse(what, "are not in order");
    const auto count = in.number<std::size_t>(what, room);
    if (count == 0) in.refuse(what, "of a symbol are none");
    for (std::size_t i = 0; i < count; ++i) read(symbol);
    room -= count;
    before = std::move(symbol);
  }
}

}  // namespace snapshot_history

inline void read_splits(SnapshotReader& in, const std::string& text, Splits& splits) {
  in.read_inner("splits", text, [&](SnapshotReader& inner) {
    snapshot_history::read_by_symbol(inner, "splits", kSplitsMax, [&](const std::string& symbol) {
      Split split;
      split.effective_at = inner.timestamp("time of a split");
      split.ratio.new_units = inner.number<std::uint32_t>("ratio", SplitRatio::kMost);
      split.ratio.old_units = inner.number<std::uint32_t>("ratio", SplitRatio::kMost);
      if (split.ratio.new_units == 0 || split.ratio.old_units == 0) inner.refuse("ratio", "is of nothing");
      split.input = inner.number("input of a split", kCountMax);
      const Splits::Of& before = splits.of(symbol);
      if (before.size() >= kSplitsOfSymbolMax) inner.refuse("splits", "of a symbol are too many");
      if (!before.empty() && split.input < before.back().input) inner.refuse("splits", "are not in order");
      splits.add(symbol, split);
    });
  });
}

inline void read_renames(SnapshotReader& in, const std::string& text, Renames& renames) {
  in.read_inner("renames", text, [&](SnapshotReader& inner) {
    snapshot_history::read_by_symbol(inner, "renames", kRenamesMax, [&](const std::string& symbol) {
      Rename rename;
      rename.new_symbol = snapshot_history::read_symbol(inner);
      rename.input = inner.number("input of a rename", kCountMax);
      const auto ended = inner.number<std::uint8_t>("end of a rename", 2);
      if (ended != 0) rename.ended_by = inner.number("end of a rename", kCountMax);
      rename.is_taken_back = ended == 2;
      if (rename.ended_by && *rename.ended_by < rename.input) inner.refuse("rename", "ends before it begins");
      const Renames::Of& before = renames.of(symbol);
      if (!before.empty() && (!before.back().ended_by || rename.input < *before.back().ended_by)) {
        inner.refuse("renames", "are not in order");
      }
      renames.restore(symbol, std::move(rename));
    });
    for (const auto& of_symbol : renames.all()) {
      if (renames.in_force(renames.meaning(of_symbol.first)) != nullptr) inner.refuse("renames", "lead in a circle");
    }
  });
}

}  // namespace risk::engine
