// What goes on the bus for an execution or a message that cannot be used.
#include "drop-copy/records.hpp"

#include "fix_text.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::drop_copy;
using risk::drop_copy::test::fields;

namespace {

Execution fill() {
  Execution made;
  auto& t = made.transaction;
  t.transaction_id = "E1";
  t.executed_at = *parse_timestamp("2026-03-02T14:30:00Z");
  t.client_id = ClientId("CLIENT_001");
  t.symbol = Symbol("AAPL");
  t.side = engine::Side::kBuy;
  t.quantity = Quantity::from_whole(100);
  t.price = Price::from_whole(150);
  t.broker_id = "PRIME";
  return made;
}

engine::Rejection rejection_of(const Execution& execution, const FixMapping& mapping = {}) {
  const auto input = to_input(execution, mapping, fields("35=8|34=7"));
  const auto* rejected = std::get_if<wire::RejectedInput>(&input);
  REQUIRE(rejected != nullptr);
  CHECK(rejected->raw == "35=8|34=7|");
  return rejected->rejection;
}

}  // namespace

TEST_CASE("a fill is its transaction") {
  CHECK(to_input(fill(), {}, "") == wire::Input(fill().transaction));
}

TEST_CASE("a value that the core refuses is told by its field of FIX") {
  auto bad = fill();
  bad.transaction.quantity = Quantity();
  CHECK(rejection_of(bad).field == "32 LastQty");
  bad = fill();
  bad.transaction.client_id = ClientId(std::string(51, 'x'));
  CHECK(rejection_of(bad).field == "1 Account");
  CHECK(rejection_of(bad).reason == "longer than 50 bytes");
  FixMapping of_parties;
  of_parties.client_party_role = 24;
  CHECK(rejection_of(bad, of_parties).field == "448 PartyID");
  bad = fill();
  bad.transaction.market = std::string(51, 'x');
  CHECK(rejection_of(bad).field == "30 LastMkt");
}

TEST_CASE("busts and corrections are told as what they are, and one that names nothing by its field of FIX") {
  auto bust = fill();
  bust.transaction.kind = engine::ExecutionKind::kBust;
  bust.transaction.ref_transaction_id = "E0";
  bust.transaction.quantity = {};
  CHECK(std::get<engine::Transaction>(to_input(bust, {}, fields("35=8"))) == bust.transaction);
  bust.transaction.kind = engine::ExecutionKind::kCorrection;
  CHECK(rejection_of(bust).field == "32 LastQty");
  bust = fill();
  bust.transaction.kind = engine::ExecutionKind::kCorrection;
  bust.transaction.ref_transaction_id = bust.transaction.transaction_id;
  CHECK(rejection_of(bust).field == "19 ExecRefID");
}

TEST_CASE("a message that cannot be used is kept, printable and bounded") {
  const auto rejected = to_rejected({54, "\x02", "is neither"}, fields("35=8|58=" + std::string(5'000, 'a') + "\x02"));
  CHECK(rejected.rejection == engine::Rejection{"54 Side", "\\x02", "is neither"});
  CHECK(rejected.raw.size() <= 1'000);
  CHECK(rejected.raw.starts_with("35=8|58=aaa"));
  CHECK(to_rejected({0, "", "not TAG=VALUE"}, "x").rejection.field.empty());
  CHECK(to_rejected({5001, "", "is missing"}, "x").rejection.field == "5001");
}
