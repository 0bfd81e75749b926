#include "drop-copy/feed.hpp"

#include <stdexcept>
#include <utility>

#include "drop-copy/fix/tags.hpp"
#include "drop-copy/records.hpp"
#include "risk/service/log.hpp"

namespace risk::drop_copy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kTickInterval{1};
// A report comes some time after its execution, which many brokers tell in whole seconds: what is reported at once must
// not be older than the stream's time.
constexpr std::int64_t kTickDelayNanos = 2 * kNanosPerSecond;
constexpr char kPart[] = " part";
constexpr std::size_t kEventWordsMax = 80;

// What a record says of the messages before it.
struct Received {
  std::uint64_t incarnation = 0;
  std::uint64_t next_in = 1;
};

std::optional<Received> received_by(const std::string& record) {
  wire::InputDecoder decoder;
  const auto decoded = decoder.decode(record);
  if (!decoded) return std::nullopt;
  std::string_view source = decoded->provenance.source;
  const bool is_part = source.ends_with(kPart);
  if (is_part) source.remove_suffix(std::string_view(kPart).size());
  const auto incarnation = parse_whole<std::uint64_t>(source.substr(source.rfind('/') + 1));
  if (!incarnation) return std::nullopt;
  const auto number = decoded->provenance.line.value_or(0);
  return Received{*incarnation, is_part ? number : number + 1};
}

FixHeader header_of(const FixMessage& message, int number) {
  FixHeader header;
  header.begin_string = message.get(8);
  header.msg_type = message.find(tag::kMsgType).value_or("?");  // one without is unusable, not lost
  header.sender_comp_id = message.get(tag::kSenderCompId);
  header.target_comp_id = message.get(tag::kTargetCompId);
  header.sending_time = message.get(tag::kSendingTime);
  header.poss_dup = message.get(tag::kPossDupFlag);
  header.orig_sending_time = message.get(tag::kOrigSendingTime);
  header.msg_seq_num = number;
  return header;
}

}  // namespace

template <class Call>
void Feed::kept(Call call) noexcept {
  try {
    call();
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
  }
}

Feed::Feed(const SessionOptions& options, log::Writer& log, const FeedPaths& paths)
    : options_(options),
      log_(log),
      file_(paths.sequences),
      contract_file_(paths.contracts, system_now()),
      session_(options.identity(), *this, *this) {
  recover();
  for (auto& instrument : contract_file_.take_known()) contracts_.restore(std::move(instrument));
  if (contract_file_.damaged_lines() == 0) return;
  service::log_warning("lines of the file of contracts are damaged and passed over",
                       {{"session", options_.name}, {"lines", contract_file_.damaged_lines()}});
}

Feed::~Feed() {
  line_ = nullptr;
}

void Feed::rethrow_failure() {
  if (failure_) std::rethrow_exception(failure_);
}

void Feed::recover() {
  const auto end = log_.last(wire::kTransactionsTopic).fields();
  const auto saved = file_.saved();
  sequences_ = saved.value_or(Sequences{.reset_at = system_now().seconds()});
  const bool is_same_journal =
      saved && saved->journal_stream == end.stream.text.view() && saved->journal_epoch == end.epoch;
  const auto record = log_.newest(wire::kTransactionsTopic);
  const auto received = record ? received_by(*record) : std::nullopt;
  if (received && received->incarnation > sequences_.incarnation) {
    sequences_.incarnation = received->incarnation;
    sequences_.next_in = received->next_in;
  } else if (received && received->incarnation == sequences_.incarnation) {
    const bool is_behind = is_same_journal && received->next_in < sequences_.next_in;  // of messages without a record
    if (!is_behind) sequences_.next_in = received->next_in;
  } else if (!is_same_journal) {
    sequences_.next_in = 1;  // whatever the journal had of it is lost: the engine knows what it has had already
  }
  sequences_.journal_stream = end.stream.text.view();
  sequences_.journal_epoch = end.epoch;
  file_.save(sequences_, true);
  committed_in_ = sequences_.next_in;
  service::log_info("session", {{"session", options_.name},
                                {"next_in", sequences_.next_in},
                                {"next_out", sequences_.next_out},
                                {"incarnation", sequences_.incarnation},
                                {"role", options_.is_initiator ? "initiator" : "acceptor"}});
}

// --- the connection

void Feed::connected(FixLine& line) {
  line_ = &line;
  framer_.clear();
  state_ = "connected, not logged on yet";
  session_.enable();
  session_.connected();
  rethrow_failure();
}

void Feed::disconnected(const std::string& why) {
  line_ = nullptr;
  state_ = why;
  session_.disconnected();
  rethrow_failure();
}

bool Feed::send(const std::string& bytes) {
  bool sent = false;
  kept([&] {
    auto known = sequences_;
    known.next_in = committed_in_;
    if (!file_.saved() || file_.saved()->next_out != known.next_out) file_.save(known, true);
    sent = line_ != nullptr && line_->send(bytes);
  });
  return sent;
}

void Feed::disconnect() {
  if (line_ == nullptr) return;
  std::exchange(line_, nullptr)->hang_up();
}

void Feed::log_out(const std::string& reason) {
  session_.log_out(reason);
  rethrow_failure();
}

// --- messages

void Feed::take(std::string_view bytes) {
  received_at_ = system_now();
  framer_.append(bytes);
  while (line_ != nullptr) {
    const auto garbled = framer_.garbled();
    const auto raw = framer_.next();
    if (framer_.garbled() > garbled) session_.note_garbled();
    if (!raw) return;
    take_message(*raw);
    rethrow_failure();
  }
}

void Feed::take_message(std::string_view raw) {
  message_.read(raw);
  const auto number = parse_whole<int>(message_.get(tag::kMsgSeqNum));
  if (!number || *number <= 0) {
    ++unnumbered_;
    return;
  }
  const auto header = header_of(message_, *number);
  if (FixSession::is_administrative(header.msg_type)) {
    session_.take_administrative(header, std::string(raw));
  } else {
    session_.take_application(header);
  }
}

void Feed::on_application_message() {
  kept([this] { publish_message(); });
}

void Feed::publish_message() {
  ++totals_.messages;
  const auto meaning = read_executions(message_, options_.version, options_.mapping);
  if (std::holds_alternative<NoExecution>(meaning)) {
    ++totals_.passed_over;
    return;
  }
  if (const auto* unusable = std::get_if<Unusable>(&meaning)) {
    return reject(to_rejected(*unusable, message_.raw()), true);
  }
  const auto& executions = std::get<std::vector<Execution>>(meaning);
  for (const auto& execution : executions) {
    const bool is_last = &execution == &executions.back();
    const auto input = to_input(execution, options_.mapping, message_.raw());
    if (const auto* rejected = std::get_if<wire::RejectedInput>(&input)) {
      reject(*rejected, is_last);
      continue;
    }
    if (options_.publishes_instruments) {
      const auto news = contracts_.note(execution);
      if (const auto* unusable = std::get_if<Unusable>(&news)) {
        reject(to_rejected(*unusable, message_.raw()), is_last);
        continue;
      }
      if (const auto* instrument = std::get_if<engine::Instrument>(&news)) {
        if (contracts_.knows(instrument->symbol.text)) contract_file_.add(*instrument);
        publish(*instrument, false);
      }
    }
    publish(input, is_last);
    ++totals_.fills;
  }
}

void Feed::reject(const wire::RejectedInput& input, bool is_last) {
  ++totals_.quarantined;
  rejected_log_.tell({{"session", options_.name},
                      {"number", sequences_.next_in},
                      {"field", input.rejection.field},
                      {"value", input.rejection.value},
                      {"reason", input.rejection.reason}});
  publish(input, is_last);
}

void Feed::publish(const wire::Input& input, bool is_last) {
  append(input, sequences_.next_in, is_last);
}

void Feed::append(const wire::Input& input, std::uint64_t number, bool is_last) {
  wire::Provenance provenance;
  provenance.source = options_.name + "/" + std::to_string(sequences_.incarnation) + (is_last ? "" : kPart);
  if (number > 0) provenance.line = number;
  provenance.received_at = received_at_;
  wire::encode(input, provenance, payload_);
  appended_ = log_.append(wire::kTransactionsTopic, payload_);
}

void Feed::commit() {
  if (appended_) {
    contract_file_.sync();  // first: of what is journaled nothing may be forgotten
    log_.flush();
    // A log that was interrupted while it had no room has not kept it: the peer will send it again.
    if (log_.last(wire::kTransactionsTopic) < *appended_) return;
    appended_.reset();
  }
  if (committed_in_ == sequences_.next_in) return;
  committed_in_ = sequences_.next_in;
  file_.save(sequences_, false);
}

// Both numbers begin at 1 again; what came before has to be kept first.
void Feed::reset() {
  kept([this] {
    commit();
    if (appended_) throw std::runtime_error("the journal has no room for what came before a reset");
    ++sequences_.incarnation;
    sequences_.next_out = sequences_.next_in = committed_in_ = 1;
    sequences_.reset_at = system_now().seconds();
    file_.save(sequences_, true);
    service::log_info("sequence numbers begin anew",
                      {{"session", options_.name}, {"incarnation", sequences_.incarnation}});
  });
}

// --- time

void Feed::tick() {
  const auto now = system_now();
  reset_if_due(now);
  if (is_connected()) session_.tick();  // it would use up numbers for what nobody hears
  tick_stream(now);
  rethrow_failure();
}

// A session that is not logged on, or waits for what it missed, does not know that nothing was executed.
void Feed::tick_stream(Timestamp now) {
  if (!is_logged_on() || session_.is_waiting_for_resend()) return;
  if (Clock::now() - ticked_at_ < kTickInterval) return;
  ticked_at_ = Clock::now();
  received_at_ = now;
  append(wire::Tick{Timestamp{now.nanos - kTickDelayNanos}}, last_received(), true);
}

void Feed::reset_if_due(Timestamp now) {
  if (!options_.session_start || options_.session_start->latest(now) <= sequences_.reset_at) return;
  if (is_connected()) {
    session_.log_out("the session ends");
    session_.disconnected();
    session_.enable();
    state_ = "the session has ended, and begins anew";
  }
  reset();
}

// --- what the session layer says

void Feed::on_logon() {
  ++totals_.logons;
  state_.clear();
  service::log_info("logged on",
                    {{"session", options_.name}, {"next_in", sequences_.next_in}, {"next_out", sequences_.next_out}});
}

void Feed::on_logout(const std::string& text) {
  state_ = text.empty() ? "logged out" : "logged out: " + printable(text);
  service::log_warning("logged out", {{"session", options_.name}, {"text", text}});
}

void Feed::on_gap(int from) {
  ++totals_.gaps_asked_for;
  service::log_warning("messages are missing and asked for", {{"session", options_.name}, {"from", from}});
}

// Some it says of each message.
void Feed::on_event(const std::string& text) {
  std::string words = text.substr(0, kEventWordsMax);
  std::erase_if(words, [](char c) { return c >= '0' && c <= '9'; });
  const auto left_out = events_.admit(words, Clock::now());
  if (!left_out) return;
  service::log_info("fix", {{"session", options_.name}, {"event", printable(text)}, {"left_out", *left_out}});
}

service::Health::Facts Feed::facts() const {
  return {{"logged_on", is_logged_on()},      {"state", is_logged_on() ? std::string("logged on") : state_},
          {"last_sequence", last_received()}, {"gaps_asked_for", totals_.gaps_asked_for},
          {"fills", totals_.fills},           {"quarantined", totals_.quarantined}};
}

}  // namespace risk::drop_copy
