// The numbers of what a snapshot holds. The format is in SNAPSHOT.md.
#pragma once

#include <cstdint>
#include <string_view>

namespace risk::engine::snapshot {

inline constexpr std::string_view kMagic = "RISKCORE";
inline constexpr std::uint32_t kVersion = 3;
inline constexpr std::uint32_t kOldestVersion = 1;
inline constexpr std::uint32_t kHashVersion = 2;
inline constexpr std::string_view kHashPrefix = "2:";

// Of a symbol.
inline constexpr std::uint32_t kMarkCurrencyField = 1;
inline constexpr std::uint32_t kNegativeMarkField = 2;
inline constexpr std::uint32_t kMarkIsWorthField = 3;
inline constexpr std::uint32_t kSymbolBasisField = 4;
inline constexpr std::uint32_t kRememberedMarksField = 5;
inline constexpr std::uint32_t kHeldPriceField = 6;
// Of a client and of the firm.
inline constexpr std::uint32_t kBasisField = 1;
// Of the firm.
inline constexpr std::uint32_t kSessionFromField = 2;
inline constexpr std::uint32_t kSplitsField = 3;
inline constexpr std::uint32_t kRenamesField = 4;

}  // namespace risk::engine::snapshot
