#include "alert-notifier/channels/mail.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "alert-notifier/channels/scrub.hpp"
#include "risk/base/check.hpp"
#include "risk/base/encoding.hpp"
#include "risk/base/join.hpp"
#include "risk/base/text.hpp"

namespace risk::notifier {
namespace {

constexpr std::size_t kAddressBytesMax = 254;

// Of what a Message-ID may hold, the safe part: stream ids come over the network.
std::string id_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const bool is_safe =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
    safe.push_back(is_safe ? c : '_');
  }
  return safe.substr(0, 200);
}

}  // namespace

std::string address_problem(std::string_view text) {
  if (text.empty()) return "empty";
  if (text.size() > kAddressBytesMax) return "longer than 254 bytes";
  const auto at = text.find('@');
  if (at == std::string_view::npos) return "no @";
  if (at == 0 || at + 1 == text.size() || text.find('@', at + 1) != std::string_view::npos) return "not name@domain";
  const auto is_unfit = [](char c) {
    return c <= ' ' || c >= 127 || std::string_view("<>,;:\"()[]\\").find(c) != std::string_view::npos;
  };
  if (std::any_of(text.begin(), text.end(), is_unfit)) return "a character that an address cannot have";
  return "";
}

std::string mail_date(Timestamp time) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  using namespace std::chrono;
  const auto instant = sys_seconds(seconds(time.seconds()));
  const auto midnight = floor<days>(instant);
  const year_month_day date{midnight};
  const hh_mm_ss clock{instant - midnight};
  char text[48];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d +0000", kDays[weekday{midnight}.c_encoding()],
                static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text;
}

std::string encode_header(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  // An encoded word is at most 75 bytes and holds whole characters: 45 bytes make 60 of base64 and 12 around them.
  constexpr std::size_t kWordBytesMax = 45;
  std::string encoded;
  while (!text.empty()) {
    std::size_t size = std::min(kWordBytesMax, text.size());
    while (size > 1 && size < text.size() && continues_character(text[size])) --size;
    encoded += (encoded.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return encoded;
}

std::string quoted_printable(std::string_view text) {
  constexpr std::size_t kLineBytesMax = 76;
  std::string encoded;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      encoded += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
    const bool plain = (c > ' ' && c < 127 && c != '=') || (c == ' ' && !ends_line);
    const std::string piece = plain ? std::string(1, c) : "=" + to_upper_hex({&c, 1});
    if (column + piece.size() >= kLineBytesMax) {
      encoded += "=\r\n";
      column = 0;
    }
    encoded += piece;
    column += piece.size();
  }
  return encoded;
}

std::string mail_text(const Notification& notification) {
  constexpr std::size_t kLabelWidth = 22;
  std::string text = notification.message + "\n";
  if (!notification.what_people.empty()) text += notification.what_people + "\n";
  text += "\n";
  for (const auto& fact : notification.facts) {
    const std::string label = fact.label + ":";
    text += label + std::string(label.size() < kLabelWidth ? kLabelWidth - label.size() : 1, ' ');
    for (const char c : fact.text) text += c == '\n' ? "\n" + std::string(kLabelWidth, ' ') : std::string(1, c);
    text += "\n";
  }
  return text;
}

std::string compose_mail(const Notification& notification, const std::string& from, const std::vector<std::string>& to,
                         Timestamp now) {
  RISK_CHECK(!to.empty() && address_problem(from).empty());
  const std::string domain = "@" + from.substr(from.find('@') + 1);
  std::string mail;
  const auto header = [&mail](const char* name, const std::string& value) {
    mail += std::string(name) + ": " + value + "\r\n";
  };
  header("From", "Risk Alert <" + from + ">");
  // Each on a line of its own: all in one could be longer than a line may be.
  header("To", join(to, ",\r\n "));
  header("Subject", encode_header(headline(notification)));
  header("Date", mail_date(now));
  header("Message-ID", "<" + id_text(notification.event_key) + domain + ">");
  if (notification.alert_key != notification.event_key) {
    header("References", "<" + id_text(notification.alert_key) + domain + ">");
  }
  header("Auto-Submitted", "auto-generated");
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "quoted-printable");
  return mail + "\r\n" + quoted_printable(mail_text(notification));
}

}  // namespace risk::notifier
