// Mails as text: what may not be injected, what must survive.
#include "alert-notifier/channels/mail.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "alert-notifier/channels/scrub.hpp"
#include "fixture.hpp"
#include "risk/base/encoding.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::notifier;

namespace {

const Timestamp kNow = *parse_timestamp("2024-09-20T08:36:05.9Z");

std::string mail_of(const Notification& notification) {
  return compose_mail(notification, "risk@example.com", {"desk@example.com", "ops@example.com"}, kNow);
}

// The header lines, unfolded.
std::vector<std::string> headers_of(const std::string& mail) {
  std::vector<std::string> headers;
  std::istringstream lines(mail.substr(0, mail.find("\r\n\r\n")));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty() && line.front() == ' ') {
      headers.back() += line;
    } else {
      headers.push_back(line);
    }
  }
  return headers;
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("a mail says it all in its subject and can be recognised when it comes twice") {
  const auto headers = headers_of(mail_of(notifier::test::exposure_notification()));
  CHECK(has(headers,
            "Subject: [CRITICAL] Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)"));
  CHECK(has(headers, "Message-ID: <event-34.1.0123456789abcdef0123456789abcdef@example.com>"));
  CHECK(has(headers, "References: <alert-12.1.0123456789abcdef0123456789abcdef@example.com>"));
  CHECK(has(headers, "Date: Fri, 20 Sep 2024 08:36:05 +0000"));
  CHECK(has(headers, "To: desk@example.com, ops@example.com"));
  CHECK(headers_of(mail_of(notifier::test::exposure_notification(35))) != headers);
}

TEST_CASE("line breaks in an id cannot add a header or end the headers") {
  wire::AlertMessage message = notifier::test::exposure_alert();
  message.event.entity_id = "X\r\nBcc: thief@example.com\r\n\r\nbody";
  message.message = engine::alert_message(message.event, "USD");
  const auto expected = headers_of(mail_of(notifier::test::exposure_notification())).size();
  const auto headers = headers_of(mail_of(describe(message, "a\r\nBcc: thief@example.com", 1)));
  CHECK(headers.size() == expected);
  for (const auto& header : headers) CHECK_FALSE(header.starts_with("Bcc"));
}

TEST_CASE("a subject that is not ASCII is encoded in words of at most 75 bytes that hold whole characters") {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "Zürich€";
  const std::string encoded = encode_header(text);
  std::istringstream lines(encoded);
  int words = 0;
  for (std::string line; std::getline(lines, line); ++words) {
    if (line.back() == '\r') line.pop_back();
    if (line.front() == ' ') line.erase(0, 1);
    CHECK(line.size() <= 75);
    CHECK(line.starts_with("=?UTF-8?B?"));
    CHECK(line.ends_with("?="));
  }
  CHECK(words > 5);
  CHECK(encode_header("Zürich") == "=?UTF-8?B?WsO8cmljaA==?=");
  CHECK(encode_header("plain") == "plain");
}

TEST_CASE("quoted-printable keeps lines short and hides what a server would take for its own") {
  CHECK(quoted_printable("a=b\nß \n") == "a=3Db\r\n=C3=9F=20\r\n");
  CHECK(quoted_printable("x\ry") == "x=0Dy");
  const std::string longest = quoted_printable(std::string(500, 'x'));
  std::istringstream lines(longest);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 77);  // 76 and the CR
}

TEST_CASE("addresses that could carry something else are refused") {
  CHECK(address_problem("desk@example.com").empty());
  CHECK(address_problem("first.last+tag@sub.example.com").empty());
  for (const char* bad : {"", "desk", "@example.com", "desk@", "a@b@c", "a b@c", "a@c\r\nRCPT TO:<x@y>", "<a@b>", "ä@b",
                          "a@b,c@d", "a@b;c"}) {
    CAPTURE(bad);
    CHECK(!address_problem(bad).empty());
  }
}

TEST_CASE("secrets are taken out of texts in every shape they travel in") {
  Scrubber scrubber;
  scrubber.hide_url(Secret("https://hooks.slack.com/services/T0001/B0002/tokentokentoken"));
  scrubber.hide_login("risk", Secret("open sesame"));
  CHECK(scrubber.scrub("no route to https://hooks.slack.com/services/T0001/B0002/tokentokentoken!") ==
        "no route to [secret]!");
  CHECK(scrubber.scrub("404 /services/T0001/B0002/tokentokentoken") == "404 [secret]");
  CHECK(scrubber.scrub("bad token tokentokentoken") == "bad token [secret]");
  CHECK(scrubber.scrub("Could not resolve host: hooks.slack.com") == "Could not resolve host: hooks.slack.com");
  CHECK(scrubber.scrub("open sesame " + base64("open sesame")) == "[secret] [secret]");
  CHECK(scrubber.scrub("500 unknown: " + base64(std::string("\0risk\0open sesame", 17))) == "500 unknown: [secret]");
}
