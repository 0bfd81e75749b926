// What becomes of alerts when the notifier, a channel or the engine's database goes away and comes back.
#include <csignal>
#include <fstream>
#include <sstream>

#include "alert-notifier/app.hpp"
#include "engine_end.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"

using namespace std::chrono_literals;
using namespace risk;
using namespace risk::notifier;
using notifier::test::Engine;
using notifier::test::exposure_alert;
using notifier::test::Past;
using notifier::test::TemporaryFolder;
using notifier::test::until;
using risk::test::ChildProcess;
using risk::test::Peer;
using Ids = std::vector<std::uint64_t>;

namespace {

std::string webhook(const Peer& sink) {
  return "http://127.0.0.1:" + std::to_string(sink.port()) + "/services/T/B/tokentokentoken";
}

// The event that a message is about: "12, event 7, rules version 3".
std::uint64_t event_of(const std::string& text) {
  const std::string word = ", event ";
  return std::stoull(text.substr(text.find(word) + word.size()));
}

Ids posted(Peer& sink, std::size_t count) {
  Ids ids;
  while (ids.size() < count) ids.push_back(event_of(sink.next("request")["body"].get<std::string>()));
  return ids;
}

Ids mailed(Peer& server, std::size_t count) {
  Ids ids;
  while (ids.size() < count) ids.push_back(event_of(server.next("mail")["text"].get<std::string>()));
  return ids;
}

State state_in(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const auto state = parse_state(text.str());
  return state ? *state : State{};
}

// The notifier as people run it, ready.
class Notifier {
 public:
  Notifier(const std::string& endpoint, const Peer& sink, const std::string& state)
      : process_({ALERT_NOTIFIER}, {{"ENGINE_ENDPOINT", endpoint},
                                    {"HEALTH_PORT", "0"},
                                    {"NOTIFIER_STATE_PATH", state},
                                    {"NOTIFIER_SLACK_INTERVAL", "0ms"},
                                    {"SLACK_WEBHOOK_URL", webhook(sink)}}) {
    while (const auto line = process_.read_line()) {
      if (line->find("condition=\"alerts stream of slack\"") != std::string::npos) return;
    }
    throw std::runtime_error("the notifier does not become ready");
  }
  void kill() {
    process_.signal(SIGKILL);
    process_.wait();
  }

 private:
  ChildProcess process_;
};

struct InProcess {
  explicit InProcess(Options given) : app(std::move(given), context) { app.start(); }
  double counted(const std::string& name) { return app.metrics().counter(name, "", {{"channel", "slack"}}).value(); }
  service::RunContext context;
  NotifierApp app;
};

Options quick_options(const Engine& engine, const TemporaryFolder& folder, const Peer& sink) {
  Options options;
  options.state_path = folder.path() + "/state";
  options.common.health_port = 0;
  options.engine.publish = {engine.endpoint()};
  options.slack_interval = options.email_interval = 0ms;
  options.delivery.retry.first_wait = 5ms;
  options.delivery.retry.longest_wait = 20ms;
  options.slack_webhook_url = Secret(webhook(sink));
  return options;
}

}  // namespace

TEST_CASE("alerts raised while the notifier is dead are delivered once it is back, each once and in order") {
  Engine engine;
  const TemporaryFolder folder;
  const std::string state = folder.path() + "/state";
  Peer sink("http_sink.py");
  {
    Notifier notifier(engine.endpoint(), sink, state);
    for (std::uint64_t id = 1; id <= 3; ++id) engine.tell(exposure_alert(id));
    CHECK(posted(sink, 3) == Ids{1, 2, 3});
    REQUIRE(until([&] { return state_in(state)["slack"].at(0).position.fields().sequence == 3; }));
    notifier.kill();
  }
  for (std::uint64_t id = 4; id <= 6; ++id) engine.tell(exposure_alert(id));
  Notifier notifier(engine.endpoint(), sink, state);
  engine.tell(exposure_alert(7));
  CHECK(posted(sink, 4) == Ids{4, 5, 6, 7});
}

TEST_CASE("a CRITICAL alert that was told ahead of others is not told again after a kill, and they are") {
  Engine engine;
  const TemporaryFolder folder;
  const std::string state = folder.path() + "/state";
  Peer sink("http_sink.py", {"--script", "500,200,stall"});
  wire::AlertMessage high = exposure_alert(1);
  high.event.severity = engine::Severity::kHigh;
  {
    Notifier notifier(engine.endpoint(), sink, state);
    engine.tell(high);
    CHECK(posted(sink, 1) == Ids{1});  // and fails: while it waits for its next try, a worse one comes
    engine.tell(exposure_alert(2));
    CHECK(posted(sink, 2) == Ids{2, 1});
    notifier.kill();
  }
  CHECK(state_in(state)["slack"].at(0).ahead == Ids{2});
  Notifier notifier(engine.endpoint(), sink, state);
  CHECK(posted(sink, 1) == Ids{1});  // before the next CRITICAL one comes, which may pass it
  engine.tell(exposure_alert(3));
  CHECK(posted(sink, 1) == Ids{3});
  REQUIRE(until([&] { return state_in(state)["slack"].at(0).position.fields().sequence == 3; }));
  CHECK(state_in(state)["slack"].at(0).ahead.empty());
}

TEST_CASE("a kill after the first contact and before the first alert loses nothing, and yesterday's are not told") {
  const auto past = std::make_shared<Past>();
  past->add(wire::encode(exposure_alert(1)));
  past->add(wire::encode(exposure_alert(2)));
  Engine engine(past);
  const TemporaryFolder folder;
  Peer sink("http_sink.py");
  Notifier(engine.endpoint(), sink, folder.path() + "/state").kill();
  CHECK(state_in(folder.path() + "/state")["slack"] == StreamPositions{{{past->stream, 1, 2}}});
  engine.tell(exposure_alert(3));
  Notifier notifier(engine.endpoint(), sink, folder.path() + "/state");
  engine.tell(exposure_alert(4));
  CHECK(posted(sink, 2) == Ids{3, 4});
}

TEST_CASE("a channel that is down holds up no other, and gets everything when it is back") {
  Engine engine;
  const TemporaryFolder folder;
  Peer sink("http_sink.py"), server("smtp_server.py", {"--wait"});
  Options options = quick_options(engine, folder, sink);
  options.email = notifier::test::mail_to(server);
  options.delivery.queue_max = 2;
  InProcess notifier(options);
  REQUIRE(until([&] { return notifier.app.health().readiness().ok; }));
  Ids all;
  for (std::uint64_t id = 1; id <= 30; ++id) {
    engine.tell(exposure_alert(id));
    all.push_back(id);
  }
  CHECK(posted(sink, 30) == all);
  const auto& waiting = notifier.app.metrics().gauge("notifier_queue_length", "", {{"channel", "email"}});
  CHECK(waiting.value() >= 1);
  CHECK(waiting.value() <= 3);  // one that is on its way may have been put back
  server.listen();
  CHECK(mailed(server, 30) == all);
}

TEST_CASE("a channel that was down goes on behind its own position after a restart") {
  Engine engine;
  const TemporaryFolder folder;
  Peer sink("http_sink.py"), server("smtp_server.py", {"--wait"});
  Options options = quick_options(engine, folder, sink);
  options.email = notifier::test::mail_to(server);
  options.delivery.retry.first_wait = options.delivery.retry.longest_wait = 1h;
  {
    Options first = options;
    first.email.server.host = "127.0.0.1";  // where nobody has its certificate: every attempt fails
    InProcess notifier(first);
    REQUIRE(until([&] { return notifier.app.health().readiness().ok; }));
    for (std::uint64_t id = 1; id <= 3; ++id) engine.tell(exposure_alert(id));
    CHECK(posted(sink, 3) == Ids{1, 2, 3});
    REQUIRE(until([&] { return state_in(options.state_path)["slack"].at(0).position.fields().sequence == 3; }));
  }
  server.listen();
  InProcess notifier(options);
  engine.tell(exposure_alert(4));
  CHECK(mailed(server, 4) == Ids{1, 2, 3, 4});
  CHECK(posted(sink, 1) == Ids{4});
}

TEST_CASE("a standby that takes over on another endpoint is followed, and nothing between is lost or repeated") {
  const auto past = std::make_shared<Past>();
  const TemporaryFolder folder;
  Peer sink("http_sink.py");
  auto leader = std::make_unique<Engine>(past);
  std::string standby_endpoint;
  {
    const Engine reserves;
    standby_endpoint = reserves.endpoint();
  }
  Options options = quick_options(*leader, folder, sink);
  options.engine.publish.push_back(standby_endpoint);
  InProcess notifier(options);
  REQUIRE(until([&] { return notifier.app.health().readiness().ok; }));
  leader->tell(exposure_alert(1));
  CHECK(posted(sink, 1) == Ids{1});

  leader.reset();
  past->add(wire::encode(exposure_alert(2)));  // stored by the leader, which died before it could say so
  Engine standby(past, standby_endpoint);
  standby.tell(exposure_alert(3));
  CHECK(posted(sink, 2) == Ids{2, 3});
  standby.tell(exposure_alert(4));
  CHECK(posted(sink, 1) == Ids{4});
  CHECK(notifier.counted("notifier_missing_alert_events_total") == 0);
}

TEST_CASE("the alerts of another database are told from its first one on, and the old one's position is kept") {
  const auto first = std::make_shared<Past>(), second = std::make_shared<Past>();
  const TemporaryFolder folder;
  Peer sink("http_sink.py");
  auto engine = std::make_unique<Engine>(first);
  const std::string endpoint = engine->endpoint();
  InProcess notifier(quick_options(*engine, folder, sink));
  REQUIRE(until([&] { return notifier.app.health().readiness().ok; }));
  engine->tell(exposure_alert(1));
  CHECK(posted(sink, 1) == Ids{1});

  for (std::uint64_t id = 101; id <= 103; ++id) second->add(wire::encode(exposure_alert(id)));
  engine.reset();
  engine = std::make_unique<Engine>(second, endpoint);
  CHECK(posted(sink, 3) == Ids{101, 102, 103});

  engine.reset();
  first->add(wire::encode(exposure_alert(2)));
  engine = std::make_unique<Engine>(first, endpoint);
  CHECK(posted(sink, 1) == Ids{2});
  REQUIRE(until([&] {
    return state_in(folder.path() + "/state")["slack"] ==
           StreamPositions{{{first->stream, 1, 2}}, {{second->stream, 1, 3}}};
  }));
}

TEST_CASE("another database met at the start is told from its first alert on as well") {
  const auto past = std::make_shared<Past>();
  past->add(wire::encode(exposure_alert(1)));
  const TemporaryFolder folder;
  { StateFile(folder.path() + "/state").note("slack", {{log::make_stream_id(), 1, 77}}); }
  Engine engine(past);
  Peer sink("http_sink.py");
  InProcess notifier(quick_options(engine, folder, sink));
  CHECK(posted(sink, 1) == Ids{1});
}

TEST_CASE("an event that a clean-up deleted is passed over without a word") {
  Engine engine;
  const TemporaryFolder folder;
  Peer sink("http_sink.py");
  InProcess notifier(quick_options(engine, folder, sink));
  REQUIRE(until([&] { return notifier.app.health().readiness().ok; }));
  engine.tell(exposure_alert(1));
  engine.tell(std::string());
  engine.tell(exposure_alert(3));
  engine.tell(std::string());
  CHECK(posted(sink, 2) == Ids{1, 3});
  REQUIRE(until([&] { return state_in(folder.path() + "/state")["slack"].at(0).position.fields().sequence == 4; }));
  CHECK(notifier.counted("notifier_alert_events_total") == 2);
  CHECK(notifier.counted("notifier_unreadable_alert_events_total") == 0);
}

TEST_CASE("a state that cannot be written makes the notifier unready, and people are told all the same") {
  Engine engine;
  const TemporaryFolder folder;
  Peer sink("http_sink.py");
  InProcess notifier(quick_options(engine, folder, sink));
  REQUIRE(until([&] { return notifier.app.health().readiness().ok; }));
  std::filesystem::create_directory(folder.path() + "/state.new");  // in the way
  engine.tell(exposure_alert(1));
  CHECK(posted(sink, 1) == Ids{1});
  REQUIRE(until([&] { return !notifier.app.health().readiness().ok; }));
  CHECK(notifier.app.health().readiness().json.find("state file") != std::string::npos);
  std::filesystem::remove(folder.path() + "/state.new");
  engine.tell(exposure_alert(2));
  CHECK(posted(sink, 1) == Ids{2});
  CHECK(until([&] { return notifier.app.health().readiness().ok; }));
}

TEST_CASE("the executable does not start on a damaged state, and names it") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/state") << "rubbish";
  ChildProcess notifier({ALERT_NOTIFIER}, {{"HEALTH_PORT", "0"}, {"NOTIFIER_STATE_PATH", folder.path() + "/state"}});
  const std::string output = notifier.read_all();
  CHECK(notifier.wait() == 1);
  CHECK(output.find(folder.path() + "/state does not begin as a state of the notifier") != std::string::npos);
}
