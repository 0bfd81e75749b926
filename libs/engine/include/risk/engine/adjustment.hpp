// What happens to a symbol or a position without a trade: a split, a new name, a position that a person sets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/decimal.hpp"
#include "risk/base/id.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::engine {

enum class AdjustmentKind : std::uint8_t { kSplit = 1, kRename = 2, kSetPosition = 3 };

// As it arrived, not yet judged: see value_problem() in rules.hpp. A field that is of another kind is empty.
struct Adjustment {
  Timestamp effective_at{};
  AdjustmentKind kind = AdjustmentKind::kSplit;
  Symbol symbol{};
  std::string ratio{};                 // of a SPLIT, new to old: "4:1"
  Symbol new_symbol{};                 // of a RENAME
  ClientId client_id{};                // of a SET_POSITION
  std::optional<Quantity> quantity{};  // of a SET_POSITION: buy +, sell -
  std::string reason{};                // for people, at most kAdjustmentTextBytesMax; "": none is given

  friend bool operator==(const Adjustment&, const Adjustment&) = default;
};

inline constexpr std::size_t kAdjustmentTextBytesMax = 200;

// So many new units take the place of so many old ones.
struct SplitRatio {
  std::uint32_t new_units = 1;
  std::uint32_t old_units = 1;

  static constexpr std::uint32_t kMost = 1'000'000;
  // Of "4:1". Nothing: it is not two whole numbers from 1 to kMost with a colon between them.
  static std::optional<SplitRatio> parse(std::string_view text);

  friend bool operator==(const SplitRatio&, const SplitRatio&) = default;
};

// What becomes of a quantity and of a price, each rounded half to even to 8 places. Nothing: it leaves its range.
std::optional<Quantity> split(Quantity quantity, SplitRatio ratio);
std::optional<Price> split(Price price, SplitRatio ratio);

// How many splits a core remembers of a symbol, and how many splits and renames of all.
inline constexpr std::size_t kSplitsOfSymbolMax = 1'000;
inline constexpr std::size_t kSplitsMax = 100'000;
inline constexpr std::size_t kRenamesMax = 100'000;

}  // namespace risk::engine
