// Options: what operators write, and the mistakes they are told of.
#include "alert-notifier/options.hpp"

#include <fstream>
#include <map>
#include <memory>
#include <set>

#include "fixture.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace risk;
using namespace risk::notifier;

namespace {

struct Parsed {
  Options options;
  std::optional<int> status;
  std::string err;
};

std::unique_ptr<Parsed> parse(const std::map<std::string, std::string>& variables, const std::string& yaml = "") {
  auto parsed = std::make_unique<Parsed>();
  notifier::test::TemporaryFolder folder;
  std::vector<const char*> words{"alert-notifier"};
  const std::string file = folder.path() + "/risk.yaml";
  if (!yaml.empty()) {
    std::ofstream(file) << yaml;
    words.insert(words.end(), {"--config", file.c_str()});
  }
  service::OptionSet set("alert-notifier", "");
  declare_options(set, parsed->options);
  service::OptionSet::Environment environment;
  environment.variable = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  environment.dotenv_path = folder.path() + "/.env";
  environment.err = &parsed->err;
  parsed->status = set.parse(static_cast<int>(words.size()), words.data(), environment);
  return parsed;
}

}  // namespace

TEST_CASE("the variables of the original configure both channels") {
  const auto parsed = parse({{"SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T/B/token"},
                             {"SMTP_SERVER", "mail.example.com"},
                             {"SMTP_PORT", "465"},
                             {"SMTP_USERNAME", "risk"},
                             {"SMTP_PASSWORD", "open sesame"},
                             {"ALERT_EMAIL_FROM", "risk@example.com"},
                             {"ALERT_EMAIL_TO", "desk@example.com, ops@example.com"},
                             {"ENGINE_ENDPOINT", "tcp://engine:5561,tcp://standby:5561"}});
  CAPTURE(parsed->err);
  REQUIRE(!parsed->status);
  const Options& options = parsed->options;
  CHECK(options.slack_webhook_url.reveal() == "https://hooks.slack.com/services/T/B/token");
  CHECK(options.email.server.host == "mail.example.com");
  CHECK(options.email.server.port == 465);
  CHECK(options.email.server.security == SmtpSecurity::kAuto);
  CHECK(options.email.server.password.reveal() == "open sesame");
  CHECK(options.email.to == std::vector<std::string>{"desk@example.com", "ops@example.com"});
  CHECK(options.engine.publish == std::vector<std::string>{"tcp://engine:5561", "tcp://standby:5561"});
  CHECK(options.common.health_port == 9103);
}

TEST_CASE("nothing configured is no mistake, and neither are the blanks of an example file") {
  CHECK(!parse({})->status);
  CHECK(!parse({{"SMTP_SERVER", "smtp.example.com"}, {"SMTP_PORT", "587"}, {"SMTP_USERNAME", ""}})->status);
  const auto parsed = parse({});
  CHECK(make_filter(parsed->options).events == Filter{}.events);
  CHECK(parsed->options.email.server.port == 587);
  CHECK(parsed->options.state_path == "var/alert-notifier.state");
}

TEST_CASE("the YAML section sets events, severity and patience") {
  const auto parsed = parse({},
                            "notifier:\n  events: [OPENED, COMMENTED]\n  minimum_severity: HIGH\n  queue_max: 5\n"
                            "  state_path: there.state\n"
                            "  retry:\n    first_wait: 2s\n  email:\n    security: tls\nrules:\n  anything: 1\n");
  CAPTURE(parsed->err);
  REQUIRE(!parsed->status);
  const Filter filter = make_filter(parsed->options);
  CHECK(filter.events == std::set{engine::AlertEventType::kOpened, engine::AlertEventType::kCommented});
  CHECK(filter.minimum_severity == engine::Severity::kHigh);
  CHECK(parsed->options.delivery.queue_max == 5);
  CHECK(parsed->options.state_path == "there.state");
  CHECK(parsed->options.delivery.retry.first_wait == 2s);
  CHECK(parsed->options.email.server.security == SmtpSecurity::kTls);
}

TEST_CASE("every mistake is told at once, and no secret with it") {
  const auto parsed = parse({{"SLACK_WEBHOOK_URL", "hooks.slack.com/services/T/B/tokentoken"},
                             {"SMTP_PASSWORD", "open sesame"},
                             {"SMTP_SERVER", "mail.example.com/x"},
                             {"ALERT_EMAIL_FROM", "risk"},
                             {"ALERT_EMAIL_TO", "desk@example.com,two words@example.com"},
                             {"SMTP_CA_FILE", "/does/not/exist.pem"},
                             {"NOTIFIER_EVENTS", "OPENED,CLOSED"}});
  REQUIRE(parsed->status == 2);
  CAPTURE(parsed->err);
  for (const char* part : {"SLACK_WEBHOOK_URL", "SMTP_SERVER", "'risk': no @", "'two words@example.com'",
                           "SMTP_USERNAME", "/does/not/exist.pem", "'CLOSED'"}) {
    CAPTURE(part);
    CHECK(parsed->err.find(part) != std::string::npos);
  }
  CHECK(parsed->err.find("tokentoken") == std::string::npos);
  CHECK(parsed->err.find("open sesame") == std::string::npos);
}

TEST_CASE("a key that nobody declared is a mistake in the notifier's own section") {
  CHECK(parse({}, "notifier:\n  evnets: [OPENED]\n")->status == 2);
}

TEST_CASE("a secret that leaves this host in clear is warned of, and not shown") {
  const auto warning = [](std::map<std::string, std::string> variables) {
    const auto parsed = parse(variables);
    CHECK(!parsed->status);
    CHECK(parsed->err.find("token") == std::string::npos);
    CHECK(parsed->err.find("sesame") == std::string::npos);
    return parsed->err;
  };
  const auto webhook = [&](const std::string& url) { return warning({{"SLACK_WEBHOOK_URL", url}}); };
  CHECK(webhook("http://chat.example.com:8080/token") ==
        "alert-notifier: warning: notifier.slack.webhook_url: its secret goes to chat.example.com in clear; use "
        "https://\n");
  CHECK(webhook("http://token@chat.example.com?token").find(" chat.example.com ") != std::string::npos);
  CHECK(webhook("http://127.example.com/token").find(" 127.example.com ") != std::string::npos);
  for (const char* fine : {"https://chat.example.com/token", "http://localhost:9/token", "http://127.0.0.1/token",
                           "http://[::1]:9/token", ""}) {
    CHECK(webhook(fine).empty());
  }

  const auto mail = [&](const std::string& server, const std::string& security) {
    return warning({{"SMTP_SERVER", server},
                    {"SMTP_SECURITY", security},
                    {"SMTP_USERNAME", "risk"},
                    {"SMTP_PASSWORD", "open sesame"},
                    {"ALERT_EMAIL_FROM", "risk@example.com"},
                    {"ALERT_EMAIL_TO", "desk@example.com"}});
  };
  CHECK(mail("mail.example.com", "none") ==
        "alert-notifier: warning: notifier.email.security none: mail and the login's password go to mail.example.com "
        "in clear; use starttls or tls\n");
  CHECK(mail("mail.example.com", "starttls").empty());
  CHECK(mail("localhost", "none").empty());
}
