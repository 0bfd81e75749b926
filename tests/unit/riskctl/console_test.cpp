#include "riskctl/backtest/console.hpp"

#include <sstream>

#include "support/catch.hpp"

using namespace risk;
using namespace risk::riskctl;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the first inputs that cannot be applied are named, the others counted", "[riskctl]") {
  std::ostringstream err;
  Console console(err, false);
  for (std::uint64_t i = 0; i < Console::kNamedMax + 2; ++i) {
    console.reject("f.csv:" + std::to_string(i), {"price", "a\nb", "not a decimal number"});
  }
  console.finish();
  CHECK_THAT(err.str(), Catch::Matchers::StartsWith("riskctl: f.csv:0: price \"a\\x0ab\": not a decimal number\n"));
  CHECK_THAT(err.str(), ContainsSubstring("f.csv:19:"));
  CHECK_THAT(err.str(), !ContainsSubstring("f.csv:20:"));
  CHECK_THAT(err.str(), Catch::Matchers::EndsWith("riskctl: and 2 more that cannot be applied\n"));
}

TEST_CASE("progress is drawn on a terminal alone and gone before anything else is said", "[riskctl]") {
  std::ostringstream file;
  Console quiet(file, false);
  quiet.progress(1, 2, 3);
  quiet.finish();
  CHECK(file.str().empty());

  std::ostringstream terminal;
  {
    Console console(terminal, true);
    console.progress(60, 50, 1'234'567);
    console.reject("f.csv:1", {"", "x", "too long"});
  }
  CHECK(terminal.str() == "\r\x1b[K[" + std::string(40, '#') +
                              "] 100%  1,234,567 transactions\r\x1b[Kriskctl: f.csv:1: \"x\": too long\n");

  std::ostringstream unknown;
  Console console(unknown, true);
  console.progress(60, 0, 5);
  CHECK(unknown.str() == "\r\x1b[K5 transactions");
}
