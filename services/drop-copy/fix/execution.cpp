#include "drop-copy/fix/execution.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "drop-copy/fix/maturity.hpp"
#include "drop-copy/fix/tags.hpp"

namespace risk::drop_copy {
namespace {

using engine::Side;
using Text = std::string_view;

constexpr Text kExecutionReport = "8";
constexpr Text kTradeCaptureReport = "AE";
constexpr Text kStatuses = "03456789ABCDEIJKLMN";  // of ExecType, beside F, G and H

// Which kind of execution a message is. No kind: none.
struct Kind {
  std::optional<engine::ExecutionKind> kind;
};
using KindOrProblem = std::variant<Kind, Unusable>;

// Fields that are a side's own wherever it has them, and no other side's.
constexpr std::array kFieldsOfSide = {tag::kAccount, tag::kClOrdId, tag::kOrderId, tag::kSide};

// Where the fields of one execution stand: of a trade with several sides those of its side, and those that all share.
// Without a dictionary nobody can tell where the last side ends, so what all share is looked for there, too.
struct Scope {
  const FixMessage& message;
  std::size_t begin = 0, end = 0;  // of the side
  std::size_t first_side = 0, last_side = 0;

  std::optional<Text> find(int tag) const {
    if (auto own = message.find_between(tag, begin, end)) return own;
    if (auto before = message.find_between(tag, 0, first_side)) return before;
    if (std::find(kFieldsOfSide.begin(), kFieldsOfSide.end(), tag) != kFieldsOfSide.end()) return std::nullopt;
    return message.find_between(tag, last_side, message.fields().size());
  }
  Text get(int tag) const { return find(tag).value_or(Text()); }
};

Unusable missing(int tag) {
  return {tag, "", "is missing"};
}

Unusable unusable(int tag, Text value, std::string reason) {
  return {tag, std::string(value), std::move(reason)};
}

FixVersion version_of(const FixMessage& message, FixVersion session) {
  const auto own = session == FixVersion::k50Sp2 ? message.get(tag::kApplVerId) : Text();
  if (own == "4") return FixVersion::k42;
  return own == "6" ? FixVersion::k44 : session;
}

// A number with any digits after the eighth place that are zeros left out: brokers pad.
Text without_padding(Text number) {
  const auto point = number.find('.');
  if (point == Text::npos) return number;
  const auto places = point + 1 + kDecimalPlaces;
  while (number.size() > places && number.back() == '0') number.remove_suffix(1);
  return number;
}

template <class Number>
std::optional<Unusable> read_number(const Scope& scope, int tag, Number& into) {
  const auto text = scope.find(tag);
  if (!text) return missing(tag);
  const auto number = Number::parse(without_padding(*text));
  if (!number) return unusable(tag, *text, number.error().reason);
  into = *number;
  return std::nullopt;
}

// --- which kind

KindOrProblem kind_of_42(const Scope& scope) {
  const auto transaction_type = scope.find(tag::kExecTransType);
  if (!transaction_type) return missing(tag::kExecTransType);
  if (*transaction_type == "1") return Kind{engine::ExecutionKind::kBust};
  if (*transaction_type == "2") return Kind{engine::ExecutionKind::kCorrection};
  if (*transaction_type == "3") return Kind{};
  if (*transaction_type != "0") return unusable(tag::kExecTransType, *transaction_type, "is none of 0, 1, 2 and 3");
  const auto type = scope.find(tag::kExecType);
  if (!type) return missing(tag::kExecType);
  // F is of later versions, and brokers send it all the same.
  if (*type == "1" || *type == "2" || *type == "F") {
    const auto shares = scope.find(tag::kLastQty);
    const auto number = Quantity::parse(without_padding(shares.value_or("0")));
    // What is no number is told as one of a fill.
    if (number && number->units() == 0 && *type != "F") return Kind{};
    return Kind{engine::ExecutionKind::kExecution};
  }
  if (type->size() == 1 && kStatuses.find(*type) != Text::npos) return Kind{};
  return unusable(tag::kExecType, *type, "is no ExecType of FIX 4.2");
}

KindOrProblem kind_of_execution_type(Text type) {
  if (type == "F") return Kind{engine::ExecutionKind::kExecution};
  if (type == "H") return Kind{engine::ExecutionKind::kBust};
  if (type == "G") return Kind{engine::ExecutionKind::kCorrection};
  if (type.size() == 1 && kStatuses.find(type) != Text::npos) return Kind{};
  if (type == "1" || type == "2") {
    return unusable(tag::kExecType, type,
                    "is an ExecType of FIX 4.2: set the session's version, or the broker's, right");
  }
  return unusable(tag::kExecType, type, "is no ExecType of FIX 4.4 and 5.0 SP2");
}

KindOrProblem kind_of_report(const Scope& scope, FixVersion version) {
  if (version == FixVersion::k42) return kind_of_42(scope);
  const auto type = scope.find(tag::kExecType);
  if (!type) return missing(tag::kExecType);
  return kind_of_execution_type(*type);
}

KindOrProblem kind_of_trade(const FixMessage& message) {
  // Alleged and declined ones are no trades; a trade report that is missing one is submitted.
  const auto report = message.get(tag::kTradeReportType);
  if (report == "1" || report == "3") return Kind{};
  const auto what = message.find(tag::kTradeReportTransType).value_or("0");
  if (what == "1") return Kind{engine::ExecutionKind::kBust};
  if (what == "2") return Kind{engine::ExecutionKind::kCorrection};
  if (what != "0") {
    return unusable(tag::kTradeReportTransType, what, "is neither a new trade (0), a cancel (1) nor a replacement (2)");
  }
  if (report != "" && report != "0" && report != "2") {
    return unusable(tag::kTradeReportType, report, "is neither a submitted (0) nor an accepted (2) trade");
  }
  const auto type = message.find(tag::kExecType);
  return type ? kind_of_execution_type(*type) : Kind{engine::ExecutionKind::kExecution};
}

// --- fields

std::optional<Side> side_of(Text side) {
  if (side == "1" || side == "3") return Side::kBuy;                                 // buy, buy minus
  if (side == "2" || side == "4" || side == "5" || side == "6") return Side::kSell;  // sell, plus, short, short exempt
  return std::nullopt;
}

// PartyIDs come before their PartyRole.
std::optional<Text> party(const FixMessage& message, std::size_t begin, std::size_t end, int role) {
  std::optional<Text> id;
  for (auto at = begin; at < end; ++at) {
    const auto& [tag, value] = message.fields()[at];
    if (tag == tag::kPartyId) id = value;
    if (tag != tag::kPartyRole || !id || id->empty()) continue;
    int found = 0;
    std::from_chars(value.data(), value.data() + value.size(), found);
    if (found == role) return id;
  }
  return std::nullopt;
}

std::optional<Text> party(const Scope& scope, int role) {
  if (auto own = party(scope.message, scope.begin, scope.end, role)) return own;
  return party(scope.message, 0, scope.first_side, role);
}

std::optional<Unusable> read_client(const Scope& scope, const FixMapping& mapping, engine::Transaction& into) {
  const int role = mapping.client_party_role;
  const auto client = role == 0 ? scope.find(tag::kAccount) : party(scope, role);
  if (!client) {
    return role == 0 ? missing(tag::kAccount)
                     : Unusable{tag::kPartyRole, "", "no party has the role " + std::to_string(role)};
  }
  into.client_id = ClientId(std::string(*client));
  return std::nullopt;
}

// The instant of the execution. A resend of a message without one has, at most, the time of its first sending.
std::optional<Unusable> read_instant(const Scope& scope, engine::Transaction& into) {
  int tag = tag::kTransactTime;
  auto text = scope.find(tag);
  if (!text) {
    if (scope.message.get(tag::kPossResend) == "Y") {
      return Unusable{tag, "", "is missing of a PossResend, which then cannot be told from another execution"};
    }
    tag = scope.message.find(tag::kOrigSendingTime) ? tag::kOrigSendingTime : tag::kSendingTime;
    text = scope.find(tag);
  }
  if (!text) return missing(tag::kTransactTime);
  const auto at = parse_utc_timestamp(*text);
  if (!at) return unusable(tag, *text, at.error().reason);
  into.executed_at = *at;
  return std::nullopt;
}

std::optional<Unusable> read_terms(const Scope& scope, ContractTerms& terms) {
  if (const auto text = scope.find(tag::kContractMultiplier)) {
    auto& multiplier = terms.multiplier.emplace();
    if (auto problem = read_number(scope, tag::kContractMultiplier, multiplier)) return problem;
    if (multiplier.units() <= 0) return unusable(tag::kContractMultiplier, *text, "must be above 0");
  }
  const auto expiry =
      read_expiry({scope.get(tag::kMaturityDate), scope.get(tag::kMaturityMonthYear), scope.get(tag::kMaturityDay)});
  if (!expiry) return Unusable(expiry.error());
  terms.expires_at = *expiry;
  terms.asset_class = scope.get(tag::kSecurityType);
  return std::nullopt;
}

std::optional<Unusable> read_ids(const Scope& scope, bool is_trade, Execution& execution) {
  auto& transaction = execution.transaction;
  auto id = scope.find(tag::kExecId);
  if (!id && is_trade) id = scope.find(tag::kTradeReportId);
  if (!id) return missing(is_trade ? tag::kTradeReportId : tag::kExecId);
  transaction.transaction_id = *id;
  if (transaction.kind == engine::ExecutionKind::kExecution) return std::nullopt;
  auto ref = scope.find(tag::kExecRefId);
  if (!ref && is_trade) ref = scope.find(tag::kTradeReportRefId);
  if (!ref) return missing(is_trade ? tag::kTradeReportRefId : tag::kExecRefId);
  transaction.ref_transaction_id = *ref;
  return std::nullopt;
}

std::optional<Unusable> read_execution(const Scope& scope, const FixMapping& mapping, bool is_trade,
                                       Execution& execution) {
  auto& transaction = execution.transaction;
  if (auto problem = read_ids(scope, is_trade, execution)) return problem;
  if (auto problem = read_instant(scope, transaction)) return problem;
  if (auto problem = read_client(scope, mapping, transaction)) return problem;
  const int symbol_tag = mapping.symbol_is_security_id ? tag::kSecurityId : tag::kSymbol;
  const auto symbol = scope.find(symbol_tag);
  if (!symbol) return missing(symbol_tag);
  transaction.symbol = Symbol(std::string(*symbol));
  const auto side = scope.find(tag::kSide);
  if (!side) return missing(tag::kSide);
  const auto known_side = side_of(*side);
  if (!known_side) return unusable(tag::kSide, *side, "is neither a buy (1, 3) nor a sell (2, 4, 5, 6)");
  transaction.side = *known_side;
  // A bust says only what it takes back.
  const bool has_numbers = transaction.kind != engine::ExecutionKind::kBust;
  if (has_numbers || scope.find(tag::kLastQty)) {
    if (auto problem = read_number(scope, tag::kLastQty, transaction.quantity)) return problem;
  }
  if (has_numbers || scope.find(tag::kLastPx)) {
    if (auto problem = read_number(scope, tag::kLastPx, transaction.price)) return problem;
  }
  transaction.currency = scope.get(tag::kCurrency);
  transaction.broker_id = mapping.broker_id;
  transaction.market = mapping.market.empty() ? scope.get(tag::kLastMkt) : Text(mapping.market);
  transaction.order_id = scope.find(tag::kOrderId).value_or(scope.get(tag::kClOrdId));
  if (mapping.trader_party_role != 0) {
    transaction.trader_id = party(scope, mapping.trader_party_role).value_or(Text());
  }
  return read_terms(scope, execution.terms);
}

// Each side of a trade begins with its Side (54).
std::vector<Scope> scopes_of(const FixMessage& message, bool is_trade) {
  const auto size = message.fields().size();
  std::vector<Scope> scopes;
  if (is_trade) {
    std::size_t first = size;
    for (std::size_t at = 0; at < size; ++at) {
      if (message.fields()[at].tag != tag::kSide) continue;
      first = std::min(first, at);
      if (!scopes.empty()) scopes.back().end = at;
      scopes.push_back({message, at, size, first, size});
    }
    for (auto& scope : scopes) scope.last_side = scopes.back().begin;
  }
  if (scopes.empty()) scopes.push_back({message, 0, size, 0, size});
  return scopes;
}

}  // namespace

Result<Timestamp> parse_utc_timestamp(Text text) {
  constexpr Text kForm = "0000-00-00T00:00:00";
  if (text.size() < 17 || text[8] != '-') return Error{"not a UTC time YYYYMMDD-HH:MM:SS"};
  std::string iso;
  iso.reserve(kForm.size() + 11);
  iso.append(text.substr(0, 4)).append("-").append(text.substr(4, 2)).append("-").append(text.substr(6, 2));
  iso.append("T").append(text.substr(9)).append("Z");
  auto parsed = parse_timestamp(iso);
  if (!parsed && parsed.error().reason.starts_with("not an ISO")) return Error{"not a UTC time YYYYMMDD-HH:MM:SS"};
  return parsed;
}

Meaning read_executions(const FixMessage& message, FixVersion session_version, const FixMapping& mapping) {
  const auto type = message.get(tag::kMsgType);
  const auto version = version_of(message, session_version);
  if (!message.problem().empty()) return Unusable{0, "", message.problem()};
  if (type.empty()) return missing(tag::kMsgType);
  const bool is_trade = type == kTradeCaptureReport && version != FixVersion::k42;
  if (!is_trade && type != kExecutionReport) return NoExecution{};
  const auto scopes = scopes_of(message, is_trade);
  const auto kind = is_trade ? kind_of_trade(message) : kind_of_report(scopes.front(), version);
  if (const auto* problem = std::get_if<Unusable>(&kind)) return *problem;
  const auto& known = std::get<Kind>(kind);
  if (!known.kind) return NoExecution{};
  std::vector<Execution> executions;
  for (const auto& scope : scopes) {
    auto& execution = executions.emplace_back();
    execution.transaction.kind = *known.kind;
    if (auto problem = read_execution(scope, mapping, is_trade, execution)) return *std::move(problem);
  }
  return executions;
}

int tag_of_field(Text field, const FixMapping& mapping) {
  if (field == "transaction_id") return tag::kExecId;
  if (field == "executed_at") return tag::kTransactTime;
  if (field == "client_id") return mapping.client_party_role == 0 ? tag::kAccount : tag::kPartyId;
  if (field == "symbol") return mapping.symbol_is_security_id ? tag::kSecurityId : tag::kSymbol;
  if (field == "side") return tag::kSide;
  if (field == "quantity") return tag::kLastQty;
  if (field == "price") return tag::kLastPx;
  if (field == "currency") return tag::kCurrency;
  if (field == "market" && mapping.market.empty()) return tag::kLastMkt;
  if (field == "order_id") return tag::kOrderId;
  if (field == "trader_id") return tag::kPartyId;
  if (field == "ref_transaction_id") return tag::kExecRefId;
  if (field == "multiplier") return tag::kContractMultiplier;
  if (field == "expires_at") return tag::kMaturityDate;
  return 0;
}

}  // namespace risk::drop_copy
