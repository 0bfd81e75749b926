// Rows and commits to try a store with.
#pragma once

#include <string>
#include <vector>

#include "risk/store/reader.hpp"
#include "risk/store/store.hpp"

namespace risk::test {

inline constexpr char kStream[] = "00112233445566778899aabbccddeeff";
inline constexpr Timestamp kNoon{1'726'833'600'123'456'000};  // 2024-09-20T12:00:00.123456Z

Notional money(const std::string& text);

// A commit that moves the engine's cursor from one apply_seq to another and does nothing else.
store::Commit step(std::uint64_t from, std::uint64_t to);

store::AppliedInput transaction(std::uint64_t apply_seq, std::uint64_t sequence,
                                const std::string& client = "CLIENT_001", const std::string& symbol = "AAPL");
store::AppliedInput tick(std::uint64_t apply_seq, std::uint64_t sequence);
store::AppliedInput opening_position(std::uint64_t apply_seq, std::uint64_t sequence);
store::AppliedInput market_price(std::uint64_t apply_seq, std::uint64_t sequence);
store::AppliedInput exchange_rate(std::uint64_t apply_seq, std::uint64_t sequence);
store::AppliedInput instrument(std::uint64_t apply_seq, std::uint64_t sequence);
store::AppliedInput held_price_decision(std::uint64_t apply_seq, std::uint64_t sequence);
engine::Instrument future(const std::string& symbol);
store::AppliedInput rules(std::uint64_t apply_seq, const std::string& encoded);

engine::ExposureRow exposure(const std::string& id);
extern const Price kMark;
engine::ExposureRow symbol_exposure(const std::string& symbol, Price mark = kMark);
// At kMark: what comes back if its symbol's row says so.
engine::PositionRow position(const std::string& client, const std::string& symbol, std::int64_t whole);
store::AlertRow alert(std::uint64_t alert_id);  // of a client's exposure
store::AlertRow anomaly_alert(std::uint64_t alert_id);
store::AlertEventRow alert_event(std::uint64_t event_id, std::uint64_t alert_id);
store::QuarantineRow quarantined(std::uint64_t sequence);
store::DeliveryRow delivery(std::uint64_t event_id, std::uint64_t alert_id, const std::string& channel = "slack");
store::MetricsRow metrics(Timestamp at);

store::AppliedInputs replayed(store::Store& store, std::uint64_t after = 0);
store::AppliedInputs replayed(store::Reader& reader, std::uint64_t after = 0);

}  // namespace risk::test
