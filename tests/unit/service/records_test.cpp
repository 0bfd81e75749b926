// Options that are sequences of records in the YAML file.
#include <deque>

#include "options_fixture.hpp"
#include "risk/service/options.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::service;
using Lines = std::vector<std::string>;

namespace {

struct Peer {
  std::string name;
  std::uint16_t port = 80;
  Secret password;
};

class Records : public OptionsFixture {
 public:
  Records() {
    options.add_records({"feed.peers", "", {}, "The peers"}, [this](OptionSet& record) {
      Peer& peer = peers.emplace_back();
      record.add_text({"name", "", {}, "Its name"}, peer.name);
      record.add_integer({"port", "", {}, "Its port"}, peer.port, 1, 65535);
      record.add_secret({"login.password", "", {}, "A password"}, peer.password);
      record.add_check([&peer]() -> Lines {
        if (peer.name.empty()) return {"name: is missing"};
        if (peer.name == "x") return {"name x: is taken"};
        return {};
      });
    });
  }
  std::optional<int> parse_yaml(const std::string& yaml) { return OptionsFixture::parse_yaml(options, yaml); }

  std::deque<Peer> peers;
  OptionSet options{"probe", "Tests records."};
};

}  // namespace

TEST_CASE("each record of a sequence has its own fields, and a field that is left out its default") {
  Records r;
  CHECK(r.parse_yaml("feed:\n"
                     "  peers:\n"
                     "    - name: a\n"
                     "      port: 443\n"
                     "    - name: b\n"
                     "      login: {password: secret}\n") == std::nullopt);
  CHECK(r.err.empty());
  REQUIRE(r.peers.size() == 2);
  CHECK(r.peers[0].name == "a");
  CHECK(r.peers[0].port == 443);
  CHECK(r.peers[1].name == "b");
  CHECK(r.peers[1].port == 80);
  CHECK(r.peers[1].password.reveal() == "secret");
}

TEST_CASE("no records are no mistake") {
  for (const std::string yaml : {"", "feed:\n", "feed:\n  peers:\n", "feed:\n  peers: []\n"}) {
    Records r;
    CHECK(r.parse_yaml(yaml) == std::nullopt);
    CHECK(r.peers.empty());
  }
}

TEST_CASE("a mistake in a record names file, line, record, field and value") {
  Records r;
  CHECK(r.parse_yaml("feed:\n"
                     "  peers:\n"
                     "    - name: a\n"
                     "      port: 0\n"
                     "    - prot: 1\n"
                     "    - name: x\n"
                     "    - just text\n"
                     "    - name: c\n"
                     "      name: d\n") == 2);
  CHECK(r.mistakes() == Lines{
                            "risk.yaml:4: feed.peers[1].port: value \"0\": allowed: a whole number from 1 to 65535",
                            "risk.yaml:5: feed.peers[2].prot: unknown key; did you mean feed.peers[2].port?",
                            "risk.yaml:5: feed.peers[2].name: is missing",
                            "risk.yaml:6: feed.peers[3].name x: is taken",
                            "risk.yaml:7: feed.peers[4]: not a record: allowed: KEY: VALUE lines",
                            "risk.yaml:9: feed.peers[5].name: given twice; first in line 8",
                        });
}

TEST_CASE("what is no sequence is not taken for records") {
  for (const std::string yaml : {"feed: {peers: a}\n", "feed: {peers: {name: a}}\n"}) {
    Records r;
    CHECK(r.parse_yaml(yaml) == 2);
    CHECK(r.mistakes() ==
          Lines{"risk.yaml:1: feed.peers: not a sequence: allowed: records, each KEY: VALUE lines after a -"});
  }
}

TEST_CASE("no mistake in a record shows its secret") {
  Records r;
  CHECK(r.parse_yaml("feed:\n  peers:\n    - login: {password: hunter2}\n      port: hunter2\n") == 2);
  CHECK(r.err.find("hunter2") == std::string::npos);
}

TEST_CASE("help lists the fields of a record with their defaults") {
  Records r;
  CHECK(r.parse(r.options, {"--help"}) == 0);
  CHECK(r.out.find("feed.peers ") != std::string::npos);
  CHECK(r.out.find("feed.peers[].port") != std::string::npos);
  CHECK(r.out.find("Its port (default: 80)") != std::string::npos);
}
