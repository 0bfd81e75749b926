// Mail, spoken over real SMTP.
#include "alert-notifier/channels/email.hpp"

#include "fixture.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::notifier;
using notifier::test::exposure_notification;
using notifier::test::mail_to;
using notifier::test::TemporaryFolder;
using risk::test::Peer;

namespace {

constexpr char kPassword[] = "open-sesame-42";

EmailSettings with_login(EmailSettings settings, SmtpSecurity security) {
  settings.server.security = security;
  settings.server.username = "risk";
  settings.server.password = Secret(kPassword);
  return settings;
}

std::vector<std::string> login_server(const TemporaryFolder& folder, const std::string& tls,
                                      const std::string& mechanisms = "PLAIN,LOGIN") {
  return {"--tls", tls, "--folder", folder.path(), "--user", "risk", "--password", kPassword, "--auth", mechanisms};
}

}  // namespace

TEST_CASE("a mail arrives over STARTTLS and a login, by either mechanism") {
  const std::string mechanism = GENERATE("PLAIN", "LOGIN");
  const SmtpSecurity security = GENERATE(SmtpSecurity::kStartTls, SmtpSecurity::kAuto);
  CAPTURE(mechanism);
  TemporaryFolder folder;
  Peer server("smtp_server.py", login_server(folder, "starttls", mechanism));
  EmailChannel email(with_login(mail_to(server), security));

  const Outcome outcome = email.send(exposure_notification(), {});
  CAPTURE(outcome.reason);
  REQUIRE(outcome.kind == Outcome::Kind::kDelivered);
  const auto mail = server.next("mail");
  CHECK(mail["tls"] == true);
  CHECK(mail["user"] == "risk");
  CHECK(mail["from"] == "risk@example.com");
  CHECK(mail["to"] == nlohmann::json{"desk@example.com"});
  CHECK(mail["subject"] ==
        "[CRITICAL] Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)");
  const auto text = mail["text"].get<std::string>();
  CHECK(text.starts_with("Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)\n"));
  CHECK(text.find("Entity:               CLIENT CLIENT_001\n") != std::string::npos);
  CHECK(text.find("MSFT  500,000.00\n") != std::string::npos);
}

TEST_CASE("a mail arrives over TLS from the first byte, and the connection is kept for the next") {
  TemporaryFolder folder;
  Peer server("smtp_server.py", login_server(folder, "implicit"));
  EmailChannel email(with_login(mail_to(server), SmtpSecurity::kTls));
  for (std::uint64_t event_id = 1; event_id <= 3; ++event_id) {
    const Outcome outcome = email.send(exposure_notification(event_id), {});
    CAPTURE(outcome.reason);
    REQUIRE(outcome.kind == Outcome::Kind::kDelivered);
  }
  server.next("connection");
  for (int i = 0; i < 3; ++i) CHECK(server.next("mail")["tls"] == true);
}

TEST_CASE("a mail is not sent to a server whose certificate is not trusted") {
  TemporaryFolder folder;
  Peer server("smtp_server.py", login_server(folder, "starttls"));
  EmailSettings settings = with_login(mail_to(server), SmtpSecurity::kStartTls);
  settings.server.ca_file.clear();
  const Outcome outcome = EmailChannel(settings).send(exposure_notification(), {});
  CHECK(outcome.kind == Outcome::Kind::kTryAgain);
  CHECK(outcome.cause == "unreachable");
  CHECK(outcome.reason.find("certificate") != std::string::npos);
}

TEST_CASE("a password does not travel where there is no TLS") {
  Peer server("smtp_server.py", {"--user", "risk", "--password", kPassword});
  EmailChannel email(with_login(mail_to(server), SmtpSecurity::kAuto));
  CHECK(email.send(exposure_notification(), {}).kind != Outcome::Kind::kDelivered);
  EmailChannel plain(with_login(mail_to(server), SmtpSecurity::kNone));
  CHECK(plain.send(exposure_notification(), {}).kind == Outcome::Kind::kDelivered);
  CHECK(server.next("mail")["tls"] == false);
}

TEST_CASE("a wrong password loses no mail: it is tried again, with the server's words and without the password") {
  TemporaryFolder folder;
  Peer server("smtp_server.py", login_server(folder, "starttls"));
  EmailSettings settings = with_login(mail_to(server), SmtpSecurity::kAuto);
  settings.server.password = Secret("wrong-password-1");
  const Outcome outcome = EmailChannel(settings).send(exposure_notification(), {});
  CHECK(outcome.kind == Outcome::Kind::kTryAgain);
  CHECK(outcome.cause == "smtp_535");
  CAPTURE(outcome.reason);
  CHECK(outcome.reason.find("535 5.7.8 bad credentials: [secret] [secret]") != std::string::npos);
  CHECK(outcome.reason.find("wrong-password-1") == std::string::npos);
  CHECK(server.next("login_failed")["user"] == "risk");
}

TEST_CASE("a server that cannot or will not take any mail is tried again") {
  Peer server("smtp_server.py", {"--reply", "EHLO=421 4.3.2 shutting down", "--reply", "MAIL=451 4.3.0 greylisted",
                                 "--reply", "MAIL=550 5.7.1 not from you", "--reply", "DATA=452 4.2.2 disk full",
                                 "--reply", "DATA=554 5.7.1 no service for your network"});
  EmailChannel email(mail_to(server));
  CHECK(email.send(exposure_notification(), {}).kind == Outcome::Kind::kTryAgain);
  const Outcome greylisted = email.send(exposure_notification(), {});
  CHECK(greylisted.kind == Outcome::Kind::kTryAgain);
  CHECK(greylisted.reason.find("451 4.3.0 greylisted") != std::string::npos);
  const Outcome refused = email.send(exposure_notification(), {});
  CHECK(refused.kind == Outcome::Kind::kTryAgain);
  CHECK(refused.cause == "smtp_550");
  CHECK(refused.reason.find("550 5.7.1 not from you") != std::string::npos);
  const Outcome full = email.send(exposure_notification(), {});
  CHECK(full.kind == Outcome::Kind::kTryAgain);
  CHECK(full.reason.find("452 4.2.2 disk full") != std::string::npos);
  CHECK(email.send(exposure_notification(), {}).kind == Outcome::Kind::kTryAgain);
  CHECK(email.send(exposure_notification(), {}).kind == Outcome::Kind::kDelivered);
}

TEST_CASE("a recipient who left does not silence the others, and is named") {
  Peer server("smtp_server.py", {"--unknown", "gone@example.com"});
  EmailSettings settings = mail_to(server);
  settings.to = {"gone@example.com", "desk@example.com"};
  const Outcome outcome = EmailChannel(settings).send(exposure_notification(), {});
  CHECK(outcome.kind == Outcome::Kind::kDelivered);
  CHECK(outcome.reason == "not to RCPT TO:<gone@example.com>: 550 5.1.1 no such user");
  CHECK(server.next("mail")["to"] == nlohmann::json{"desk@example.com"});

  settings.to = {"gone@example.com"};
  CHECK(EmailChannel(settings).send(exposure_notification(), {}).kind == Outcome::Kind::kTryAgain);
}

TEST_CASE("a mail that is too large, or whose text the server will not have, is refused by itself") {
  Peer server("smtp_server.py", {"--size-max", "3000", "--reply", "END=552 5.3.4 too large", "--reply",
                                 "END=554 5.6.0 looks like spam", "--reply", "END=451 4.3.0 later"});
  EmailChannel email(mail_to(server));
  Notification large = exposure_notification();
  large.facts.push_back({"Comment", std::string(3000, 'x')});
  const Outcome announced = email.send(large, {});
  CHECK(announced.kind == Outcome::Kind::kRefused);
  CHECK(announced.cause == "smtp_552");
  CHECK(email.send(exposure_notification(), {}).kind == Outcome::Kind::kRefused);
  CHECK(email.send(exposure_notification(), {}).kind == Outcome::Kind::kRefused);
  CHECK(email.send(exposure_notification(), {}).kind == Outcome::Kind::kTryAgain);
  CHECK(email.send(exposure_notification(), {}).kind == Outcome::Kind::kDelivered);
}

TEST_CASE("ids in any script and dots at a line's start arrive as they were") {
  Peer server("smtp_server.py");
  wire::AlertMessage message = notifier::test::exposure_alert();
  message.event.entity_id = "ZÜRICH-東京-Ω";
  message.message = engine::alert_message(message.event, "EUR");
  message.event.contributors = {{"x\n.\n.hidden", Notional::of(Money::from_whole(1))}};
  const Outcome outcome = EmailChannel(mail_to(server)).send(describe(message, notifier::test::kStream, 1), {});
  REQUIRE(outcome.kind == Outcome::Kind::kDelivered);
  const auto mail = server.next("mail");
  CHECK(mail["subject"] == "[CRITICAL] " + message.message);
  const auto text = mail["text"].get<std::string>();
  CHECK(text.starts_with(message.message + "\n"));
  CHECK(text.find(".hidden  1.00\n") != std::string::npos);
}

TEST_CASE("line breaks in an id reach the server as text of the one mail") {
  Peer server("smtp_server.py");
  wire::AlertMessage message = notifier::test::exposure_alert();
  message.event.entity_id = "X\r\n.\r\nMAIL FROM:<thief@example.com>\r\nBcc: thief@example.com";
  message.message = engine::alert_message(message.event, "USD");
  EmailChannel email(mail_to(server));
  REQUIRE(email.send(describe(message, notifier::test::kStream, 1), {}).kind == Outcome::Kind::kDelivered);
  REQUIRE(email.send(exposure_notification(99), {}).kind == Outcome::Kind::kDelivered);
  const auto mail = server.next("mail");
  CHECK(mail["to"] == nlohmann::json{"desk@example.com"});
  for (const auto& header : mail["headers"]) CHECK(header[0] != "Bcc");
  const auto next = server.next("mail");
  CHECK(next["from"] == "risk@example.com");
}
