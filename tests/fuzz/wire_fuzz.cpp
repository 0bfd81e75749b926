// The payloads of records and commands: any bytes are refused with a reason or give values; an input comes through the
// encoder as it was, and the core takes it or refuses it.
#include <string>

#include "input.hpp"
#include "risk/base/check.hpp"
#include "risk/engine/core.hpp"
#include "risk/engine/rules.hpp"
#include "risk/wire/alert.hpp"
#include "risk/wire/control.hpp"
#include "risk/wire/exposure.hpp"
#include "risk/wire/rules.hpp"
#include "risk/wire/transaction.hpp"

namespace {

using namespace risk;

void decode_input(std::string_view bytes) {
  static wire::InputDecoder decoder;
  static engine::Core core{engine::RuleSet{}};
  auto decoded = decoder.decode(bytes);
  // The short way comes to the same, over whatever was there before.
  static engine::Transaction into;
  const auto* parsed = decoded ? std::get_if<engine::Transaction>(&decoded->input) : nullptr;
  static std::optional<Timestamp> received_at;
  RISK_CHECK(decoder.decode_transaction(bytes, into, received_at) == (parsed != nullptr));
  RISK_CHECK(parsed == nullptr || (into == *parsed && received_at == decoded->provenance.received_at));
  if (!decoded) {
    RISK_CHECK(!decoded.error().reason.empty());
    return;
  }
  const auto again = wire::encode(decoded->input, decoded->provenance);
  const auto second = decoder.decode(again);
  RISK_CHECK(second.ok());
  RISK_CHECK(wire::encode(second->input, second->provenance) == again);
  std::vector<engine::AlertEvent> events;
  if (const auto* t = std::get_if<engine::Transaction>(&decoded->input)) {
    // What a bust or a correction takes back is not for the core to find: apply_fuzz gives it.
    if (t->is_reversal()) {
      (void)engine::value_problem(*t);
    } else {
      (void)core.apply(*t, events);
    }
  }
  if (const auto* p = std::get_if<engine::OpeningPosition>(&decoded->input)) (void)core.apply(*p);
  if (const auto* p = std::get_if<engine::MarketPrice>(&decoded->input)) (void)core.apply(*p, events);
  if (const auto* r = std::get_if<engine::ExchangeRate>(&decoded->input)) (void)core.apply(*r, events);
  if (const auto* i = std::get_if<engine::Instrument>(&decoded->input)) (void)core.apply(*i);
  if (const auto* a = std::get_if<engine::Adjustment>(&decoded->input)) (void)core.apply(*a, events);
}

template <class Decoded>
void has_reason(const Decoded& decoded) {
  if (!decoded) RISK_CHECK(!decoded.error().reason.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  decode_input(bytes);
  has_reason(wire::decode_alert(bytes));
  has_reason(wire::decode_exposure_update(bytes));
  has_reason(wire::decode_command(bytes));
  has_reason(wire::decode_command_reply(bytes));
  has_reason(wire::decode_rules(bytes));
  return 0;
}
