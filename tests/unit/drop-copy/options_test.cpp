// The settings of drop-copy: each mistake in a session names file, line, session, field and value.
#include "drop-copy/options.hpp"

#include <algorithm>

#include "drop-copy/app.hpp"
#include "support/catch.hpp"
#include "unit/service/options_fixture.hpp"

using namespace risk;
using namespace risk::drop_copy;
using Mistakes = std::vector<std::string>;

namespace {

struct Settings : service::OptionsFixture {
  Options options;
  service::OptionSet set{"drop-copy", ""};

  Settings() { add_options(set, options); }
  std::optional<int> parse_yaml(const std::string& yaml) { return OptionsFixture::parse_yaml(set, yaml); }
};

const std::string kSession =
    "drop_copy:\n"
    "  sessions:\n"
    "    - name: prime\n"
    "      port: 9880\n"
    "      sender_comp_id: DESK\n"
    "      target_comp_id: PRIME\n";

}  // namespace

TEST_CASE("a session is read with its defaults") {
  Settings s;
  CHECK(s.parse_yaml(kSession) == std::nullopt);
  CHECK(s.err.empty());
  REQUIRE(s.options.sessions.size() == 1);
  const auto& session = s.options.sessions.front();
  CHECK(session.is_initiator);
  CHECK(session.host == "127.0.0.1");
  CHECK(session.mapping.broker_id == "prime");
  CHECK(session.publishes_instruments);
  CHECK_FALSE(session.session_start);
  const auto identity = session.identity();
  CHECK(identity.begin_string == "FIX.4.4");
  CHECK(identity.heartbeat_seconds == 30);
  CHECK(identity.default_appl_ver_id.empty());
  s.options.stream_name = "drop-copy@desk";
  CHECK(s.options.stream_of(session) == "drop-copy@desk/prime");
  CHECK(s.options.journal_of(session).directory == "var/drop-copy-journal/prime");
}

TEST_CASE("every field of a session can be set") {
  Settings s;
  const auto password = s.file("password", "hunter2\n");
  CHECK(s.parse_yaml(kSession +
                     "      role: acceptor\n"
                     "      host: 0.0.0.0\n"
                     "      version: FIX.5.0SP2\n"
                     "      sender_sub_id: RISK\n"
                     "      target_sub_id: DC\n"
                     "      username: desk\n"
                     "      password_file: " +
                     password +
                     "\n"
                     "      heartbeat: 10s\n"
                     "      reconnect: 1s\n"
                     "      session_start: 17:00 America/New_York\n"
                     "      broker_id: PB\n"
                     "      market: XNAS\n"
                     "      client_from: party:24\n"
                     "      trader_from: party:12\n"
                     "      symbol_from: security_id\n"
                     "      instruments: false\n") == std::nullopt);
  CHECK(s.err.empty());
  const auto& session = s.options.sessions.front();
  const auto identity = session.identity();
  CHECK_FALSE(identity.is_initiator);
  CHECK(identity.begin_string == "FIXT.1.1");
  CHECK(identity.default_appl_ver_id == "9");
  CHECK(identity.sender_sub_id == "RISK");
  CHECK(identity.password == "hunter2");
  CHECK(session.mapping.broker_id == "PB");
  CHECK(session.mapping.client_party_role == 24);
  CHECK(session.mapping.trader_party_role == 12);
  CHECK(session.mapping.symbol_is_security_id);
  CHECK_FALSE(session.publishes_instruments);
  CHECK(session.session_start);
}

TEST_CASE("every mistake in a session names field and value") {
  Settings s;
  CHECK(s.parse_yaml("drop_copy:\n"
                     "  sessions:\n"
                     "    - name: a/b\n"
                     "      role: client\n"
                     "      port: 70000\n"
                     "      version: FIX.4.3\n"
                     "      sender_comp_id: two words\n"
                     "      target_comp_id: A=B\n"
                     "      heartbeat: 1.5s\n"
                     "      session_start: noon\n"
                     "      client_from: party:0\n"
                     "      symbol_from: cusip\n"
                     "      broker_id: " +
                     std::string(51, 'x') +
                     "\n"
                     "      passwort: x\n") == 2);
  const auto mistakes = s.mistakes();
  const auto has = [&](const std::string& line) {
    return std::find(mistakes.begin(), mistakes.end(), line) != mistakes.end();
  };
  const std::string at = "drop_copy.sessions[1].";
  CHECK(has("risk.yaml:3: " + at + "name: value \"a/b\": allowed: 1 to 50 letters, digits, - and _"));
  CHECK(has("risk.yaml:4: " + at + "role: value \"client\": allowed: initiator or acceptor"));
  CHECK(has("risk.yaml:5: " + at + "port: value \"70000\": allowed: a whole number from 0 to 65535"));
  CHECK(has("risk.yaml:6: " + at + "version: value \"FIX.4.3\": allowed: FIX.4.2, FIX.4.4 or FIX.5.0SP2"));
  CHECK(has("risk.yaml:7: " + at +
            "sender_comp_id: value \"two words\": allowed: 1 to 50 characters of ASCII that show, "
            "without = and blanks"));
  CHECK(has("risk.yaml:9: " + at + "heartbeat: allowed: whole seconds"));
  CHECK(has("risk.yaml:11: " + at +
            "client_from: value \"party:0\": allowed: account, or party:ROLE with a PartyRole "
            "from 1 to 999"));
  CHECK(has("risk.yaml:12: " + at + "symbol_from: value \"cusip\": allowed: symbol or security_id"));
  CHECK(has("risk.yaml:14: " + at + "passwort: unknown key; did you mean " + at + "password?"));
  CHECK(std::none_of(mistakes.begin(), mistakes.end(), [](const auto& line) { return line.ends_with("is missing"); }));
}

TEST_CASE("without sessions there is no mistake, but nothing to start either") {
  Settings s;
  CHECK(s.parse_yaml("") == std::nullopt);
  service::RunContext context;
  DropCopyApp app(s.options, context);
  CHECK_THROWS_WITH(app.start(), Catch::Matchers::StartsWith("drop_copy.sessions: none is given"));
}

TEST_CASE("sessions are judged against each other") {
  const auto mistakes_of = [](const std::string& yaml) {
    Settings s;
    CHECK(s.parse_yaml(yaml) == 2);
    return s.mistakes();
  };
  const auto twice = mistakes_of(kSession + kSession.substr(kSession.find("    - ")));
  REQUIRE(twice.size() == 2);
  CHECK(twice[0] == "risk.yaml:2: drop_copy.sessions: name \"prime\" is given twice");
  CHECK(twice[1] ==
        "risk.yaml:2: drop_copy.sessions: \"prime\" has the version, sender_comp_id and target_comp_id of another one");
  CHECK(mistakes_of(kSession + "      reset_on_logon: true\n      role: acceptor\n") ==
        Mistakes{
            "risk.yaml:7: drop_copy.sessions[1].reset_on_logon: is an initiator's; an acceptor does what the broker's "
            "Logon says"});
}

TEST_CASE("no mistake shows a password, and one that cannot be read is one") {
  Settings s;
  CHECK(s.parse_yaml(kSession +
                     "      password: hunter2\n      password_file: /no/such/file\n      heartbeat: hunter2\n") == 2);
  CHECK(s.err.find("hunter2") == std::string::npos);
  Settings missing;
  CHECK(missing.parse_yaml(kSession + "      password_file: /no/such/file\n") == 2);
  CHECK(missing.err.find("password_file \"/no/such/file\": cannot be read: No such file or directory") !=
        std::string::npos);
}

TEST_CASE("the examples to play with are valid") {
  const auto file = GENERATE(as<std::string>(), "drop-copy.yaml", "drop-copy.compose.yaml");
  Settings s;
  CHECK(s.parse(s.set, {"--config", EXAMPLE_CONFIGS "/" + file}) == std::nullopt);
  CHECK(s.err.empty());
  CHECK(s.options.sessions.size() == 2);
}
