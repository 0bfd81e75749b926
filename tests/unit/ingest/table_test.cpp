// Columns that a file may lack, which no field of a first release may.
#include "table.hpp"

#include <sstream>

#include "support/catch.hpp"

using namespace risk::ingest;

namespace {

const TableShape kShape{.columns = {{{"client_id"}}, {{"order_id"}, true}, {{"symbol"}}}};

}  // namespace

TEST_CASE("a column that may be absent is empty in every row of a file without it", "[ingest]") {
  std::istringstream input("symbol,client_id\nAAPL,C1\nMSFT,C2,O2\nMSFT\nMSFT,C3\n");
  Table table(input, "fills.csv", kShape);
  REQUIRE(table.next() == Step::kValue);
  CHECK(table[0] == "C1");
  CHECK(table[1].empty());
  CHECK(table[2] == "AAPL");
  CHECK(table.reject("order_id", table[1], "reason").rejection == risk::engine::Rejection{"order_id", "", "reason"});
  REQUIRE(table.next() == Step::kBadRow);
  CHECK(table.bad_row().rejection.reason == "the row has 3 fields, the header 2");
  REQUIRE(table.next() == Step::kBadRow);
  CHECK(table.bad_row().rejection == risk::engine::Rejection{"client_id", "", "missing: the row has 1 of 2 fields"});
  REQUIRE(table.next() == Step::kValue);
  CHECK(table[0] == "C3");
  CHECK(table.next() == Step::kEnd);
}

TEST_CASE("a column that may be absent is read where it is there, and its row must have it", "[ingest]") {
  std::istringstream input("order_id,symbol,client_id\nO1,AAPL,C1\nMSFT,C2\n");
  Table table(input, "fills.csv", kShape);
  REQUIRE(table.next() == Step::kValue);
  CHECK(table[1] == "O1");
  CHECK(table[2] == "AAPL");
  CHECK(table.next() == Step::kBadRow);
}

TEST_CASE("a header that lacks a column says which, and which it may lack", "[ingest]") {
  std::istringstream input("client_id,order_id\n");
  CHECK_THROWS_WITH(Table(input, "fills.csv", kShape),
                    "fills.csv:1: column symbol is missing (the columns are client_id,symbol and perhaps order_id)");
}
