#include "alert-notifier/channels/scrub.hpp"

#include <algorithm>

#include "risk/base/encoding.hpp"
#include "risk/base/text.hpp"

namespace risk::notifier {
namespace {

constexpr std::size_t kSecretBytesMin = 4;
constexpr std::size_t kTokenBytesMin = 6;
constexpr std::size_t kLineBytesMax = 300;

}  // namespace

void Scrubber::hide(std::string_view secret) {
  if (secret.size() < kSecretBytesMin) return;
  secrets_.emplace_back(secret);
  std::stable_sort(secrets_.begin(), secrets_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

void Scrubber::hide_url(const Secret& url) {
  std::string_view rest = url.reveal();
  hide(rest);
  const auto scheme_end = rest.find("://");
  if (scheme_end != std::string_view::npos) rest.remove_prefix(scheme_end + 3);
  const auto host_end = std::min(rest.find_first_of("/?#"), rest.size());
  const auto login_end = rest.substr(0, host_end).rfind('@');
  if (login_end != std::string_view::npos) hide(rest.substr(0, login_end));
  rest.remove_prefix(host_end);
  hide(rest);
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of("/?#&="), rest.size());
    if (end >= kTokenBytesMin && rest.substr(0, end) != "services") hide(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void Scrubber::hide_login(std::string_view user, const Secret& password) {
  if (password.empty()) return;
  const std::string name(user), nul(1, '\0');
  hide(password.reveal());
  hide(base64(password.reveal()));
  hide(base64(nul + name + nul + password.reveal()));
  hide(base64(name + nul + name + nul + password.reveal()));
}

std::string Scrubber::scrub(std::string_view text) const {
  std::string clean(text);
  for (const auto& secret : secrets_) {
    for (auto at = clean.find(secret); at != std::string::npos; at = clean.find(secret, at)) {
      clean.replace(at, secret.size(), "[secret]");
      at += sizeof "[secret]" - 1;
    }
  }
  const auto last = clean.find_last_not_of(" \r\n\t");
  clean.erase(last == std::string::npos ? 0 : last + 1);
  return printable(clean, kLineBytesMax);
}

}  // namespace risk::notifier
