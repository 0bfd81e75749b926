#include <algorithm>

#include "read_all.hpp"
#include "risk/engine/rules.hpp"
#include "risk/ingest/csv_row.hpp"
#include "support/catch.hpp"
#include "support/distinct_transaction.hpp"

using namespace risk;
using namespace risk::ingest;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kHeader =
    "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n";

std::string row(const std::string& id, const std::string& client = "C1") {
  return id + ",2024-09-20T08:36:00.000Z," + client + ",AAPL,BUY,100,190.25,USD,B1,NASDAQ\n";
}

std::vector<std::string> ids(const ReadAll<engine::Transaction>& read) {
  std::vector<std::string> list;
  for (const auto& transaction : read.good) list.push_back(transaction.transaction_id);
  return list;
}

// The one bad row of a file whose other rows, G1 before and G2 after it, must both be read.
BadRow bad_row_between(const std::string& line) {
  const auto read = read_transactions(kHeader + row("G1") + line + row("G2"));
  CHECK(ids(read) == std::vector<std::string>{"G1", "G2"});
  REQUIRE(read.bad.size() == 1);
  CHECK(read.bad[0].line == 3);
  return read.bad[0];
}

std::string header_error(const std::string& text) {
  try {
    read_transactions(text);
  } catch (const CsvError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("every column of a row arrives exactly", "[ingest]") {
  const auto read =
      read_transactions(kHeader + "T1,2024-09-20T08:36:00.123456Z,C1,AAPL,SELL,0.00000001,190.25,EUR,B1,XETR\n");
  REQUIRE(read.good.size() == 1);
  const auto& t = read.good[0];
  CHECK(t.transaction_id == "T1");
  CHECK(t.executed_at == Timestamp::from_micros(1'726'821'360'123'456));
  CHECK(t.client_id.text == "C1");
  CHECK(t.symbol.text == "AAPL");
  CHECK(t.side == engine::Side::kSell);
  CHECK(t.quantity == Quantity::from_units(1));
  CHECK(t.price == Price::from_units(19'025'000'000));
  CHECK(t.currency == "EUR");
  CHECK(t.broker_id == "B1");
  CHECK(t.market == "XETR");
}

TEST_CASE("no field of a transaction is lost or taken for another", "[ingest]") {
  const auto transaction = test::distinct_transaction();
  std::string header, row;
  engine::for_each_transaction_field([&](auto field) {
    const auto text = [](const auto& value) -> std::string {
      if constexpr (requires { value.text; }) {
        return value.text;
      } else if constexpr (requires { value.units(); }) {
        return value.to_string();
      } else if constexpr (requires { value.nanos; }) {
        return format_timestamp(value);
      } else if constexpr (std::is_enum_v<std::remove_cvref_t<decltype(value)>>) {
        return std::string(to_string(value));
      } else {
        return value;
      }
    };
    header.append(header.empty() ? "" : ",").append(field.name);
    row.append(row.empty() ? "" : ",").append(text(field.of(transaction)));
  });
  const auto read = read_transactions(header + "\n" + row + "\n");
  REQUIRE(read.good.size() == 1);
  CHECK(read.good[0] == transaction);
}

TEST_CASE("columns are found by name, in any order", "[ingest]") {
  const auto read = read_transactions(
      "market,broker_id,currency,price,quantity,side,symbol,client_id,executed_at,transaction_id\n"
      "XETR,B1,EUR,2,3,SELL,SAP,C9,2024-09-20T08:36:00Z,T9\n");
  REQUIRE(read.good.size() == 1);
  CHECK(read.good[0].transaction_id == "T9");
  CHECK(read.good[0].client_id.text == "C9");
  CHECK(read.good[0].price == Price::from_whole(2));
  CHECK(read.good[0].quantity == Quantity::from_whole(3));
  CHECK(read.good[0].market == "XETR");
}

TEST_CASE("a file may have order and trader, one of them, or neither", "[ingest]") {
  const auto texts = [](const std::string& columns, const std::string& values) {
    const auto header = kHeader.substr(0, kHeader.size() - 1) + columns + "\n";
    auto line = row("T1");
    line.insert(line.size() - 1, values);
    const auto read = read_transactions(header + line);
    REQUIRE(read.good.size() == 1);
    return read.good[0].order_id + "|" + read.good[0].trader_id;
  };
  CHECK(texts("", "") == "|");
  CHECK(texts(",order_id", ",O1") == "O1|");
  CHECK(texts(",trader_id", ",D1") == "|D1");
  CHECK(texts(",trader_id,order_id", ",D1,O1") == "O1|D1");
  CHECK(texts(",order_id,trader_id", ",,D1") == "|D1");
}

namespace {

// A row with kind and reference behind the other columns.
std::string reversal(const std::string& kind, const std::string& reference, const std::string& figures) {
  return "R1,2024-09-20T08:36:00.000Z,C1,AAPL," + figures + ",B1,NASDAQ," + kind + "," + reference + "\n";
}
const std::string kFigures = "BUY,100,190.25,USD";
const std::string kReversalHeader = kHeader.substr(0, kHeader.size() - 1) + ",kind,ref_transaction_id\n";

}  // namespace

TEST_CASE("what says no kind is an execution, with or without the columns", "[ingest]") {
  for (const auto& text : {kHeader + row("T1"), kReversalHeader + reversal("", "", kFigures),
                           kReversalHeader + reversal("EXECUTION", "", kFigures)}) {
    const auto read = read_transactions(text);
    REQUIRE(read.good.size() == 1);
    CHECK(read.good[0].kind == engine::ExecutionKind::kExecution);
    CHECK(read.good[0].ref_transaction_id.empty());
    CHECK(read.good[0].quantity == Quantity::from_whole(100));
  }
  const auto alone = read_transactions("kind," + kHeader + "BUST," + row("R1"));
  REQUIRE(alone.good.size() == 1);
  CHECK(alone.good[0].kind == engine::ExecutionKind::kBust);
  CHECK(engine::value_problem(alone.good[0]) == engine::Rejection{"ref_transaction_id", "", "empty"});
}

TEST_CASE("a correction has all its figures, and one that lacks any is a bad row", "[ingest]") {
  const auto read = read_transactions(kReversalHeader + reversal("CORRECTION", "T1", kFigures));
  REQUIRE(read.good.size() == 1);
  CHECK(read.good[0].kind == engine::ExecutionKind::kCorrection);
  CHECK(read.good[0].ref_transaction_id == "T1");
  CHECK(read.good[0].price == *Price::parse("190.25"));
  const auto bad = read_transactions(kReversalHeader + reversal("CORRECTION", "T1", "BUY,,190.25,USD"));
  REQUIRE(bad.bad.size() == 1);
  CHECK(bad.bad[0].rejection == engine::Rejection{"quantity", "", "not a decimal number"});
}

TEST_CASE("of a bust the cells of what it takes back may hold anything, and only a side is taken", "[ingest]") {
  for (const std::string figures :
       {",,,", "?,many,1e3,a currency", "BUY,100,190.25,USD", "buy,-1,1.0000000001,\"U\nS\""}) {
    INFO(figures);
    const auto read = read_transactions("order_id,trader_id," + kReversalHeader + "O1," + std::string(60, 'x') + "," +
                                        reversal("BUST", "T1", figures) + ",," + reversal("", "", kFigures));
    REQUIRE(read.good.size() == 2);
    engine::Transaction expected;
    expected.transaction_id = "R1";
    expected.executed_at = *parse_timestamp("2024-09-20T08:36:00Z");
    expected.client_id.text = "C1";
    expected.symbol.text = "AAPL";
    expected.broker_id = "B1";
    expected.market = "NASDAQ";
    if (figures.starts_with("BUY")) expected.side = engine::Side::kBuy;
    expected.kind = engine::ExecutionKind::kBust;
    expected.ref_transaction_id = "T1";
    CHECK(read.good[0] == expected);
    CHECK_FALSE(engine::value_problem(read.good[0]));
    CHECK(read.good[1].kind == engine::ExecutionKind::kExecution);
  }
  for (const std::string bad :
       {"R1,yesterday,C1,AAPL,,,,,B1,NASDAQ,BUST,T1\n", "R1,,C1,AAPL,,,,,B1,NASDAQ,BUST,T1\n"}) {
    const auto read = read_transactions(kReversalHeader + bad);
    REQUIRE(read.bad.size() == 1);
    CHECK(read.bad[0].rejection.field == "executed_at");
  }
}

TEST_CASE("a bust in a value that is read again leaves nothing of the row before", "[ingest]") {
  std::istringstream input("trader_id,order_id," + kReversalHeader + "D1,O1," + reversal("CORRECTION", "T0", kFigures) +
                           "D2,O2," + reversal("BUST", "T1", ",5,6,EUR") + ",," + reversal("", "", kFigures));
  TransactionReader reader(input, "fills.csv");
  engine::Transaction transaction;
  BadRow bad;
  REQUIRE(reader.read(transaction, bad) == Step::kValue);
  REQUIRE(reader.read(transaction, bad) == Step::kValue);
  CHECK(transaction.side == engine::Side::kUnknown);
  CHECK(transaction.quantity == Quantity{});
  CHECK(transaction.price == Price{});
  CHECK(transaction.currency + transaction.order_id + transaction.trader_id == "");
  REQUIRE(reader.read(transaction, bad) == Step::kValue);
  CHECK(transaction.ref_transaction_id.empty());
  CHECK(transaction.kind == engine::ExecutionKind::kExecution);
}

TEST_CASE("a kind that is none is refused by its name", "[ingest]") {
  for (const std::string kind : {"bust", "Bust", "TRADE", "UNKNOWN", "1", " BUST", "BUST "}) {
    INFO(kind);
    const auto read =
        read_transactions(kReversalHeader + reversal(kind, "T1", kFigures) + reversal("BUST", "T1", ",,,"));
    CHECK(read.good.size() == 1);
    REQUIRE(read.bad.size() == 1);
    CHECK(read.bad[0].rejection == engine::Rejection{"kind", kind, "not EXECUTION, BUST or CORRECTION"});
  }
}

TEST_CASE("a reference that no reversal may have passes the reader, for the rules to refuse", "[ingest]") {
  const auto problem = [](const std::string& kind, const std::string& reference) {
    const auto read = read_transactions(kReversalHeader + reversal(kind, reference, kFigures));
    REQUIRE(read.good.size() == 1);
    return engine::value_problem(read.good[0]).value_or(engine::Rejection{});
  };
  CHECK(problem("CORRECTION", "").reason == "empty");
  CHECK(problem("CORRECTION", "R1").field == "ref_transaction_id");
  CHECK(problem("BUST", std::string(51, 'T')).reason == "longer than 50 bytes");
  CHECK(problem("BUST", "R1") == engine::Rejection{});
  CHECK(problem("", "T1").field == "ref_transaction_id");
}

TEST_CASE("busts and corrections are written as they are read", "[ingest]") {
  std::string text;
  append_csv_header(text);
  const auto rows = read_transactions(kReversalHeader + reversal("BUST", "\"T,1\"", "?,many,,") +
                                      reversal("CORRECTION", "T1", kFigures) + reversal("", "", kFigures))
                        .good;
  for (const auto& transaction : rows) append_csv_row(text, transaction);
  CHECK(text ==
        "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market,order_id,trader_id,"
        "kind,ref_transaction_id\n"
        "R1,2024-09-20T08:36:00.000000Z,C1,AAPL,,,,,B1,NASDAQ,,,BUST,\"T,1\"\n"
        "R1,2024-09-20T08:36:00.000000Z,C1,AAPL,BUY,100,190.25,USD,B1,NASDAQ,,,CORRECTION,T1\n"
        "R1,2024-09-20T08:36:00.000000Z,C1,AAPL,BUY,100,190.25,USD,B1,NASDAQ,,,EXECUTION,\n");
  CHECK(read_transactions(text).good == rows);
}

TEST_CASE("the order of one row is not that of the next", "[ingest]") {
  std::istringstream input("trader_id,order_id," + kHeader + "D1,O1," + row("T1") + ",," + row("T2"));
  TransactionReader reader(input, "fills.csv");
  engine::Transaction transaction;
  BadRow bad;
  REQUIRE(reader.read(transaction, bad) == Step::kValue);
  CHECK(transaction.order_id == "O1");
  CHECK(transaction.trader_id == "D1");
  REQUIRE(reader.read(transaction, bad) == Step::kValue);
  CHECK(transaction.order_id.empty());
  CHECK(transaction.trader_id.empty());
}

TEST_CASE("an order that is no id passes the reader, for the rules to refuse", "[ingest]") {
  const auto read = read_transactions("order_id," + kHeader + std::string(51, 'O') + "," + row("T1"));
  REQUIRE(read.good.size() == 1);
  CHECK(engine::value_problem(read.good[0]) ==
        engine::Rejection{"order_id", std::string(51, 'O'), "longer than 50 bytes"});
}

TEST_CASE("a byte order mark, CRLF, blank lines and a missing last line end do no harm", "[ingest]") {
  std::string text = "\xef\xbb\xbf" + kHeader + row("T1") + "\n\n" + row("T2", "\"C,2\"");
  text.pop_back();
  std::string crlf;
  for (const char c : text) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  for (const char* ending : {"", "\r\n", "\r"}) {
    const auto read = read_transactions(crlf + ending);
    CHECK(read.bad.empty());
    CHECK(ids(read) == std::vector<std::string>{"T1", "T2"});
    CHECK(read.good_lines == std::vector<std::uint64_t>{2, 5});
    CHECK(read.good.back().market == "NASDAQ");
    CHECK(read.good.back().client_id.text == "C,2");
  }
}

TEST_CASE("quoted fields keep commas, quotes and line ends", "[ingest]") {
  const auto read = read_transactions(kHeader + row("T1", "\"A \"\"B\"\", C\"") + row("T2", "\"two\r\nlines\"") +
                                      row("\"T3\"", "\"\"") + row("T4", "\"\"\"\"") + row("T5"));
  CHECK(read.bad.empty());
  REQUIRE(ids(read) == std::vector<std::string>{"T1", "T2", "T3", "T4", "T5"});
  CHECK(read.good[0].client_id.text == "A \"B\", C");
  CHECK(read.good[1].client_id.text == "two\r\nlines");
  CHECK(read.good[2].client_id.text.empty());
  CHECK(read.good[3].client_id.text == "\"");
  CHECK(read.good_lines == std::vector<std::uint64_t>{2, 3, 5, 6, 7});
}

TEST_CASE("a field that does not parse names itself, its value and why", "[ingest]") {
  struct Case {
    std::string from, to;
    engine::Rejection expected;
  };
  const std::vector<Case> cases = {
      {",100,", ",12x,", {"quantity", "12x", "not a decimal number"}},
      {",100,", ",,", {"quantity", "", "not a decimal number"}},
      {",100,", ",1e3,", {"quantity", "1e3", "not a decimal number"}},
      {",190.25,", ",190.123456789,", {"price", "190.123456789", "more than 8 decimal places"}},
      {",190.25,", ",99999999999999,", {"price", "99999999999999", "out of range"}},
      {",BUY,", ",HOLD,", {"side", "HOLD", "not BUY or SELL"}},
      {",BUY,", ",buy,", {"side", "buy", "not BUY or SELL"}},
      {",BUY,", ",UNKNOWN,", {"side", "UNKNOWN", "not BUY or SELL"}},
      {"09-20T", "02-30T", {"executed_at", "2024-02-30T08:36:00.000Z", "no such date"}},
      {".000Z",
       ".0000000001Z",
       {"executed_at", "2024-09-20T08:36:00.0000000001Z", "more than 9 decimal places of a second"}},
  };
  for (const auto& [from, to, expected] : cases) {
    std::string line = row("BAD");
    line.replace(line.find(from), from.size(), to);
    INFO(line);
    const BadRow bad = bad_row_between(line);
    CHECK(bad.rejection == expected);
    CHECK(bad.raw + "\n" == line);
  }
}

TEST_CASE("values that only the rules can judge pass the reader", "[ingest]") {
  const auto read = read_transactions(kHeader + "T1,2024-09-20T08:36:00Z,,AAPL,BUY,-5,0,XTS,,\n");
  REQUIRE(read.good.size() == 1);
  CHECK(read.good[0].client_id.empty());
  CHECK(read.good[0].quantity == Quantity::from_whole(-5));
  CHECK(read.good[0].currency == "XTS");
}

TEST_CASE("a row of another width names what is missing or too much", "[ingest]") {
  CHECK(bad_row_between("B,2024-09-20T08:36:00Z,C1\n").rejection ==
        engine::Rejection{"symbol", "", "missing: the row has 3 of 10 fields"});
  std::string line = row("B");
  line.insert(line.size() - 1, ",extra,more");
  CHECK(bad_row_between(line).rejection == engine::Rejection{"", "extra", "the row has 12 fields, the header 10"});
}

TEST_CASE("the header again is a bad row, not a transaction", "[ingest]") {
  CHECK(bad_row_between(kHeader).rejection ==
        engine::Rejection{"transaction_id", "transaction_id", "the header again"});
}

TEST_CASE("invalid UTF-8 is named and kept printable; valid UTF-8 passes", "[ingest]") {
  const BadRow bad = bad_row_between(row("B", "C\xff\xfe"));
  CHECK(bad.rejection == engine::Rejection{"client_id", "C\\xff\\xfe", "not valid UTF-8"});
  CHECK_THAT(bad.raw, ContainsSubstring("C\\xff\\xfe,AAPL"));
  CHECK(read_transactions(kHeader + row("T1", "M\xc3\xbcller")).good.at(0).client_id.text == "M\xc3\xbcller");
}

TEST_CASE("a NUL byte is text like any other", "[ingest]") {
  const auto read = read_transactions(kHeader + row("T1", std::string("C\0D", 3)) + row("T2"));
  REQUIRE(read.good.size() == 2);
  CHECK(read.good[0].client_id.text == std::string("C\0D", 3));
}

TEST_CASE("bad quoting costs its own line and never the rest of the file", "[ingest]") {
  CHECK(bad_row_between(row("B", "C\"1")).rejection ==
        engine::Rejection{"client_id", "C\"1,AAPL,BUY,100,190.25,USD,B1,NASDAQ",
                          "a quote within a field that does not begin with one"});
  CHECK(bad_row_between(row("B", "\"C1\"x")).rejection.reason == "text after the closing quote");
  CHECK(bad_row_between(row("B", "\"C1\"x")).rejection.field == "client_id");

  SECTION("a quote that is never closed") {
    const BadRow bad = bad_row_between(row("B", "\"C1"));
    CHECK(bad.rejection ==
          engine::Rejection{"client_id", "\"C1,AAPL,BUY,100,190.25,USD,B1,NASDAQ", "a quote is not closed"});
    CHECK(bad.raw + "\n" == row("B", "\"C1"));
  }
  SECTION("a quote that the next row's quote seems to close") {
    const auto read = read_transactions(kHeader + row("B", "\"C1") + row("G1", "\"C2\"") + row("G2", "\"C,3\""));
    CHECK(ids(read) == std::vector<std::string>{"G1", "G2"});
    REQUIRE(read.bad.size() == 1);
    CHECK(read.bad[0].line == 2);
    CHECK(read.bad[0].rejection.field == "client_id");
    CHECK(read.bad[0].rejection.reason == "a quote is not closed");
  }
  SECTION("two quotes that pair up over two rows into one of another width") {
    const auto read = read_transactions(kHeader + row("G0") + row("B1", "\"C1") + row("G1") + "x\"," + row("G2"));
    CHECK(ids(read) == std::vector<std::string>{"G0", "G1"});
    REQUIRE(read.bad.size() == 2);
    CHECK(read.bad[0].line == 3);
    CHECK(read.bad[0].rejection.reason == "a quote is not closed");
    CHECK(read.bad[1].line == 5);
  }
  SECTION("a quote that is closed on the next line, where another quote is wrong") {
    const auto read = read_transactions(kHeader + row("B1", "\"C1") + "x\",y\"z\n" + row("G1"));
    CHECK(ids(read) == std::vector<std::string>{"G1"});
    REQUIRE(read.bad.size() == 2);
    CHECK(read.bad[0].line == 2);
    CHECK(read.bad[0].rejection.field == "client_id");
    CHECK(read.bad[0].rejection.reason == "a quote is not closed");
    CHECK(read.bad[1].line == 3);
    CHECK(read.bad[1].rejection.field == "transaction_id");
  }
  SECTION("in the last line, without a line end") {
    const auto read = read_transactions(kHeader + row("G1") + "B,\"x");
    CHECK(ids(read) == std::vector<std::string>{"G1"});
    REQUIRE(read.bad.size() == 1);
    CHECK(read.bad[0].rejection == engine::Rejection{"executed_at", "\"x", "a quote is not closed"});
  }
}

TEST_CASE("a quote left open in front of a long file costs one line", "[ingest]") {
  std::string text = kHeader + row("B", "\"C1");
  for (int i = 0; i < 20'000; ++i) text += row("G" + std::to_string(i));
  const auto read = read_transactions(text);
  CHECK(read.bad.size() == 1);
  CHECK(read.good.size() == 20'000);
  CHECK(read.good_lines.back() == 20'002);
}

TEST_CASE("a row longer than the allowed is skipped to its line end, whatever its length", "[ingest]") {
  for (const std::size_t length : {kRowBytesMax + 1, 3 * kRowBytesMax, std::size_t{1'000'000}}) {
    INFO(length);
    const BadRow bad = bad_row_between(std::string(length, 'x') + "\n");
    CHECK(bad.rejection.reason == "longer than 65536 bytes");
    CHECK(bad.raw == std::string(kRawBytesMax, 'x'));
  }
  std::string longest = row("T1");
  longest.insert(longest.size() - 1, std::string(kRowBytesMax + 1 - longest.size(), 'x'));
  CHECK(read_transactions(kHeader + longest + row("T2")).good.size() == 2);
}

TEST_CASE("rows that straddle the blocks of the file are whole", "[ingest]") {
  std::string text = kHeader;
  std::vector<std::string> expected;
  for (int i = 0; i < 30'000; ++i) {
    expected.push_back("T" + std::to_string(i));
    text += i % 7 == 0 ? row(expected.back(), "\"a \"\"b\"\"\nc\"") : row(expected.back());
  }
  const auto read = read_transactions(text);
  CHECK(read.bad.empty());
  CHECK(ids(read) == expected);
}

TEST_CASE("a header that would drop data silently stops the file", "[ingest]") {
  CHECK_THAT(header_error(""),
             ContainsSubstring("fills.csv:1: the file has no header (the columns are transaction_id,executed_at,"));
  std::string missing = kHeader;
  missing.erase(missing.find(",price"), 6);
  CHECK_THAT(header_error(missing), ContainsSubstring("fills.csv:1: column price is missing"));
  std::string twice = kHeader;
  twice.insert(twice.size() - 1, ",side");
  CHECK_THAT(header_error(twice), ContainsSubstring("column side comes twice"));
  std::string typo = kHeader;
  typo.replace(typo.find("price"), 5, "prize");
  CHECK_THAT(header_error(typo), ContainsSubstring("column prize is unknown; column price is missing"));
  CHECK_THAT(header_error("\"transaction_id,\n"),
             ContainsSubstring("fills.csv:1: the header is not readable: a quote is not closed"));
}

TEST_CASE("a file that cannot be read says so", "[ingest]") {
  CHECK_THROWS_WITH(TransactionReader("/nonexistent/fills.csv"), "/nonexistent/fills.csv: No such file or directory");
  CHECK_THROWS_WITH(TransactionReader("/"), "/: is a directory");
  CHECK_THROWS_WITH(TransactionReader("/dev/zero"), "/dev/zero: is a device, not a file");  // it has no end
}

TEST_CASE("the file of twelve bad rows: what the reader finds, and what it leaves to the rules", "[ingest]") {
  TransactionReader reader(RISK_TEST_DATA "/twelve_bad_rows.csv");
  const auto read = read_all<engine::Transaction>(reader);
  std::vector<std::string> found;
  for (const auto& bad : read.bad) found.push_back(std::to_string(bad.line) + " " + bad.rejection.field);
  CHECK(found == std::vector<std::string>{"3 quantity", "5 price", "9 side", "15 executed_at", "17 market",
                                          "19 client_id", "21 client_id", "25 transaction_id"});

  std::vector<std::string> rejected;
  for (std::size_t i = 0; i < read.good.size(); ++i) {
    const auto problem = engine::value_problem(read.good[i]);
    if (problem) rejected.push_back(std::to_string(read.good_lines[i]) + " " + problem->field);
  }
  CHECK(rejected == std::vector<std::string>{"7 quantity", "11 client_id", "13 symbol"});
  CHECK(read.good.size() == 14 + rejected.size());  // that of a currency without a rate is for the core
}

TEST_CASE("a reader of many rows reads them into one value and tells how far it is", "[ingest]") {
  const std::string first = row("G1"), bad = "short\n", last = row("G2", "C2");
  std::istringstream input(kHeader + first + bad + last);
  TransactionReader reader(input, "fills.csv");
  engine::Transaction transaction;
  BadRow bad_row;
  CHECK(reader.read(transaction, bad_row) == Step::kValue);
  CHECK(transaction == read_transactions(kHeader + first).good.at(0));
  CHECK(reader.bytes_read() == kHeader.size() + first.size());
  CHECK(reader.read(transaction, bad_row) == Step::kBadRow);
  CHECK(bad_row.line == 3);
  CHECK(bad_row.raw == "short");
  CHECK(reader.read(transaction, bad_row) == Step::kValue);
  CHECK(transaction == read_transactions(kHeader + last).good.at(0));
  CHECK(reader.line() == 4);
  CHECK(reader.read(transaction, bad_row) == Step::kEnd);
  CHECK(reader.bytes_read() == kHeader.size() + first.size() + bad.size() + last.size());
  CHECK(reader.read(transaction, bad_row) == Step::kEnd);
}
