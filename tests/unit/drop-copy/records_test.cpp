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

TEST_CASE("busts and corrections go to the quarantine with what they would change") {
  auto bust = fill();
  bust.kind = ExecutionKind::kBust;
  bust.ref_id = "E0";
  bust.kind_tag = 150;
  bust.kind_value = "H";
  CHECK(rejection_of(bust) ==
        engine::Rejection{"150 ExecType", "H", "takes back execution \"E0\": busts are not applied"});
  bust.kind = ExecutionKind::kCorrection;
  bust.kind_tag = 20;
  bust.kind_value = "2";
  CHECK(rejection_of(bust) ==
        engine::Rejection{"20 ExecTransType", "2", "corrects execution \"E0\": corrections are not applied"});
}

TEST_CASE("a message that cannot be used is kept, printable and bounded") {
  const auto rejected = to_rejected({54, "\x02", "is neither"}, fields("35=8|58=" + std::string(5'000, 'a') + "\x02"));
  CHECK(rejected.rejection == engine::Rejection{"54 Side", "\\x02", "is neither"});
  CHECK(rejected.raw.size() <= 1'000);
  CHECK(rejected.raw.starts_with("35=8|58=aaa"));
  CHECK(to_rejected({0, "", "not TAG=VALUE"}, "x").rejection.field.empty());
  CHECK(to_rejected({5001, "", "is missing"}, "x").rejection.field == "5001");
}
