// Foreign files become the transactions that they mean; what they do not say clearly becomes a bad row with a reason.
#include <sstream>

#include "read_all.hpp"
#include "risk/ingest/csv_row.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::ingest;
using namespace std::string_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Format format_of(const std::string& yaml, const Format::Settings& settings = {}) {
  auto format = Format::parse(yaml, "desk.yaml", settings);
  if (!format) FAIL(format.error().front());
  return std::move(format).value();
}

ReadAll<engine::Transaction> read(const std::string& text, const Format& format) {
  std::istringstream input(text);
  TransactionReader reader(input, "folder/fills.2024.csv", format);
  return read_all<engine::Transaction>(reader);
}

std::string error_of(const std::string& text, const Format& format) {
  try {
    read(text, format);
  } catch (const CsvError& error) {
    return error.what();
  }
  return "";
}

// As a row of the canonical CSV.
std::string row(const engine::Transaction& transaction) {
  std::string text;
  append_csv_row(text, transaction);
  return text;
}

const std::string kYaml =
    "numbers: {decimal: \".\", thousands: \",\"}\n"
    "time: {formats: [dd-mm-yyyy hh:mm], zone: Europe/Amsterdam}\n"
    "minor_currencies: {GBX: GBP}\n"
    "fields:\n"
    "  transaction_id: {template: \"{file}-{line}\"}\n"
    "  executed_at: {template: \"{Day} {Hour}\"}\n"
    "  client_id: {constant: C1}\n"
    "  symbol: {column: Name, words: {Apple: AAPL}}\n"
    "  quantity: {column: Number, sign: gives_side}\n"
    "  price: Price\n"
    "  currency: {right_of: Price, if_empty: EUR}\n"
    "  market: {column: [Venue, Exchange], optional: true}\n"
    "rows:\n"
    "  skip: [{column: Kind, optional: true, is: [Dividend, Fee]}]\n"
    "  refuse: [{column: Kind, optional: true, contains: Option, reason: an option}]\n";

}  // namespace

TEST_CASE("constants, templates, words, neighbours, signs and minor currencies give a transaction", "[ingest]") {
  const auto all = read(
      "Day,Hour,Name,Number,Price,,Venue\n"
      "20-09-2024,15:31,Apple,-1000,228.25,USD,XNAS\n"
      " 20-09-2024 ,15:32,VOD,\"1,000\",\"1,076.98\",GBX,\n"
      "20-09-2024,15:33,ASML,3,735.4,,XAMS\n",
      format_of(kYaml));
  CHECK(all.bad.empty());
  REQUIRE(all.good.size() == 3);
  CHECK(row(all.good[0]) ==
        "fills.2024-2,2024-09-20T13:31:00.000000Z,C1,AAPL,SELL,1000,228.25,USD,,XNAS,,,EXECUTION,\n");
  CHECK(row(all.good[1]) == "fills.2024-3,2024-09-20T13:32:00.000000Z,C1,VOD,BUY,1000,10.7698,GBP,,,,,EXECUTION,\n");
  CHECK(row(all.good[2]) == "fills.2024-4,2024-09-20T13:33:00.000000Z,C1,ASML,BUY,3,735.4,EUR,,XAMS,,,EXECUTION,\n");
  CHECK(all.good_lines == std::vector<std::uint64_t>{2, 3, 4});
}

TEST_CASE("a foreign row that cannot be read is refused with field, value and reason", "[ingest]") {
  const auto all = read(
      "Day,Hour,Name,Number,Price,\n"
      "20-09-2024,25:31,A,1,1,EUR\n"
      "20-09-2024,15:31,A,0,1,EUR\n"
      "20-09-2024,15:31,A,\"1,00\",1,EUR\n"
      "20-09-2024,15:31,A,1,1.123456789,EUR\n"
      "20-09-2024,15:31,A,1,\"99,999,999,999\",EUR\n"
      "20-09-2024,15:31,A,1\n"
      "20-09-2024,15:31,A,1,1,EUR,,,more\n"
      "20-09-2024,15:31,A,1,\"1\"2,EUR\n"
      "20-09-2024,15:31,\xff,1,1,EUR\n"
      "20-09-2024,15:31,A,1,1,EUR,,\n",
      format_of(kYaml));
  REQUIRE(all.good.size() == 1);
  std::vector<engine::Rejection> rejections;
  for (const auto& bad : all.bad) rejections.push_back(bad.rejection);
  CHECK(rejections == std::vector<engine::Rejection>{
                          {"executed_at", "20-09-2024 25:31", "no such time of day"},
                          {"side", "0", "the quantity, 0, has no sign"},
                          {"quantity", "1,00", "its thousands marks do not stand between groups of three digits"},
                          {"price", "1.123456789", "more than 8 decimal places"},
                          {"price", "99,999,999,999", "out of range"},
                          {"Price", "", "missing: the row has 4 of 6 fields"},
                          {"", "", "the row has 9 fields, the header 6"},
                          {"Price", "\"1\"2,EUR", "text after the closing quote"},
                          {"Name", "\\xff", "not text in the file's encoding"},
                      });
  CHECK(all.bad[0].line == 2);
  CHECK(all.bad[0].raw == "20-09-2024,25:31,A,1,1,EUR");
}

TEST_CASE("rows that are no executions are passed over and counted, and others can be refused by name", "[ingest]") {
  const std::string text =
      "Day,Hour,Name,Number,Price,,Kind\n"
      "20-09-2024,15:31,A,1,1,EUR,Trade\n"
      "20-09-2024,15:31,,,,,Dividend\n"
      ",,,,,,\n"
      "20-09-2024,15:31,,,,,Fee\n"
      "20-09-2024,15:31,A,1,1,EUR,Call Option\n";
  std::istringstream input(text);
  TransactionReader reader(input, "fills.csv", format_of(kYaml));
  const auto all = read_all<engine::Transaction>(reader);
  CHECK(all.good.size() == 1);
  REQUIRE(all.bad.size() == 1);
  CHECK(all.bad[0].rejection == engine::Rejection{"Kind", "Call Option", "an option"});
  CHECK(reader.rows_skipped() == 3);
}

TEST_CASE("lines before the header and after the last row are no rows", "[ingest]") {
  const auto format = format_of("preamble_lines_max: 2\nfooter: [Total]\n" + kYaml);
  const std::string rows = "Day,Hour,Name,Number,Price,\n20-09-2024,15:31,A,1,1,EUR\n";
  const auto all = read("Account \"X,\nDay,only\n" + rows + "\"Total\",,,1,,\nanything \" at all\n", format);
  CHECK(all.good.size() == 1);
  CHECK(all.bad.empty());
  CHECK(all.good_lines == std::vector<std::uint64_t>{4});
  // A text that stands alone ends the file in whatever column it is; beside others it is a value.
  const std::string venues = "Day,Hour,Name,Number,Price,,Venue\n";
  const auto alone = read(venues + "20-09-2024,15:32,Total SE,2,1,EUR,Total\n,15:32,Total SE,2,1,EUR,Total\n" +
                              ",,Total,\"x\"y\n,,,,,,,,Totals of nobody\nx\n",
                          format);
  CHECK(alone.good.size() == 1);
  REQUIRE(alone.bad.size() == 2);
  CHECK(alone.bad[0].rejection.field == "executed_at");
  CHECK(alone.bad[1].rejection.reason == "text after the closing quote");
  CHECK_THAT(error_of("a\nb\nc\n" + rows, format), ContainsSubstring("the header does not fit desk.yaml: column Day"));
}

TEST_CASE("a file without a header is read by the names that the format gives its columns", "[ingest]") {
  const auto format = format_of(
      "separator: \";\"\nheader: [sym, act, qty, px, t]\nnumbers: {decimal: \",\"}\ntime: {formats: [epoch_s]}\n"
      "fields: {transaction_id: {template: \"{line}\"}, executed_at: t, client_id: {constant: C}, symbol: sym,\n"
      "  side: {column: act, buy: BOT, sell: [SLD, SSH]}, quantity: qty, price: px}\n");
  const auto all = read("ATVI;SLD;75;26,19;1726821360\nALTR;bot;1,5;18;1726821361\nX;BUY;1;1;1726821361\n", format);
  REQUIRE(all.good.size() == 2);
  CHECK(row(all.good[0]) == "1,2024-09-20T08:36:00.000000Z,C,ATVI,SELL,75,26.19,,,,,,EXECUTION,\n");
  CHECK(row(all.good[1]) == "2,2024-09-20T08:36:01.000000Z,C,ALTR,BUY,1.5,18,,,,,,EXECUTION,\n");
  REQUIRE(all.bad.size() == 1);
  CHECK(all.bad[0].rejection == engine::Rejection{"side", "BUY", "not among the words for a side"});
}

TEST_CASE("a unit ends a number only where it is known, for a unit may begin with digits", "[ingest]") {
  const std::string rest =
      "fields: {transaction_id: id, executed_at: {constant: 2024-01-01T00:00:00Z}, client_id: {constant: C}, symbol: "
      "pair,\n"
      "  side: {constant: BUY}, price: {constant: \"1\"}, quantity: ";
  const auto by_pair = format_of("numbers: {decimal: \".\"}\n" + rest + "{column: q, unit: {start_of: pair}}}\n");
  const auto all = read(
      "id,pair,q\n1,BTCUSDT,0.0100BTC\n2,1INCHUSDT,100.001INCH\n3,1INCHUSDT,5 1INCH\n4,BTCUSDT,5\n"
      "5,BTCUSDT,5ETH\n6,11BUSDT,5.0111B\n7,11USDT,5.0111\n",
      by_pair);
  REQUIRE(all.good.size() == 4);
  CHECK(all.good[0].quantity.to_string() == "0.01");
  CHECK(all.good[1].quantity.to_string() == "100");
  CHECK(all.good[2].quantity.to_string() == "5");
  CHECK(all.good[3].quantity.to_string() == "5.01");
  REQUIRE(all.bad.size() == 3);
  CHECK(all.bad[0].rejection == engine::Rejection{"quantity", "5", "does not end with its unit"});
  CHECK(all.bad[1].rejection == engine::Rejection{"quantity", "5ETH", "does not end with its unit"});
  CHECK(all.bad[2].rejection == engine::Rejection{"quantity", "5.0111", "could be cut from its unit in two ways"});
  const auto by_list = format_of("numbers: {decimal: \".\"}\n" + rest + "{column: q, unit: [kg, g]}}\n");
  CHECK(read("id,pair,q\n1,A,5kg\n2,B,5g\n", by_list).good.size() == 2);
}

TEST_CASE("a sign has to agree with the side where the format says so", "[ingest]") {
  const auto format = format_of(
      "fields: {transaction_id: id, executed_at: {constant: 2024-01-01T00:00:00Z}, client_id: {constant: C}, symbol: "
      "id,\n"
      "  side: side, price: {constant: \"1\"}, quantity: {column: q, sign: agrees_with_side}}\n");
  const auto all = read("id,side,q\n1,BUY,5\n2,SELL,-5\n3,BUY,-5\n4,SELL,5\n", format);
  REQUIRE(all.good.size() == 2);
  CHECK(all.good[1].quantity.to_string() == "5");
  REQUIRE(all.bad.size() == 2);
  CHECK(all.bad[0].rejection == engine::Rejection{"quantity", "-5", "its sign contradicts the side"});
}

TEST_CASE("words by their end take the longest, and may refuse what they do not know", "[ingest]") {
  const auto format = format_of(
      "fields: {transaction_id: p, executed_at: {constant: 2024-01-01T00:00:00Z}, client_id: {constant: C}, symbol: "
      "p,\n"
      "  side: {constant: BUY}, price: {constant: \"1\"}, quantity: {constant: \"1\"},\n"
      "  currency: {column: p, words: {ODDUSD: XXX}, endings: {USD: USD, ZUSD: US}, other_words: refuse}}\n");
  const auto all = read("p\nBTCUSD\nXXBTZUSD\nODDUSD\nBTCEUR\n", format);
  REQUIRE(all.good.size() == 3);
  CHECK(all.good[0].currency == "USD");
  CHECK(all.good[1].currency == "US");
  CHECK(all.good[2].currency == "XXX");
  REQUIRE(all.bad.size() == 1);
  CHECK(all.bad[0].rejection == engine::Rejection{"currency", "BTCEUR", "not among the words that the format knows"});
}

namespace {

// Rows of kind "lot" are of another symbol, and count 100; a quantity below 0 is a sale.
const std::string kCases =
    "numbers: {decimal: \".\", thousands: \",\"}\nfields: {transaction_id: id, client_id: {constant: C}, price: p,\n"
    "  executed_at: {constant: 2024-01-01T00:00:00Z},\n"
    "  symbol: {column: s, where: [{column: kind, is: [lot], use: {template: \"{s} {about}\"}}]},\n"
    "  quantity: {column: q, sign: gives_side, where: [{column: kind, is: [lot, big lot], use: {column: q, times: "
    "100}},\n"
    "    {column: kind, contains: big, use: {column: q, times: 1000}}]},\n"
    "  currency: {constant: USD, where: [{column: about, is: pence, use: {constant: GBX}}]}}\n"
    "minor_currencies: {GBX: GBP}\n";

}  // namespace

TEST_CASE("a condition of a row changes where a field comes from and what a unit of it counts", "[ingest]") {
  const auto all = read(
      "id,kind,s,about,q,p\n"
      "1,,A,x,\"1,000.5\",2\n"
      "2,lot,A,call 5,-0.5,2\n"
      "3,big,A,x,0.00000001,2\n"
      "4,lot,A,,0.0000000001,2\n"
      "5,,A,pence,1,250\n"
      "6,lot,A,pence,\"922,337,203.6854775807\",250\n",
      format_of(kCases));
  CHECK(all.bad.empty());
  REQUIRE(all.good.size() == 6);
  const std::string at = ",2024-01-01T00:00:00.000000Z,C,";
  CHECK(row(all.good[0]) == "1" + at + "A,BUY,1000.5,2,USD,,,,,EXECUTION,\n");
  CHECK(row(all.good[1]) == "2" + at + "A call 5,SELL,50,2,USD,,,,,EXECUTION,\n");
  CHECK(row(all.good[2]) == "3" + at + "A,BUY,0.00001,2,USD,,,,,EXECUTION,\n");
  CHECK(row(all.good[3]) == "4" + at + "A,BUY,0.00000001,2,USD,,,,,EXECUTION,\n");
  CHECK(row(all.good[4]) == "5" + at + "A,BUY,1,2.5,GBP,,,,,EXECUTION,\n");
  CHECK(row(all.good[5]) == "6" + at + "A pence,BUY,92233720368.54775807,2.5,GBP,,,,,EXECUTION,\n");
}

TEST_CASE("a multiplied number out of range, or with two multipliers, is refused and never cut", "[ingest]") {
  const auto all = read(
      "id,kind,s,about,q,p\n"
      "1,lot,A,x,\"922,337,203.6854775808\",2\n"
      "2,lot,A,x," +
          std::string(60, '9') +
          ",2\n"
          "3,lot,A,x,0.00000000001,2\n"
          "4,big lot,A,x,1,2\n"
          "5,lot,A,x,1S,2\n"
          "6,lot,A,x,,2\n",
      format_of(kCases));
  CHECK(all.good.empty());
  std::vector<engine::Rejection> rejections;
  for (const auto& bad : all.bad) rejections.push_back(bad.rejection);
  CHECK(rejections == std::vector<engine::Rejection>{
                          {"quantity", "922,337,203.6854775808", "out of range"},
                          {"quantity", std::string(60, '9'), "out of range"},
                          {"quantity", "0.00000000001", "more than 8 decimal places"},
                          {"quantity", "big lot", "two of the conditions of its `where` hold"},
                          {"quantity", "1S", "not a decimal number"},
                          {"quantity", "", "not a decimal number"},
                      });
}

TEST_CASE("what the user sets stands in the place of what the format says", "[ingest]") {
  const auto format =
      format_of(kYaml, {{"client_id", "DESK_7"}, {"zone", "Asia/Kolkata"}, {"decimal", ","}, {"thousands", "."}});
  const auto all = read("Day,Hour,Name,Number,Price,\n20-09-2024,15:31,A,1,\"1.234,5\",EUR\n", format);
  REQUIRE(all.good.size() == 1);
  CHECK(row(all.good[0]) == "fills.2024-2,2024-09-20T10:01:00.000000Z,DESK_7,A,BUY,1,1234.5,EUR,,,,,EXECUTION,\n");
}

TEST_CASE("a price in a minor currency is a hundredth, whoever gives price and currency", "[ingest]") {
  const std::string header = "Day,Hour,Name,Number,Price,\n20-09-2024,15:31,A,1,250,";
  for (const Format::Settings& set : {Format::Settings{{"currency", "GBX"}}, Format::Settings{{"price", "250"}},
                                      Format::Settings{{"currency", "GBX"}, {"price", "250"}}}) {
    const auto all = read(header + "GBX\n", format_of(kYaml, set));
    REQUIRE(all.good.size() == 1);
    CHECK(all.good[0].price.to_string() == "2.5");
    CHECK(all.good[0].currency == "GBP");
  }
  const auto tiny = read("Day,Hour,Name,Number,Price,\n20-09-2024,15:31,A,1,0.0000001,GBX\n", format_of(kYaml));
  REQUIRE(tiny.bad.size() == 1);
  CHECK(tiny.bad[0].rejection == engine::Rejection{"price", "0.0000001", "more than 8 decimal places"});
}

TEST_CASE("a header that fits none says which format comes nearest, and what is missing", "[ingest]") {
  const std::string coinbase =
      "portfolio,trade id,product,side,created at,size,size unit,price,fee,total,price/fee/total unit\n";
  CHECK_THAT(error_of(coinbase, Format::canonical()),
             ContainsSubstring("; it fits coinbase-fills (--input-format coinbase-fills)"));
  CHECK(error_of(coinbase, format_of(kYaml)) ==
        "folder/fills.2024.csv:1: the header does not fit desk.yaml: column Day is missing; column Hour is missing; "
        "column Name "
        "is missing; column Number is missing; column Price is missing; it fits coinbase-fills "
        "(--input-format coinbase-fills)");
  CHECK_THAT(error_of("portfolio,trade id,product,created at,size,price,price/fee/total unit\n", Format::canonical()),
             ContainsSubstring("; coinbase-fills comes nearest: column side is missing"));
  CHECK_THAT(error_of("Day,Hour,Name,Number\n", format_of(kYaml)), ContainsSubstring("; no other format comes nearer"));
  CHECK_THAT(error_of("transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n",
                      format_of(kYaml)),
             ContainsSubstring("; it is the canonical CSV, which needs no --input-format"));
  CHECK_THAT(error_of("p\0r\0i\0c\0e\0"s, Format::canonical()), ContainsSubstring("; it looks like UTF-16"));
  CHECK_THAT(error_of("Day,Hour,Name,Name,Number,Price,\n", format_of(kYaml)),
             ContainsSubstring("column Name comes twice"));
  CHECK_THAT(error_of("Day,Hour,Name,Number,Price\n", format_of(kYaml)),
             ContainsSubstring("column Price has no column to its right"));
}

TEST_CASE("a UTF-16 file that is cut in the middle of a character loses its last row, loudly", "[ingest]") {
  const std::string text = "Day,Hour,Name,Number,Price,\n20-09-2024,15:31,A,1,1,EUR\n20-09-2024,15:32,A,1,1,E";
  std::string bytes = "\xff\xfe";
  for (const char c : text) bytes.append({c, '\0'});
  const auto format = format_of(kYaml);
  CHECK(read(bytes, format).good.size() == 2);
  const auto cut = read(bytes.substr(0, bytes.size() - 1), format);
  CHECK(cut.good.size() == 1);
  REQUIRE(cut.bad.size() == 1);
  CHECK(cut.bad[0].rejection.reason == "not text in the file's encoding");
  CHECK(error_of(bytes.substr(2), format_of("encoding: utf-16\n" + kYaml)) ==
        "folder/fills.2024.csv: UTF-16 without a byte order mark (encoding: utf-16le or utf-16be)");
}

TEST_CASE("a line without an end and NUL bytes cost one row, not the memory", "[ingest]") {
  const std::string header = "Day,Hour,Name,Number,Price,\n";
  const auto all = read(
      header + std::string(300'000, 'x') + "\n20-09-2024,15:31,A\0B,1,1,EUR\n"s + "20-09-2024,15:31,A,1\0,1,EUR\n"s,
      format_of(kYaml));
  REQUIRE(all.bad.size() == 2);
  CHECK(all.bad[0].rejection.reason == "longer than 65536 bytes");
  CHECK(all.bad[1].rejection.field == "quantity");
  REQUIRE(all.good.size() == 1);
  CHECK(all.good[0].symbol.text == "A\0B"s);  // the core refuses it, as it does in the canonical CSV
}

TEST_CASE("busts and corrections of a foreign file are known by the format's words, and of a bust no figure is read",
          "[ingest]") {
  const auto format = format_of(
      "time: {zone: UTC}\n"
      "minor_currencies: {GBX: GBP}\n"
      "fields:\n"
      "  transaction_id: Id\n"
      "  executed_at: At\n"
      "  client_id: {constant: C1}\n"
      "  symbol: Name\n"
      "  quantity: {column: Number, sign: gives_side}\n"
      "  price: Price\n"
      "  currency: {column: Money, words: {USD: USD}, other_words: refuse}\n"
      "  kind: {column: Type, words: {B: BUST, C: CORRECTION, T: EXECUTION}, other_words: refuse}\n"
      "  ref_transaction_id: {column: Of, optional: true}\n");
  const auto all = read(
      "Id,At,Name,Number,Price,Money,Type,Of\n"
      "1,2024-09-20T08:36:00Z,A,5,2,USD,T,\n"
      "2,2024-09-20T08:36:01Z,A,?,1.123456789,GBX,B,1\n"
      "3,2024-09-20T08:36:02Z,A,-6,2,USD,C,1\n"
      "4,2024-09-20T08:36:03Z,A,?,2,USD,C,1\n"
      "5,2024-09-20T08:36:04Z,A,5,2,USD,b,1\n"
      "6,yesterday,A,,,,B,1\n",
      format);
  REQUIRE(all.good.size() == 3);
  CHECK(row(all.good[0]) == "1,2024-09-20T08:36:00.000000Z,C1,A,BUY,5,2,USD,,,,,EXECUTION,\n");
  CHECK(row(all.good[1]) == "2,2024-09-20T08:36:01.000000Z,C1,A,,,,,,,,,BUST,1\n");
  CHECK(row(all.good[2]) == "3,2024-09-20T08:36:02.000000Z,C1,A,SELL,6,2,USD,,,,,CORRECTION,1\n");
  std::vector<engine::Rejection> rejections;
  for (const auto& bad : all.bad) rejections.push_back(bad.rejection);
  CHECK(rejections ==
        std::vector<engine::Rejection>{{"quantity", "?", "not a decimal number"},
                                       {"kind", "b", "not among the words that the format knows"},
                                       {"executed_at", "yesterday", "not a time such as the format has: iso"}});
}

TEST_CASE("what kind a row is, a condition on another column can say", "[ingest]") {
  const std::string fields =
      "time: {zone: UTC}\n"
      "fields: {transaction_id: Id, executed_at: At, client_id: {constant: C1}, symbol: Name, side: Side,\n"
      "  quantity: Number, price: Price, ref_transaction_id: Of,\n";
  const std::string rows =
      "Id,At,Name,Side,Number,Price,Status,Of\n"
      "1,2024-09-20T08:36:00Z,A,buy,5,2,,\n"
      "2,2024-09-20T08:36:01Z,A,hold,five,two,broken,1\n"
      "3,2024-09-20T08:36:02Z,A,sell,6,2,broken and amended,1\n"
      "4,2024-09-20T08:36:03Z,A,sell,6,2,amended,1\n";
  const auto kinds_of = [&](const std::string& kind) {
    std::string kinds;
    const auto all = read(rows, format_of(fields + "  kind: " + kind + "}\n"));
    for (const auto& transaction : all.good) kinds += std::string(to_string(transaction.kind)) + " ";
    for (const auto& bad : all.bad) kinds += std::to_string(bad.line) + " " + bad.rejection.field + " ";
    return kinds;
  };
  CHECK(kinds_of("{constant: EXECUTION, where: [{column: Status, contains: broken, use: {constant: BUST}},"
                 " {column: Status, is: amended, use: {constant: CORRECTION}}]}") == "EXECUTION BUST BUST CORRECTION ");
  CHECK(kinds_of("{constant: EXECUTION, where: [{column: Status, contains: broken, use: {constant: BUST}},"
                 " {column: Status, contains: amended, use: {constant: CORRECTION}}]}") ==
        "EXECUTION BUST CORRECTION 4 kind ");
  CHECK(kinds_of("{column: Status, words: {broken: BUST, amended: CORRECTION, broken and amended: BUST}}") ==
        "EXECUTION BUST BUST CORRECTION ");
  CHECK(kinds_of("{column: Status, if_empty: BUST, endings: {amended: CORRECTION}}") ==
        "BUST CORRECTION CORRECTION 3 side ");
  const auto bad = Format::parse(fields + "  kind: {column: Status, words: {broken: TRADE}}}\n", "desk.yaml", {});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().front() == "desk.yaml: a constant of kind, \"TRADE\": not EXECUTION, BUST or CORRECTION");
  CHECK(read(rows, format_of(fields + "}\n", {{"kind", "BUST"}})).good.size() == 4);
}

TEST_CASE("what is written as canonical CSV is read back as the same transaction", "[ingest]") {
  engine::Transaction transaction;
  transaction.transaction_id = "a,\"b\"\nc";
  transaction.executed_at = Timestamp{1'726'821'360'123'456'789};
  transaction.client_id.text = " C ";
  transaction.symbol.text = "\xe6\x97\xa5\r";
  transaction.side = engine::Side::kSell;
  transaction.quantity = Quantity::from_units(1);
  transaction.price = Price::from_units(-922);
  transaction.trader_id = "\"";
  std::string text;
  append_csv_header(text);
  append_csv_row(text, transaction);
  const auto all = read_transactions(text);
  REQUIRE(all.good.size() == 1);
  CHECK(all.good[0] == transaction);
}
