// A notification as a mail (RFC 5322, 2045, 2047): pure functions. No text, whatever it holds, can add a header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alert-notifier/notification.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::notifier {

// Why text cannot be a mail address ("no @"), or "" when it can: local@domain, printable ASCII, no blanks, no <>,;".
std::string address_problem(std::string_view text);

// The whole message with CRLF line ends. Its Message-ID comes from the event, so that a repeat can be recognised; all
// mails of an alert refer to one thread. Precondition: addresses without problems.
std::string compose_mail(const Notification& notification, const std::string& from, const std::vector<std::string>& to,
                         Timestamp now);

// The body before its encoding: the message, then the evidence.
std::string mail_text(const Notification& notification);

// RFC 2047, folded; ASCII stays as it is. Precondition: text has no control characters.
std::string encode_header(std::string_view text);
std::string quoted_printable(std::string_view text);  // lines end with LF in text, with CRLF in the result
std::string mail_date(Timestamp time);                // "Fri, 20 Sep 2024 08:36:00 +0000"

}  // namespace risk::notifier
