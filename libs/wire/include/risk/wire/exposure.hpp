// Records of the stream "exposures" (proto/risk/v1/exposure.proto): what changed, for those who show it. Money is text
// here, rounded to 4 places as in the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/result.hpp"
#include "risk/engine/types.hpp"

namespace risk::wire {

inline constexpr char kExposuresTopic[] = "exposures";

struct ExposureFigures {
  std::string id;  // a client id, a symbol; "" for the firm
  std::string total_exposure, gross, net, long_value, short_value, turnover, pnl;
  std::uint64_t position_count = 0;
  std::uint64_t transaction_count = 0;
  std::optional<std::string> utilisation;  // 4 places
  engine::RiskLevel risk_level = engine::RiskLevel::kLow;
  Timestamp last_updated;
  std::optional<std::string> mark;  // of a symbol, exact

  friend bool operator==(const ExposureFigures&, const ExposureFigures&) = default;
};
ExposureFigures figures(const engine::ExposureRow& row);

// Of a bust, side, quantity, price and notional are those of what it takes back.
struct AppliedTransaction {
  engine::Transaction transaction;
  std::uint64_t apply_seq = 0;
  std::string notional;  // base currency
  bool late = false;
  std::uint64_t reverses = 0;                       // of a bust or a correction: the apply_seq of what it takes back
  bool counted_only = false;                        // its bust or correction came before it: it moved nothing
  std::optional<engine::ReversedBy> reversed_by{};  // not in an update: what takes it back comes later

  friend bool operator==(const AppliedTransaction&, const AppliedTransaction&) = default;
};

struct StreamStatus {
  std::string stream_id;
  std::string publisher;
  std::uint64_t delivered = 0;
  std::uint64_t announced = 0;
  std::uint64_t missing = 0;
  bool up = false;
  std::uint32_t recent = 0;                  // of its last 1,000 executions: how many there were
  std::uint32_t recent_late = 0;             // how many of them were late
  std::optional<std::int64_t> lead_nanos{};  // its latest execution after the latest of all other streams
  std::uint64_t duplicates = 0;              // its records that were applied before, by whatever stream
  std::uint64_t conflicts = 0;               // and those whose identity was, with other figures

  friend bool operator==(const StreamStatus&, const StreamStatus&) = default;
};

// How many records wait, and for what.
struct Waiting {
  std::uint64_t conflicts = 0;    // for a person
  std::uint64_t executions = 0;   // busts and corrections, for what they take back
  std::uint64_t held_prices = 0;  // for another price of the symbol
  std::uint64_t adjustments = 0;  // for their instant

  friend bool operator==(const Waiting&, const Waiting&) = default;
};

struct ExposureUpdate {
  std::uint64_t apply_seq = 0;  // the last input these figures contain
  std::optional<Timestamp> now;
  std::vector<ExposureFigures> clients;
  std::vector<ExposureFigures> symbols;
  std::optional<ExposureFigures> firm;
  std::vector<AppliedTransaction> transactions;  // the newest since the last update, at most 100
  std::uint64_t transactions_total = 0;
  std::uint64_t quarantined_total = 0;  // records that could not be applied
  std::optional<Waiting> waiting{};     // none: an engine of an earlier release does not say
  double transactions_per_second = 0;
  std::uint64_t uncommitted_inputs = 0;
  std::vector<StreamStatus> streams;

  friend bool operator==(const ExposureUpdate&, const ExposureUpdate&) = default;
};

std::string encode(const ExposureUpdate& update);
Result<ExposureUpdate> decode_exposure_update(std::string_view payload);

}  // namespace risk::wire
