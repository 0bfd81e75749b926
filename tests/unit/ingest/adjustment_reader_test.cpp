#include <sstream>

#include "risk/ingest/csv.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::ingest;
using engine::Adjustment;
using engine::AdjustmentKind;

namespace {

const std::string kHeader = "effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n";

struct Read {
  std::vector<Adjustment> good;
  std::vector<BadRow> bad;
};
Read read_adjustments(const std::string& text) {
  std::istringstream input(text);
  AdjustmentReader reader(input, "adjustments.csv");
  Read read;
  while (auto row = reader.next()) {
    if (auto* bad = std::get_if<BadRow>(&*row)) {
      read.bad.push_back(*bad);
    } else {
      read.good.push_back(std::get<Adjustment>(*row));
    }
  }
  return read;
}

}  // namespace

TEST_CASE("adjustments of each kind arrive exactly, and what they leave empty is empty", "[ingest]") {
  const auto read = read_adjustments(kHeader +
                                     "2024-06-10T00:00:00.000000001Z,SPLIT,NVDA,10:1,,,,\"ten, for one\"\n"
                                     "2022-06-09T04:00:00+04:00,RENAME,FB,,META,,,\n"
                                     "2024-06-10T00:00:00Z,SET_POSITION,NVDA,,,C1,-0.00000001,transfer\n");
  CHECK(read.bad.empty());
  const auto at = [](const char* text) { return parse_timestamp(text).value(); };
  CHECK(read.good == std::vector<Adjustment>{{.effective_at = at("2024-06-10T00:00:00.000000001Z"),
                                              .kind = AdjustmentKind::kSplit,
                                              .symbol = Symbol("NVDA"),
                                              .ratio = "10:1",
                                              .reason = "ten, for one"},
                                             {.effective_at = at("2022-06-09T00:00:00Z"),
                                              .kind = AdjustmentKind::kRename,
                                              .symbol = Symbol("FB"),
                                              .new_symbol = Symbol("META")},
                                             {.effective_at = at("2024-06-10T00:00:00Z"),
                                              .kind = AdjustmentKind::kSetPosition,
                                              .symbol = Symbol("NVDA"),
                                              .client_id = ClientId("C1"),
                                              .quantity = Quantity::from_units(-1),
                                              .reason = "transfer"}});
}

TEST_CASE("a bad adjustment is named with line, field, value and reason", "[ingest]") {
  const auto read = read_adjustments(kHeader + "2024-06-10,SPLIT,A,2:1,,,,\n2024-06-10T00:00:00Z,MERGE,A,2:1,,,,\n" +
                                     "2024-06-10T00:00:00Z,SET_POSITION,A,,,C1,ten,\n2024-06-10T00:00:00Z,SPLIT\n");
  CHECK(read.good.empty());
  REQUIRE(read.bad.size() == 4);
  CHECK(read.bad[0].rejection.field == "effective_at");
  CHECK(read.bad[1] ==
        BadRow{3, {"kind", "MERGE", "not SPLIT, RENAME or SET_POSITION"}, "2024-06-10T00:00:00Z,MERGE,A,2:1,,,,"});
  CHECK(read.bad[2].rejection == engine::Rejection{"quantity", "ten", "not a decimal number"});
  CHECK(read.bad[3].rejection.field == "symbol");
}
