#include "riskctl/table.hpp"

#include <sstream>

#include "riskctl/app.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace risk;
using namespace risk::riskctl;

namespace {

std::string said(std::vector<std::string> words, int status) {
  Options options;
  options.words = std::move(words);
  std::ostringstream out, err;
  CHECK(run(options, out, err) == status);
  CHECK(out.str().empty());
  return err.str().substr(0, err.str().find('\n'));
}

}  // namespace

TEST_CASE("a table shows plainly what would pass for something else, and stays aligned", "[riskctl]") {
  TextTable table({{"id"}, {"n", Column::kRight}});
  table.add({"A\u202eB", "1"});
  table.add({"ACME ", "20"});
  table.add({"\xff\u009b", "3"});
  std::ostringstream out;
  table.print(out);
  CHECK(out.str() ==
        "id           n\n"
        "A\\u{202e}B   1\n"
        "ACME\\u{20}  20\n"
        "\\xff\\u{9b}   3\n");
}

TEST_CASE("a name or comment that could pass for another one is refused before anybody is asked", "[riskctl]") {
  CHECK(said({"ack", "12", "an\u202ena"}, 2) ==
        "riskctl: actor \"an\\u{202e}na\": character 3 is U+202E, which does not show");
  CHECK(said({"ack", "12", "anna "}, 2) == "riskctl: actor \"anna \": character 5 is U+0020, a blank at the end");
  CHECK(said({"ack", "12", " "}, 2) == "riskctl: actor \" \": nothing but blanks (U+0020)");
  CHECK(said({"ack", "12", "a\xff"}, 2) == "riskctl: actor \"a\\xff\": character 2 is not UTF-8 (byte 0xff)");
  CHECK(said({"ack", "12", "anna", "fine\u200b"}, 2) == "riskctl: comment: character 5 is U+200B, which does not show");
  CHECK(said({"l\u202eist"}, 2) == "riskctl: \"l\\u{202e}ist\" is not a command");
}

TEST_CASE("an answer that cannot be written is an error", "[riskctl]") {
  const risk::test::TemporaryFolder folder;
  Options options;
  options.words = {"keys", folder / "keys"};
  std::ostringstream out, err;
  out.setstate(std::ios::badbit);
  CHECK(run(options, out, err) == 1);
  CHECK(err.str().rfind("riskctl: the output cannot be written", 0) == 0);
}
