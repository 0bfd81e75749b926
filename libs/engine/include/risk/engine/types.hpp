// What goes into the risk core and what comes out of it, as plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/decimal.hpp"
#include "risk/base/id.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/engine/adjustment.hpp"
#include "risk/engine/instrument.hpp"
#include "risk/engine/transaction.hpp"

namespace risk::engine {

enum class Severity : std::uint8_t { kLow = 1, kMedium = 2, kHigh = 3, kCritical = 4 };
enum class RiskLevel : std::uint8_t { kLow = 1, kMedium = 2, kHigh = 3, kCritical = 4 };
enum class Measure : std::uint8_t { kGross = 1, kNet = 2, kLong = 3, kShort = 4, kTurnover = 5 };
enum class EntityType : std::uint8_t { kClient = 1, kSymbol = 2, kFirm = 3 };
inline constexpr EntityType kEntityTypes[] = {EntityType::kClient, EntityType::kSymbol, EntityType::kFirm};
enum class AlertStatus : std::uint8_t { kOpen = 1, kAcknowledged = 2, kResolved = 3 };
enum class AlertType : std::uint8_t {
  kHighClientExposure = 1,
  kHighSymbolExposure = 2,
  kHighFirmExposure = 3,
  kHighTransactionVelocity = 4,
  kAnomalyDetected = 5,
  kLargeTransaction = 6,
  kPriceDeviation = 7,
};
// OPENED, ESCALATED, WORSENED and RESOLVED come from the core, the others from people.
enum class AlertEventType : std::uint8_t {
  kOpened = 1,
  kEscalated = 2,
  kWorsened = 3,
  kAcknowledged = 4,
  kAssigned = 5,
  kCommented = 6,
  kSilenced = 7,
  kResolved = 8,
};

template <class T>
struct EnumName {
  T value;
  std::string_view text;
};

// The one table of names; to_string, parse_enum and enum_names read it.
template <class T>
inline constexpr auto kEnumNames = std::array<EnumName<T>, 0>{};
template <>
inline constexpr auto kEnumNames<Side> = std::to_array<EnumName<Side>>({{Side::kBuy, "BUY"}, {Side::kSell, "SELL"}});
template <>
inline constexpr auto kEnumNames<ExecutionKind> =
    std::to_array<EnumName<ExecutionKind>>({{ExecutionKind::kExecution, "EXECUTION"},
                                            {ExecutionKind::kBust, "BUST"},
                                            {ExecutionKind::kCorrection, "CORRECTION"}});
template <>
inline constexpr auto kEnumNames<Contract> = std::to_array<EnumName<Contract>>({{Contract::kLinear, "LINEAR"},
                                                                                {Contract::kInverse, "INVERSE"}});
template <>
inline constexpr auto kEnumNames<AdjustmentKind> =
    std::to_array<EnumName<AdjustmentKind>>({{AdjustmentKind::kSplit, "SPLIT"},
                                             {AdjustmentKind::kRename, "RENAME"},
                                             {AdjustmentKind::kSetPosition, "SET_POSITION"}});
template <>
inline constexpr auto kEnumNames<Severity> = std::to_array<EnumName<Severity>>({{Severity::kLow, "LOW"},
                                                                                {Severity::kMedium, "MEDIUM"},
                                                                                {Severity::kHigh, "HIGH"},
                                                                                {Severity::kCritical, "CRITICAL"}});
template <>
inline constexpr auto kEnumNames<RiskLevel> = std::to_array<EnumName<RiskLevel>>({{RiskLevel::kLow, "LOW"},
                                                                                  {RiskLevel::kMedium, "MEDIUM"},
                                                                                  {RiskLevel::kHigh, "HIGH"},
                                                                                  {RiskLevel::kCritical, "CRITICAL"}});
template <>
inline constexpr auto kEnumNames<Measure> = std::to_array<EnumName<Measure>>({{Measure::kGross, "gross"},
                                                                              {Measure::kNet, "net"},
                                                                              {Measure::kLong, "long"},
                                                                              {Measure::kShort, "short"},
                                                                              {Measure::kTurnover, "turnover"}});
template <>
inline constexpr auto kEnumNames<EntityType> = std::to_array<EnumName<EntityType>>({{EntityType::kClient, "CLIENT"},
                                                                                    {EntityType::kSymbol, "SYMBOL"},
                                                                                    {EntityType::kFirm, "FIRM"}});
template <>
inline constexpr auto kEnumNames<AlertStatus> = std::to_array<EnumName<AlertStatus>>(
    {{AlertStatus::kOpen, "OPEN"}, {AlertStatus::kAcknowledged, "ACKNOWLEDGED"}, {AlertStatus::kResolved, "RESOLVED"}});
template <>
inline constexpr auto kEnumNames<AlertType> =
    std::to_array<EnumName<AlertType>>({{AlertType::kHighClientExposure, "HIGH_CLIENT_EXPOSURE"},
                                        {AlertType::kHighSymbolExposure, "HIGH_SYMBOL_EXPOSURE"},
                                        {AlertType::kHighFirmExposure, "HIGH_FIRM_EXPOSURE"},
                                        {AlertType::kHighTransactionVelocity, "HIGH_TRANSACTION_VELOCITY"},
                                        {AlertType::kAnomalyDetected, "ANOMALY_DETECTED"},
                                        {AlertType::kLargeTransaction, "LARGE_TRANSACTION"},
                                        {AlertType::kPriceDeviation, "PRICE_DEVIATION"}});
template <>
inline constexpr auto kEnumNames<AlertEventType> =
    std::to_array<EnumName<AlertEventType>>({{AlertEventType::kOpened, "OPENED"},
                                             {AlertEventType::kEscalated, "ESCALATED"},
                                             {AlertEventType::kWorsened, "WORSENED"},
                                             {AlertEventType::kAcknowledged, "ACKNOWLEDGED"},
                                             {AlertEventType::kAssigned, "ASSIGNED"},
                                             {AlertEventType::kCommented, "COMMENTED"},
                                             {AlertEventType::kSilenced, "SILENCED"},
                                             {AlertEventType::kResolved, "RESOLVED"}});

// The names of enumerations ("HIGH_CLIENT_EXPOSURE", "gross"), the same on every interface.
std::string_view to_string(Side side);
std::string_view to_string(ExecutionKind kind);
std::string_view to_string(Contract contract);
std::string_view to_string(AdjustmentKind kind);
std::string_view to_string(Severity severity);
std::string_view to_string(RiskLevel level);
std::string_view to_string(Measure measure);
std::string_view to_string(EntityType type);
std::string_view to_string(AlertStatus status);
std::string_view to_string(AlertType type);
std::string_view to_string(AlertEventType type);

// The inverse of to_string. No value: not one of the names. T is any enumeration above.
template <class T>
std::optional<T> parse_enum(std::string_view name);
// All names of an enumeration above, in the order of its values.
template <class T>
std::span<const std::string_view> enum_names();

// An execution or a correction that was applied, as what takes it back needs to know it.
struct Original {
  std::uint64_t input = 0;  // the number of the input that applied it, see Core::number_next()
  std::uint64_t first_input =
      0;  // of the execution at the beginning of its chain of corrections; its own if it is that
  Timestamp executed_at;
  Quantity quantity;  // as it came: buy +, sell -; 0 of one that was only counted
  Price unit_value;   // what one unit was worth in base currency at its own price, when it was applied
  // Of the execution at the beginning of its chain, by which splits and renames are told.
  std::string symbol{};                          // under which it came; "": that of the reversal
  std::optional<Timestamp> first_executed_at{};  // none: `executed_at`

  friend bool operator==(const Original&, const Original&) = default;
};

// What took an execution or a correction back.
struct ReversedBy {
  std::uint64_t input = 0;                    // its number
  ExecutionKind kind = ExecutionKind::kBust;  // or kCorrection
  std::string transaction_id;

  friend bool operator==(const ReversedBy&, const ReversedBy&) = default;
};

// A position held before the first transaction. Sets quantity (and the symbol's mark), whatever they were before.
struct OpeningPosition {
  ClientId client_id;
  Symbol symbol;
  Quantity quantity;  // buy +, sell -
  Price price;        // the symbol's mark, in `currency`, older than any other
  std::string currency;

  friend bool operator==(const OpeningPosition&, const OpeningPosition&) = default;
};

// A mark without a trade: what a symbol is worth from an instant on.
struct MarketPrice {
  Symbol symbol;
  Price price;           // in `currency`
  std::string currency;  // as in Transaction
  Timestamp at;

  friend bool operator==(const MarketPrice&, const MarketPrice&) = default;
};

// What a person makes of the price of a symbol that is held.
struct HeldPriceDecision {
  Symbol symbol;
  bool takes = false;  // it becomes the mark; else it is dropped
  Timestamp at;

  friend bool operator==(const HeldPriceDecision&, const HeldPriceDecision&) = default;
};

// What a currency is worth from an instant on: every symbol whose mark is in it is worth something else at once.
struct ExchangeRate {
  std::string currency;  // not the base currency
  Rate rate;             // > 0: base currency per unit
  Timestamp at;          // not before that of the rate in force

  friend bool operator==(const ExchangeRate&, const ExchangeRate&) = default;
};

// Why an input cannot be applied: the field, its value as received and a clause for a person.
struct Rejection {
  std::string field;
  std::string value;
  std::string reason;

  friend bool operator==(const Rejection&, const Rejection&) = default;
};

// The five measures of one entity at the latest marks.
struct Exposure {
  Notional long_value;   // of |position x unit value| of positions above zero, as below of those below zero
  Notional short_value;  // >= 0
  Notional turnover;     // since the session began
  Notional inverted{};   // of what has a unit value below zero: long less short, which net counts the other way

  Notional gross() const { return Notional::from_units(long_value.units() + short_value.units()); }
  Notional net() const {
    return Notional::from_units((long_value.units() - inverted.units()) - (short_value.units() + inverted.units()));
  }
  Notional value(Measure measure) const {  // net with its sign
    switch (measure) {
      case Measure::kGross:
        return gross();
      case Measure::kNet:
        return net();
      case Measure::kLong:
        return long_value;
      case Measure::kShort:
        return short_value;
      case Measure::kTurnover:
        return turnover;
    }
    RISK_CHECK(!"a measure");
  }

  friend bool operator==(const Exposure&, const Exposure&) = default;
};

// One line of client_exposures or symbol_exposures. `id` is a client id or a symbol.
struct ExposureRow {
  std::string id;
  Exposure exposure;
  Notional total_exposure;              // the rule's measure
  Notional pnl;                         // of the session: what net is above what it began with and has traded since
  std::uint64_t position_count = 0;     // positions that are not zero
  std::uint64_t transaction_count = 0;  // since the stream began
  std::optional<std::int64_t>
      utilisation_e4;  // |total_exposure| / limit, rounded half to even to 4 places; none without a limit
  RiskLevel risk_level = RiskLevel::kLow;
  Timestamp last_updated;     // now, when the row last changed
  std::optional<Price> mark;  // of a symbol: what one unit is worth in base currency

  friend bool operator==(const ExposureRow&, const ExposureRow&) = default;
};

struct PositionRow {
  ClientId client_id;
  Symbol symbol;
  Quantity quantity;
  Price mark;  // what one unit of the symbol is worth in base currency

  Notional market_value() const { return Notional::of(quantity, mark); }
  friend bool operator==(const PositionRow&, const PositionRow&) = default;
};

// The price of a symbol that the jump guard holds.
struct HeldPriceRow {
  Symbol symbol;
  Price price;
  std::string currency;
  Timestamp at;
  std::string client_id;    // whose execution it was of; "": of none
  std::uint64_t input = 0;  // the number of the input that brought it
  Price mark;               // of the symbol
  std::string mark_currency;

  friend bool operator==(const HeldPriceRow&, const HeldPriceRow&) = default;
};

// One of the largest parts of an exposure: a symbol of a client, a client of a symbol or of the firm.
struct Contributor {
  std::string id;
  Notional value;  // of the rule's measure

  friend bool operator==(const Contributor&, const Contributor&) = default;
};

// What an anomaly was judged against: the entity's previous notionals.
struct AnomalyEvidence {
  Notional notional;  // of the transaction
  Notional mean;
  Notional standard_deviation;
  std::uint32_t sample_count = 0;

  friend bool operator==(const AnomalyEvidence&, const AnomalyEvidence&) = default;
};

// A value, a limit or a peak of an alert in the unit of its rule: an exposure is an amount of base currency scaled
// 10^16, a velocity a count, an anomaly |z| scaled 10^4, a price scaled 10^8 in the currency that it came in. Only a
// price may be below 0.
struct Figure {
  enum class Unit : std::uint8_t { kMoney = 1, kCount = 2, kZScore = 3, kPrice = 4 };
  Unit unit = Unit::kMoney;
  Int128 amount = 0;

  // Money and z with 4 places ("1250000.0000", "5.2100"), a count as it is ("11"), a price with the places that it has
  // ("187.125").
  std::string to_string() const;
  friend bool operator==(const Figure&, const Figure&) = default;
};

// How many decimal places an amount of a unit is scaled by.
int places_of(Figure::Unit unit);

inline constexpr std::size_t kContributorsMax = 10;

// A change of an alert, self-contained: with it a person can answer "why?".
struct AlertEvent {
  std::uint64_t alert_id = 0;  // from 1, in the order of opening
  AlertEventType type = AlertEventType::kOpened;
  AlertType alert_type = AlertType::kHighClientExposure;
  Severity severity = Severity::kHigh;
  EntityType entity_type = EntityType::kFirm;
  std::string entity_id;           // a client id, a symbol; "" for the firm
  std::optional<Measure> measure;  // exposure rules only
  Figure value;                    // now
  Figure limit;
  std::optional<std::int64_t> utilisation_e4;  // value / limit scaled 10^4, of prices by what they are worth; none for
                                               // anomalies
  Figure peak;                                 // the largest value since the alert opened
  std::uint32_t window_seconds = 0;            // velocity rules only
  std::uint64_t config_version = 0;
  Timestamp at;                               // now, or the sweep's second
  std::optional<std::string> transaction_id;  // the one being applied; none in a sweep
  std::vector<Contributor> contributors;      // at most kContributorsMax, largest first, then byte order
  std::optional<AnomalyEvidence> anomaly;

  friend bool operator==(const AlertEvent&, const AlertEvent&) = default;
};

// The sentence a person reads, with amounts rounded half to even to 2 places:
// "Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)".
// `base_currency` is an ISO 4217 code; USD is written "$", any other as "EUR ".
std::string alert_message(const AlertEvent& event, std::string_view base_currency);

}  // namespace risk::engine
