// The whole notifier between a real publisher and real peers: in process, and as the executable that people run.
#include "alert-notifier/app.hpp"

#include <chrono>
#include <csignal>
#include <sstream>

#include "engine_end.hpp"
#include "fixture.hpp"
#include "risk/base/encoding.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "unit/service/output_of.hpp"

using namespace std::chrono_literals;
using namespace risk;
using namespace risk::notifier;
using notifier::test::Engine;
using notifier::test::exposure_alert;
using notifier::test::TemporaryFolder;
using notifier::test::until;
using risk::test::ChildProcess;
using risk::test::Peer;

namespace {

constexpr char kWebhookPath[] = "/services/T0001/B0002/tokentokentoken";
constexpr char kWrongPassword[] = "not-open-sesame";

Options quick_options(const Engine& engine, const TemporaryFolder& folder) {
  Options options;
  options.state_path = folder.path() + "/state";
  options.common.health_port = 0;
  options.engine.publish = {engine.endpoint()};
  options.slack_interval = options.email_interval = 0ms;
  options.delivery.retry.first_wait = 5ms;
  options.delivery.retry.longest_wait = 20ms;
  return options;
}

Secret webhook(const Peer& sink) {
  return Secret("http://127.0.0.1:" + std::to_string(sink.port()) + kWebhookPath);
}

std::string posted_alert(Peer& sink) {
  const auto payload = nlohmann::json::parse(sink.next("request")["body"].get<std::string>());
  for (const auto& field : payload["attachments"][0]["fields"]) {
    if (field["title"] == "Alert") return field["value"];
  }
  return "";
}

std::map<std::string, std::string> environment_of(const Engine& engine, const Peer& sink, const Peer& server,
                                                  const std::string& password, const TemporaryFolder& folder) {
  return {{"NOTIFIER_STATE_PATH", folder.path() + "/state"},
          {"ENGINE_ENDPOINT", engine.endpoint()},
          {"HEALTH_PORT", "0"},
          {"LOG_LEVEL", "debug"},
          {"SLACK_WEBHOOK_URL", webhook(sink).reveal()},
          {"SMTP_SERVER", "localhost"},
          {"SMTP_PORT", std::to_string(server.port())},
          {"SMTP_CA_FILE", server.certificate()},
          {"SMTP_USERNAME", "risk"},
          {"SMTP_PASSWORD", password},
          {"ALERT_EMAIL_FROM", "risk@example.com"},
          {"ALERT_EMAIL_TO", "desk@example.com"},
          {"NOTIFIER_SLACK_INTERVAL", "0ms"},
          {"NOTIFIER_EMAIL_INTERVAL", "0ms"},
          {"NOTIFIER_RETRY_FIRST_WAIT", "5ms"}};
}

void check_no_secret(const std::string& output) {
  CAPTURE(output);
  for (const std::string& secret : {std::string(kWebhookPath), std::string("tokentokentoken"),
                                    std::string("T0001/B0002"), std::string(kWrongPassword), base64(kWrongPassword)}) {
    CAPTURE(secret);
    CHECK(output.find(secret) == std::string::npos);
  }
}

}  // namespace

TEST_CASE("an alert of the engine reaches Slack and mail once, what nobody asked for does not") {
  Engine engine;
  const TemporaryFolder folder;
  Peer sink("http_sink.py"), server("smtp_server.py");
  Options options = quick_options(engine, folder);
  options.slack_webhook_url = webhook(sink);
  options.email = notifier::test::mail_to(server);
  service::RunContext context;
  NotifierApp app(options, context);
  app.start();
  REQUIRE(engine.is_heard());
  CHECK(until([&] { return app.health().readiness().ok; }));

  engine.tell(exposure_alert(1));
  wire::AlertMessage comment = exposure_alert(2);
  comment.event.type = engine::AlertEventType::kCommented;
  engine.tell(comment);
  engine.tell("not an alert");
  engine.tell(exposure_alert(3));

  CHECK(posted_alert(sink) == "12, event 1, rules version 3");
  CHECK(posted_alert(sink) == "12, event 3, rules version 3");
  CHECK(server.next("mail")["text"].get<std::string>().find("12, event 1,") != std::string::npos);
  CHECK(server.next("mail")["text"].get<std::string>().find("12, event 3,") != std::string::npos);
  app.stop();
  app.stop();
  const auto counted = [&app](const std::string& name) {
    return app.metrics().counter(name, "", {{"channel", "slack"}}).value();
  };
  CHECK(counted("notifier_alert_events_total") == 3);
  CHECK(counted("notifier_skipped_alert_events_total") == 1);
  CHECK(counted("notifier_unreadable_alert_events_total") == 1);
  CHECK(counted("notifier_sent_total") == 2);
  CHECK(!context.failed);
}

TEST_CASE("records that cannot be read, however many, are one line of the log a minute and a count") {
  constexpr int kRecords = 300;
  const auto out = service::output_of(service::kText, [] {
    Engine engine;
    const TemporaryFolder folder;
    service::RunContext context;
    const Options options = quick_options(engine, folder);
    NotifierApp app(options, context);
    app.start();
    CHECK(engine.is_heard());
    CHECK(until([&] { return app.health().readiness().ok; }));
    for (int i = 0; i < kRecords; ++i) engine.tell("not an alert");
    auto& unreadable = app.metrics().counter("notifier_unreadable_alert_events_total", "", {{"channel", "log"}});
    CHECK(until([&] { return unreadable.value() == kRecords; }));
    app.stop();
  });
  std::istringstream lines(out);
  int told = 0;
  for (std::string line; std::getline(lines, line);) told += line.find("alert event that cannot be read") < line.size();
  CHECK(told == 2);  // at once, and at the end
  CHECK(out.find("left_out=" + std::to_string(kRecords - 1) + "\n") != std::string::npos);
}

TEST_CASE("the notifier is not ready before it hears the engine") {
  const TemporaryFolder folder;
  Options options;
  options.state_path = folder.path() + "/state";
  options.common.health_port = 0;
  std::string endpoint;
  {
    Engine gone;
    endpoint = gone.endpoint();
  }
  options.engine.publish = {endpoint};
  service::RunContext context;
  NotifierApp app(options, context);
  app.start();
  const auto report = app.health().readiness();
  CHECK_FALSE(report.ok);
  CHECK(report.json.find("nothing heard from " + endpoint) != std::string::npos);
  CHECK(app.health().liveness().ok);
}

TEST_CASE("the executable logs each alert when no channel is configured, and stops at SIGTERM") {
  Engine engine;
  const TemporaryFolder folder;
  ChildProcess notifier({ALERT_NOTIFIER}, {{"ENGINE_ENDPOINT", engine.endpoint()},
                                           {"HEALTH_PORT", "0"},
                                           {"NOTIFIER_STATE_PATH", folder.path() + "/state"}});
  REQUIRE(engine.is_heard());
  engine.tell(exposure_alert(1));
  std::string output;
  while (const auto line = notifier.read_line()) {
    output += *line + "\n";
    if (line->find("Client CLIENT_001 gross exposure") != std::string::npos) break;
  }
  notifier.signal(SIGTERM);
  output += notifier.read_all();
  CAPTURE(output);
  CHECK(notifier.wait() == 0);
  CHECK(output.find("no channel is configured") != std::string::npos);
  CHECK(output.find("Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)") !=
        std::string::npos);
}

TEST_CASE("no line of the log holds a secret, whatever servers answer") {
  Engine engine;
  TemporaryFolder folder;
  Peer sink("http_sink.py", {"--script", "500,404,400,400,400", "--echo"});
  Peer server("smtp_server.py",
              {"--tls", "starttls", "--folder", folder.path(), "--user", "risk", "--password", "open-sesame"});
  ChildProcess notifier({ALERT_NOTIFIER}, environment_of(engine, sink, server, kWrongPassword, folder));
  REQUIRE(engine.is_heard());
  engine.tell(exposure_alert(1));
  std::string output;
  const auto told = [&output](const char* words) { return output.find(words) != std::string::npos; };
  while (!told("refuses even a plain notice: status 400: [secret]") || !told("535 5.7.8 bad credentials")) {
    const auto line = notifier.read_line();
    REQUIRE(line);
    output += *line + "\n";
  }
  notifier.signal(SIGTERM);
  output += notifier.read_all();
  CHECK(notifier.wait() == 0);
  CHECK(output.find("status 404: [secret]") != std::string::npos);
  CHECK(output.find("535 5.7.8 bad credentials") != std::string::npos);
  check_no_secret(output);
}

TEST_CASE("a test run (--test) sends one message through every channel and says what happened") {
  Engine engine;
  TemporaryFolder folder;
  Peer sink("http_sink.py", {"--script", "200,404", "--echo"});
  Peer server("smtp_server.py",
              {"--tls", "starttls", "--folder", folder.path(), "--user", "risk", "--password", "open-sesame"});
  {
    ChildProcess notifier({ALERT_NOTIFIER, "--test"}, environment_of(engine, sink, server, "open-sesame", folder));
    CHECK(notifier.read_all() == "slack: delivered\nemail: delivered\n");
    CHECK(notifier.wait() == 0);
    CHECK(server.next("mail")["subject"].get<std::string>().find("Test message") != std::string::npos);
  }
  {
    ChildProcess notifier({ALERT_NOTIFIER, "--test"}, environment_of(engine, sink, server, kWrongPassword, folder));
    const std::string output = notifier.read_all();
    CHECK(notifier.wait() == 1);
    CHECK(output.find("slack: failed: status 404: [secret]\nemail: failed: ") == 0);
    check_no_secret(output);
  }
  ChildProcess notifier({ALERT_NOTIFIER, "--test"}, {{"SLACK_WEBHOOK_URL", ""}, {"ALERT_EMAIL_TO", ""}});
  CHECK(notifier.read_all().starts_with("no channel is configured"));
  CHECK(notifier.wait() == 1);
}
