#include "drop-copy/session_options.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "risk/base/id.hpp"
#include "risk/base/text.hpp"
#include "risk/service/file.hpp"

namespace risk::drop_copy {
namespace {

using Allowed = std::optional<std::string>;
using std::chrono::milliseconds;
using Text = std::string_view;

constexpr std::size_t kNameBytesMax = 50;
constexpr std::size_t kPasswordBytesMax = 64 * 1024;
constexpr int kPartyRoleMax = 999;
constexpr char kFixName[] = "1 to 50 characters of ASCII that show, without = and blanks";

service::OptionSpec field(std::string name, std::string help) {
  return {std::move(name), "", {}, std::move(help)};
}

// It names a folder, a stream and a metric.
bool is_session_name(Text text) {
  return !text.empty() && text.size() <= kNameBytesMax && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_');
  });
}

// What a CompID may be, since it stands between SOH and = on the wire.
bool is_fix_name(Text text) {
  return !text.empty() && text.size() <= kIdBytesMax &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f && c != '='; });
}

service::OptionSetter set_fix_name(std::string& value) {
  return [&value](Text text) -> Allowed {
    value = text;  // also where it is wrong: it is not missing
    return is_fix_name(text) ? std::nullopt : Allowed(kFixName);
  };
}

service::OptionSetter set_id(std::string& value) {
  return [&value](Text text) -> Allowed {
    if (const auto problem = id_problem(text)) return "an id, which this is not: " + std::string(*problem);
    value = text;
    return std::nullopt;
  };
}

// "party:24": 24. Nothing: it is none.
std::optional<int> party_role(Text text) {
  constexpr Text kPrefix = "party:";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  const auto role = parse_whole<int>(text.substr(kPrefix.size()));
  return role && *role >= 1 && *role <= kPartyRoleMax ? role : std::nullopt;
}

// A party's role, or `other`, which is 0.
service::OptionSetter set_party(int& role, std::string other) {
  return [&role, other = std::move(other)](Text text) -> Allowed {
    const auto given = text == other ? 0 : party_role(text);
    if (!given) return other + ", or party:ROLE with a PartyRole from 1 to 999";
    role = *given;
    return std::nullopt;
  };
}

void add_connection(service::OptionSet& record, SessionOptions& session) {
  record.add_custom(
      field("role", "initiator (connects to the broker) or acceptor (is connected to)"),
      [&session](Text text) -> Allowed {
        if (text != "initiator" && text != "acceptor") return "initiator or acceptor";
        session.is_initiator = text == "initiator";
        return std::nullopt;
      },
      "initiator");
  record.add_address(field("host", "of the broker; of an acceptor the address to bind"), session.host);
  record.add_integer(field("port", "of the broker; of an acceptor the one to bind, which several may share"),
                     session.port, 0, 65'535);
  record.add_custom(
      field("version", "FIX.4.2, FIX.4.4 or FIX.5.0SP2"),
      [&session](Text text) -> Allowed {
        if (text == "FIX.4.2") {
          session.version = FixVersion::k42;
        } else if (text == "FIX.4.4") {
          session.version = FixVersion::k44;
        } else if (text == "FIX.5.0SP2") {
          session.version = FixVersion::k50Sp2;
        } else {
          return "FIX.4.2, FIX.4.4 or FIX.5.0SP2";
        }
        return std::nullopt;
      },
      "FIX.4.4");
}

void add_identity(service::OptionSet& record, SessionOptions& session) {
  record.add_custom(field("sender_comp_id", "SenderCompID (49) of what we send"), set_fix_name(session.sender_comp_id),
                    "");
  record.add_custom(field("target_comp_id", "TargetCompID (56) of what we send: the broker"),
                    set_fix_name(session.target_comp_id), "");
  record.add_custom(field("sender_sub_id", "SenderSubID (50) of what we send"), set_fix_name(session.sender_sub_id),
                    "none");
  record.add_custom(field("target_sub_id", "TargetSubID (57) of what we send"), set_fix_name(session.target_sub_id),
                    "none");
  record.add_custom(field("username", "Username (553) of the Logon"), set_fix_name(session.username), "none");
  record.add_secret(field("password", "Password (554) of the Logon; better password_file"), session.password);
  record.add_text(field("password_file", "the file that it is in"), session.password_file);
}

void add_course(service::OptionSet& record, SessionOptions& session) {
  record.add_milliseconds(field("heartbeat", "HeartBtInt (108), in whole seconds; an acceptor takes the broker's"),
                          session.heartbeat, milliseconds{1'000}, std::chrono::hours{1});
  record.add_milliseconds(field("reconnect", "an initiator's wait before it tries again"), session.reconnect,
                          milliseconds{100}, std::chrono::hours{1});
  record.add_bool(field("reset_on_logon", "an initiator logs on with ResetSeqNumFlag (141): what was missed is lost"),
                  session.reset_on_logon);
  record.add_custom(
      field("session_start", "when both sides begin the sequence numbers anew: 17:00 America/New_York"),
      [&session](Text text) -> Allowed {
        auto start = DailyReset::parse(text);
        if (!start) return start.error().reason;
        session.session_start = *start;
        return std::nullopt;
      },
      "never");
}

void add_mapping(service::OptionSet& record, SessionOptions& session) {
  auto& mapping = session.mapping;
  record.add_custom(field("broker_id", "of its executions"), set_id(mapping.broker_id), "the session's name");
  record.add_custom(field("market", "of its executions"), set_id(mapping.market), "LastMkt (30)");
  record.add_custom(field("client_from", "account (1), or the party of a role: party:24"),
                    set_party(mapping.client_party_role, "account"), "account");
  record.add_custom(field("trader_from", "none, or the party of a role: party:12"),
                    set_party(mapping.trader_party_role, "none"), "none");
  record.add_custom(
      field("symbol_from", "symbol (55) or security_id (48), which tells the months of a future apart"),
      [&mapping](Text text) -> Allowed {
        if (text != "symbol" && text != "security_id") return "symbol or security_id";
        mapping.symbol_is_security_id = text == "security_id";
        return std::nullopt;
      },
      "symbol");
  record.add_bool(field("instruments", "publish multiplier and expiry of the messages as instruments"),
                  session.publishes_instruments);
}

std::vector<std::string> problems_of(SessionOptions& session) {
  std::vector<std::string> found;
  if (session.name.empty()) found.push_back("name: is missing");
  if (session.sender_comp_id.empty()) found.push_back("sender_comp_id: is missing");
  if (session.target_comp_id.empty()) found.push_back("target_comp_id: is missing");
  if (session.is_initiator && session.port == 0) {
    found.push_back("port: an initiator needs that of the broker, from 1 to 65535");
  }
  if (session.reset_on_logon && !session.is_initiator) {
    found.push_back("reset_on_logon: is an initiator's; an acceptor does what the broker's Logon says");
  }
  if (session.heartbeat.count() % 1'000 != 0) found.push_back("heartbeat: allowed: whole seconds");
  if (!session.password_file.empty() && !session.password.reveal().empty()) {
    found.push_back("password_file: set together with password: allowed: one of them");
  } else if (!session.password_file.empty()) {
    const auto text = service::read_small_file(session.password_file, kPasswordBytesMax);
    auto password = text ? *text : std::string();
    while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) password.pop_back();
    if (!text) {
      found.push_back("password_file \"" + printable(session.password_file) +
                      "\": cannot be read: " + text.error().reason);
    } else if (password.empty()) {
      found.push_back("password_file \"" + printable(session.password_file) + "\": is empty");
    }
    session.password = Secret(std::move(password));
  }
  if (session.password.reveal().find('\x01') != std::string::npos) {
    found.push_back("password: holds the character that ends a field of FIX (U+0001)");
  }
  if (session.mapping.broker_id.empty()) session.mapping.broker_id = session.name;
  return found;
}

}  // namespace

FixIdentity SessionOptions::identity() const {
  FixIdentity identity;
  identity.begin_string = version == FixVersion::k42 ? "FIX.4.2" : version == FixVersion::k44 ? "FIX.4.4" : "FIXT.1.1";
  if (version == FixVersion::k50Sp2) identity.default_appl_ver_id = "9";
  identity.sender_comp_id = sender_comp_id;
  identity.target_comp_id = target_comp_id;
  identity.sender_sub_id = sender_sub_id;
  identity.target_sub_id = target_sub_id;
  identity.username = username;
  identity.password = password.reveal();
  identity.is_initiator = is_initiator;
  identity.reset_on_logon = reset_on_logon;
  identity.heartbeat_seconds = static_cast<int>(heartbeat.count() / 1'000);
  return identity;
}

void add_session_options(service::OptionSet& record, SessionOptions& session) {
  record.add_custom(
      field("name", "of its stream and its journal's folder"),
      [&session](Text text) -> Allowed {
        session.name = text;
        return is_session_name(text) ? std::nullopt : Allowed("1 to 50 letters, digits, - and _");
      },
      "");
  add_connection(record, session);
  add_identity(record, session);
  add_course(record, session);
  add_mapping(record, session);
  record.add_check([&session] { return problems_of(session); });
}

}  // namespace risk::drop_copy
