// The splits, renames and set positions of a file, each held until an input reaches its instant.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "risk/engine/rules.hpp"
#include "risk/ingest/csv.hpp"

namespace risk::riskctl {

class HeldAdjustments {
 public:
  // A file with more would be of none that the core remembers.
  static constexpr std::size_t kMost = engine::kSplitsMax + engine::kRenamesMax;

  struct Row {
    engine::Adjustment adjustment;
    std::uint64_t line = 0;
  };

  // The whole file. Calls refuse(line, rejection) for what cannot be applied whatever the state, and repeated() for one
  // that is the same as one before it, which counts once. Throws CsvError.
  void read(const std::string& path, const auto& refuse, const auto& repeated) {
    ingest::AdjustmentReader reader(path);
    while (auto row = reader.next()) {
      if (const auto* bad = std::get_if<ingest::BadRow>(&*row)) {
        refuse(bad->line, bad->rejection);
        continue;
      }
      auto& adjustment = std::get<engine::Adjustment>(*row);
      const Timestamp at = adjustment.effective_at;
      const auto [first, last] = rows_.equal_range(at);
      if (const auto problem = engine::value_problem(adjustment)) {
        refuse(reader.line(), *problem);
      } else if (std::any_of(first, last, [&](const auto& held) { return held.second.adjustment == adjustment; })) {
        repeated();
      } else if (rows_.size() >= kMost) {
        refuse(reader.line(), engine::Rejection{"effective_at", format_timestamp(at),
                                                "one more than " + std::to_string(kMost) + ", as many as may wait"});
      } else {
        rows_.emplace(at, Row{std::move(adjustment), reader.line()});
      }
    }
  }

  bool is_due(Timestamp reached) const { return !rows_.empty() && rows_.begin()->first <= reached; }
  // The next one that is due, by its instant, then as they stand in the file.
  std::optional<Row> take_due(Timestamp reached) {
    if (!is_due(reached)) return std::nullopt;
    return std::move(rows_.extract(rows_.begin()).mapped());
  }

 private:
  std::multimap<Timestamp, Row> rows_;
};

}  // namespace risk::riskctl
