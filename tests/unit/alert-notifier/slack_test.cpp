// Slack, spoken to over real HTTP.
#include "alert-notifier/channels/slack.hpp"

#include <algorithm>
#include <thread>

#include "fixture.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace risk;
using namespace risk::notifier;
using risk::test::Peer;

namespace {

constexpr char kPath[] = "/services/T0001/B0002/tokentokentoken";

SlackChannel slack_at(const Peer& sink) {
  return SlackChannel(Secret("http://127.0.0.1:" + std::to_string(sink.port()) + kPath));
}

}  // namespace

TEST_CASE("Slack gets the sentence, the colour and the evidence") {
  Peer sink("http_sink.py");
  SlackChannel slack = slack_at(sink);
  const Outcome outcome = slack.send(notifier::test::exposure_notification(), {});
  CHECK(outcome.kind == Outcome::Kind::kDelivered);

  const auto request = sink.next("request");
  CHECK(request["method"] == "POST");
  CHECK(request["path"] == kPath);
  CHECK(request["headers"]["Content-Type"] == "application/json; charset=utf-8");
  const auto payload = nlohmann::json::parse(request["body"].get<std::string>());
  CHECK(payload["text"] == "Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)");
  CHECK(payload["attachments"][0]["color"] == "#c4161c");
  const auto fields = payload["attachments"][0]["fields"];
  const auto has = [&](const std::string& title, const std::string& value) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const auto& field) { return field["title"] == title && field["value"] == value; });
  };
  CHECK(has("Entity", "CLIENT CLIENT_001"));
  CHECK(has("Utilisation", "125.0%"));
  CHECK(has("Largest contributors", "AAPL  750,000.00\nMSFT  500,000.00"));
}

TEST_CASE("an id cannot call a channel or become a link") {
  Notification notification = notifier::test::exposure_notification();
  notification.message = "Client <!channel> & <http://x|y>";
  notification.facts = {{"Entity", "<!here>"}};
  const auto payload = nlohmann::json::parse(slack_payload(notification));
  CHECK(payload["text"] == "Client &lt;!channel&gt; &amp; &lt;http://x|y&gt;");
  CHECK(payload["attachments"][0]["fields"][0]["value"] == "&lt;!here&gt;");
}

TEST_CASE("bytes that are not UTF-8 do not keep an alert from Slack") {
  Notification notification = notifier::test::exposure_notification();
  notification.message = "Client \xff\xfe";
  CHECK(nlohmann::json::parse(slack_payload(notification))["text"] == "Client \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a busy Slack is tried again when it wishes, an unknown webhook when we like") {
  Peer sink("http_sink.py", {"--script", "500,429:7,404,403,200"});
  SlackChannel slack = slack_at(sink);
  const Notification notification = notifier::test::exposure_notification();

  const Outcome broken = slack.send(notification, {});
  CHECK(broken.kind == Outcome::Kind::kTryAgain);
  CHECK(broken.reason == "status 500: scripted_failure");
  const Outcome busy = slack.send(notification, {});
  CHECK(busy.kind == Outcome::Kind::kTryAgain);
  CHECK(busy.wait_wanted == 7s);
  const Outcome unknown = slack.send(notification, {});
  CHECK(unknown.kind == Outcome::Kind::kTryAgain);
  CHECK(unknown.cause == "http_404");
  CHECK(unknown.reason == "status 404: scripted_failure");
  CHECK(slack.send(notification, {}).kind == Outcome::Kind::kTryAgain);
  CHECK(slack.send(notification, {}).kind == Outcome::Kind::kDelivered);
}

TEST_CASE("only what Slack says of one message refuses that message; what it says of the webhook is tried again") {
  const auto judged = [](long status, const char* body) {
    return judge_slack_reply({status, body, {}, status == 0 ? "connection refused" : ""}).kind;
  };
  using enum Outcome::Kind;
  for (const long status : {301, 302, 307, 401, 403, 404, 405, 408, 410, 425, 429, 500, 502, 503, 504, 0}) {
    CAPTURE(status);
    CHECK(judged(status, "what it says") == kTryAgain);
  }
  for (const char* body : {"invalid_payload", "no_text", "too_many_attachments"}) CHECK(judged(400, body) == kRefused);
  for (const char* body : {"invalid_token", "no_service", "channel_is_archived", "team_disabled"}) {
    CHECK(judged(400, body) == kTryAgain);
  }
  CHECK(judged(413, "") == kRefused);
  CHECK(judged(200, "ok") == kDelivered);
  CHECK(judged(200, "ok\n") == kDelivered);
  CHECK(judged(200, "") == kTryAgain);
  CHECK(judged(200, "<html>Please log in</html>") == kTryAgain);
  CHECK(judged(200, "invalid_payload") == kTryAgain);
  CHECK(judged(202, "") == kDelivered);
  CHECK(judged(204, "") == kDelivered);
  CHECK(judged(203, "ok") == kTryAgain);
}

TEST_CASE("a wait that Slack tells as a date is understood, and a redirect is not followed") {
  Peer sink("http_sink.py", {"--script", "429:date+30,302"});
  SlackChannel slack = slack_at(sink);
  const Outcome busy = slack.send(notifier::test::exposure_notification(), {});
  REQUIRE(busy.wait_wanted);
  CHECK(*busy.wait_wanted >= 25s);
  CHECK(*busy.wait_wanted <= 31s);
  const Outcome moved = slack.send(notifier::test::exposure_notification(), {});
  CHECK(moved.kind == Outcome::Kind::kTryAgain);
  CHECK(moved.cause == "http_302");
  sink.next("request");
  sink.next("request");
  CHECK(sink.rest("request", 100ms).empty());
}

TEST_CASE("a stop does not wait for a Slack that does not answer") {
  Peer sink("http_sink.py", {"--script", "stall"});
  SlackChannel slack = slack_at(sink);
  std::stop_source cancel;
  std::thread stopper([&] {
    sink.next("request");
    cancel.request_stop();
  });
  const Outcome outcome = slack.send(notifier::test::exposure_notification(), cancel.get_token());
  stopper.join();
  CHECK(outcome.kind == Outcome::Kind::kTryAgain);
  CHECK(outcome.reason == "the notifier is stopping");
}

TEST_CASE("no error of Slack shows the webhook's address") {
  Peer sink("http_sink.py", {"--script", "404,500", "--echo"});
  SlackChannel slack = slack_at(sink);
  const Notification notification = notifier::test::exposure_notification();
  CHECK(slack.send(notification, {}).reason == "status 404: [secret]");
  CHECK(slack.send(notification, {}).reason == "status 500: [secret]");
  for (const std::string url :
       {"https:///services/T0001/B0002/tokentokentoken", "https://tokentokentoken.invalid/tokentokentoken",
        "ftp://127.0.0.1/tokentokentoken", "https//127.0.0.1/tokentokentoken", "http://tokentokentoken@127.0.0.1:1/"}) {
    CAPTURE(url);
    const Outcome outcome = SlackChannel(Secret(url)).send(notification, {});
    CHECK(outcome.kind != Outcome::Kind::kDelivered);
    CHECK(!outcome.reason.empty());
    if (url.find("token.invalid") == std::string::npos) CHECK(outcome.reason.find("tokentoken") == std::string::npos);
  }
}
