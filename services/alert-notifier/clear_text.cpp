#include "alert-notifier/clear_text.hpp"

#include <algorithm>
#include <string_view>

#include "risk/base/text.hpp"

namespace risk::notifier {
namespace {

bool is_this_host(std::string_view host) {
  const bool is_in_127 = host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || is_in_127 || host == "::1" || host == "[::1]";
}

// "user:secret@HOST:port/token" to "HOST".
std::string_view host_of(std::string_view address) {
  address = address.substr(0, address.find_first_of("/?#"));
  if (const auto at = address.rfind('@'); at != std::string_view::npos) address.remove_prefix(at + 1);
  if (address.starts_with('[')) return address.substr(0, address.find(']') + 1);
  return address.substr(0, address.find(':'));
}

}  // namespace

std::vector<std::string> clear_text_warnings(const Options& options) {
  std::vector<std::string> warnings;
  constexpr std::string_view kClear = "http://";
  std::string_view webhook = options.slack_webhook_url.reveal();
  std::string scheme(webhook.substr(0, kClear.size()));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (scheme == kClear) {
    const auto host = host_of(webhook.substr(kClear.size()));
    if (!is_this_host(host)) {
      warnings.push_back("notifier.slack.webhook_url: its secret goes to " + display_line(host) +
                         " in clear; use https://");
    }
  }
  const SmtpServer& smtp = options.email.server;
  const bool sends_mail = !options.email.to.empty() && !smtp.host.empty();
  if (sends_mail && smtp.security == SmtpSecurity::kNone && !is_this_host(smtp.host)) {
    warnings.push_back("notifier.email.security none: mail" +
                       std::string(smtp.password.empty() ? "" : " and the login's password") + " go to " +
                       display_line(smtp.host) + " in clear; use starttls or tls");
  }
  return warnings;
}

}  // namespace risk::notifier
