#include "host.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "risk/http/host.hpp"
#include "risk/http/message.hpp"
#include "syntax.hpp"

namespace risk::http {
namespace {

constexpr std::size_t kMappedPrefix = 12;
constexpr std::array<std::uint8_t, kMappedPrefix> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

// reg-name: unreserved, sub-delims and percent-encoded bytes.
bool is_registered_name(std::string_view text) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2])) return false;
      i += 2;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !is_digit(c) && kMarks.find(c) == kMarks.npos) return false;
  }
  return true;
}

bool is_port(std::string_view text) {
  constexpr std::uint64_t kPortMax = 65535;
  return text.empty() || whole_number(text, 10).value_or(kPortMax + 1) <= kPortMax;
}

// "localhost." is localhost: the dot of the root.
std::string_view without_root(std::string_view name) {
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
  return name;
}

bool is_below(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() + 1 && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.';
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  Authority authority;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == text.npos) return std::nullopt;
    authority.host = lower_case(text.substr(1, bracket - 1));
    authority.is_ipv6 = true;
    if (authority.host.find_first_not_of("0123456789abcdef:.") != std::string::npos) return std::nullopt;
    if (!parse_ip(authority.host)) return std::nullopt;
    rest = text.substr(bracket + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    authority.host = lower_case(text.substr(0, colon));
    if (!is_registered_name(authority.host)) return std::nullopt;
    rest = text.substr(colon);
  }
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
  return authority;
}

bool IpAddress::is_ipv4() const {
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

bool IpAddress::is_loopback() const {
  constexpr std::uint8_t kLoopbackNet = 127;
  if (is_ipv4()) return bytes[kMappedPrefix] == kLoopbackNet;
  return std::all_of(bytes.begin(), bytes.end() - 1, [](auto byte) { return byte == 0; }) && bytes.back() == 1;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  const std::string address(text.substr(0, text.find('%')));
  IpAddress ip;
  if (inet_pton(AF_INET6, address.c_str(), ip.bytes.data()) == 1) return ip;
  std::copy(kMapped.begin(), kMapped.end(), ip.bytes.begin());
  if (inet_pton(AF_INET, address.c_str(), ip.bytes.data() + kMappedPrefix) == 1) return ip;
  return std::nullopt;
}

HostPolicy::HostPolicy(HostRules rules) : rules_(std::move(rules)) {
  for (std::string& entry : rules_.allowed) entry = lower_case(entry);
}

bool HostPolicy::allows(std::string_view text, std::string_view local_address) const {
  const auto authority = parse_authority(text);
  // A % in a host is an escape, never the zone of an address: decoded it is another name.
  if (!authority || authority->host.empty() || authority->host.find('%') != authority->host.npos) return false;
  const auto ip = parse_ip(authority->host);
  if (!ip) return names(without_root(authority->host));
  const auto is_ip = [&](const std::string& entry) { return parse_ip(entry) == ip; };
  return ip->is_loopback() || ip == parse_ip(local_address) || is_ip(rules_.bind_address) ||
         std::any_of(rules_.allowed.begin(), rules_.allowed.end(), is_ip);
}

bool HostPolicy::names(std::string_view host) const {
  if (host == "localhost" || is_below(host, "localhost")) return true;
  if (rules_.names_without_dot && host.find('.') == host.npos) return true;
  if (host == without_root(lower_case(rules_.bind_address))) return true;
  return std::any_of(rules_.allowed.begin(), rules_.allowed.end(), [&](const std::string& entry) {
    if (entry.starts_with("*.")) return is_below(host, std::string_view(entry).substr(2));
    return host == entry;
  });
}

std::optional<std::string> host_entry_problem(std::string_view entry) {
  if (parse_ip(entry)) return std::nullopt;
  const auto name = entry.starts_with("*.") ? entry.substr(2) : entry;
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
  const bool is_name = !name.empty() && name.front() != '.' && !name.ends_with('.') &&
                       lower_case(name).find_first_not_of(kLetters) == std::string::npos;
  if (is_name) return std::nullopt;
  return "host names, *.domain or IP addresses, without ports";
}

}  // namespace risk::http
