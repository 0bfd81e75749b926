// Files of prices, exchange rates and adjustments, each alone and all merged by time.
#include <fstream>

#include "read_all.hpp"
#include "risk/ingest/market.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace risk;
using namespace risk::ingest;
using risk::test::TemporaryFolder;

namespace {

template <class Value>
ReadAll<Value> read_rows(const std::string& text) {
  std::istringstream input(text);
  RowReader<Value> reader(input, "rows.csv");
  return read_all<Value>(reader);
}

Timestamp at(const char* time) {
  return parse_timestamp(std::string("2024-09-20T08:") + time + "Z").value();
}

// What a reader gives up to an instant: "rate 1.1", "price 5", "SPLIT NVDA", "bad 3 at".
std::vector<std::string> told(MarketReader& reader, Timestamp until, bool rates_only = false) {
  std::vector<std::string> words;
  while (const auto row = rates_only ? reader.next_rate(until) : reader.next(until)) {
    if (const auto* rate = std::get_if<engine::ExchangeRate>(&row->value)) {
      words.push_back("rate " + rate->rate.to_string());
    }
    if (const auto* price = std::get_if<engine::MarketPrice>(&row->value)) {
      words.push_back("price " + price->price.to_string());
    }
    if (const auto* adjustment = std::get_if<engine::Adjustment>(&row->value)) {
      words.push_back(std::string(to_string(adjustment->kind)) + " " + adjustment->symbol.text + " line " +
                      std::to_string(row->line));
    }
    if (const auto* bad = std::get_if<BadRow>(&row->value)) {
      CHECK(bad->line == row->line);
      words.push_back("bad " + std::to_string(row->line) + " " + bad->rejection.field);
    }
  }
  return words;
}

struct Files {
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("prices arrive exactly, whatever the order of the columns", "[ingest]") {
  const auto read = read_rows<engine::MarketPrice>(
      "price,currency,at,symbol\n101.50000001,GBX,2024-09-20T08:36:00.123456789Z,\"VOD,L\"\n1,,2024-09-20T10:36+02:00,"
      "A\n"
      "x,,2024-09-20T08:36:00Z,A\n1,,2024-09-20,A\n");
  REQUIRE(read.good.size() == 1);
  CHECK(read.good[0] == engine::MarketPrice{Symbol("VOD,L"), Price::from_units(10'150'000'001), "GBX",
                                            parse_timestamp("2024-09-20T08:36:00.123456789Z").value()});
  REQUIRE(read.bad.size() == 3);
  CHECK(read.bad[1].rejection == engine::Rejection{"price", "x", "not a decimal number"});
  CHECK(read.bad[2].rejection.field == "at");
}

TEST_CASE("rates arrive exactly, and a file of prices is no file of rates", "[ingest]") {
  const auto read = read_rows<engine::ExchangeRate>("at,currency,rate\n2024-09-20T08:36:00Z,GBX,0.0127\n");
  REQUIRE(read.good.size() == 1);
  CHECK(read.good[0] == engine::ExchangeRate{"GBX", Rate::from_units(1'270'000), at("36:00")});
  CHECK_THROWS_AS(read_rows<engine::ExchangeRate>("at,symbol,price,currency\n"), CsvError);
}

TEST_CASE("an instrument's row may leave out all but the symbol", "[ingest]") {
  const auto read = read_rows<engine::Instrument>(
      "symbol,multiplier,currency,contract,expires_at,allows_negative,name,asset_class\n"
      "MES,5,USD,INVERSE,2024-09-20T08:36:00Z,true,\"E-mini, micro\",future\nA,,,,,,,\nB,1,,linear,,,,\nC,,,,,yes,,\n");
  REQUIRE(read.good.size() == 2);
  CHECK(read.good[0] == engine::Instrument{Symbol("MES"), Multiplier::from_whole(5), "USD", engine::Contract::kInverse,
                                           at("36:00"), true, "E-mini, micro", "future"});
  CHECK(read.good[1] == engine::Instrument{.symbol = Symbol("A")});
  REQUIRE(read.bad.size() == 2);
  CHECK(read.bad[0].rejection == engine::Rejection{"contract", "linear", "not LINEAR or INVERSE"});
  CHECK(read.bad[1].rejection == engine::Rejection{"allows_negative", "yes", "not true or false"});
}

TEST_CASE("prices and rates come in order of instant, at one instant rates first", "[ingest]") {
  const Files files;
  MarketReader reader(
      {.prices = files.write("p.csv",
                             "at,symbol,price,currency\n2024-09-20T08:36:00Z,A,1,\n2024-09-20T08:36:02Z,A,2,\n"
                             "2024-09-20T08:36:01Z,A,3,\n2024-09-20T08:36:04Z,,4,\n2024-09-20T08:36:05Z,A,5,\n"),
       .rates = files.write("r.csv",
                            "at,currency,rate\n2024-09-20T08:36:00Z,EUR,0.1\n2024-09-20T08:36:02Z,EUR,0.2\n,EUR,0.3\n"
                            "2024-09-20T08:36:04Z,EUR,0.4\n")});
  CHECK(told(reader, at("35:59")) == std::vector<std::string>{});
  CHECK(told(reader, at("36:00"), true) == std::vector<std::string>{"rate 0.1"});
  CHECK(told(reader, at("36:02")) ==
        std::vector<std::string>{"price 1", "rate 0.2", "bad 4 at", "price 2", "price 3", "bad 5 symbol"});
  CHECK(told(reader, kTimestampMax) == std::vector<std::string>{"rate 0.4", "price 5"});
  CHECK(told(reader, kTimestampMax) == std::vector<std::string>{});
}

TEST_CASE("adjustments come by their instant whatever their order in the file, at one instant before rates and prices",
          "[ingest]") {
  const Files files;
  MarketReader reader(
      {.prices = files.write("p.csv", "at,symbol,price,currency\n2024-09-20T08:36:02Z,A,1,\n"),
       .rates = files.write("r.csv", "at,currency,rate\n2024-09-20T08:36:00Z,EUR,0.1\n2024-09-20T08:36:02Z,EUR,0.2\n"),
       .adjustments = files.write("a.csv",
                                  "effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n"
                                  "2024-09-20T08:36:09Z,SPLIT,LAST,2:1,,,,\n2024-09-20T08:36:02Z,SPLIT,B,2:1,,,,\n"
                                  "2024-09-20T08:36:01Z,SPLIT,C,2:0,,,,\n2024-09-20T08:36:02Z,RENAME,A,,Z,,,\n"
                                  "2024-09-20T08:36:01Z,SPLIT,FIRST,2:1,,,,\nyesterday,SPLIT,D,2:1,,,,\n")});
  // What cannot be applied comes first, for the file is read to its end; no adjustment comes among the first rates.
  CHECK(told(reader, at("36:01"), true) == std::vector<std::string>{"bad 4 ratio", "bad 7 effective_at", "rate 0.1"});
  CHECK(told(reader, at("36:01")) == std::vector<std::string>{"SPLIT FIRST line 6"});
  CHECK(told(reader, at("36:02")) ==
        std::vector<std::string>{"SPLIT B line 3", "RENAME A line 5", "rate 0.2", "price 1"});
  CHECK(told(reader, kTimestampMax) == std::vector<std::string>{"SPLIT LAST line 2"});
  CHECK(told(reader, kTimestampMax) == std::vector<std::string>{});
}

TEST_CASE("a reader without files has no rows, and one whose file is missing says so", "[ingest]") {
  MarketReader none({});
  CHECK(told(none, kTimestampMax) == std::vector<std::string>{});
  CHECK_THROWS_AS(MarketReader({.prices = "nowhere.csv"}), CsvError);
  CHECK_THROWS_AS(MarketReader({.adjustments = "nowhere.csv"}), CsvError);
}
