#include "read_all.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::ingest;

namespace {
const std::string kHeader = "client_id,symbol,quantity,price,currency\n";
}

TEST_CASE("opening positions arrive exactly, long and short", "[ingest]") {
  const auto read = read_positions(kHeader + "C1,AAPL,-1500.5,190.25,USD\n\"C,2\",MSFT,10,0.00000001,\n");
  CHECK(read.bad.empty());
  REQUIRE(read.good.size() == 2);
  CHECK(read.good[0] == engine::OpeningPosition{ClientId("C1"), Symbol("AAPL"), Quantity::from_units(-150'050'000'000),
                                                Price::from_units(19'025'000'000), "USD"});
  CHECK(read.good[1].client_id.text == "C,2");
  CHECK(read.good[1].price == Price::from_units(1));
  CHECK(read.good_lines == std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("a bad position is named with line, field, value and reason", "[ingest]") {
  const auto read =
      read_positions(kHeader + "C1,AAPL,ten,190.25,USD\nC1,AAPL,10,,USD\nC1\n" + kHeader + "C1,AAPL,1,2,\n");
  CHECK(read.good.size() == 1);
  REQUIRE(read.bad.size() == 4);
  CHECK(read.bad[0] == BadRow{2, {"quantity", "ten", "not a decimal number"}, "C1,AAPL,ten,190.25,USD"});
  CHECK(read.bad[1] == BadRow{3, {"price", "", "not a decimal number"}, "C1,AAPL,10,,USD"});
  CHECK(read.bad[2] == BadRow{4, {"symbol", "", "missing: the row has 1 of 5 fields"}, "C1"});
  CHECK(read.bad[3].rejection.reason == "the header again");
}

TEST_CASE("a file of transactions is no file of positions", "[ingest]") {
  CHECK_THROWS_AS(read_positions("transaction_id,executed_at,client_id\n"), CsvError);
}
