// One FIX session: takes its bytes, journals what they say of executions, and keeps its sequence numbers. Knows no
// sockets: bytes go out through a FixLine.
//
// Each record's provenance says which message it comes from: `source` is NAME/INCARNATION, `line` the MsgSeqNum. So the
// newest record of the journal tells what has been received, whenever the process dies: a message counts as received by
// the very write that journals its execution. A message of several records ends with the one whose source has no
// " part" behind it.
//
// Invariants
//   1. A sequence number is used for sending only when the disk has it.
//   2. The disk never has a number as received whose records are not in the journal.
//
// Threads: one at a time. Memory: one message, and what a peer sends in one reading.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "drop-copy/contract_file.hpp"
#include "drop-copy/contracts.hpp"
#include "drop-copy/fix/message.hpp"
#include "drop-copy/fix/sequences.hpp"
#include "drop-copy/fix_session.hpp"
#include "drop-copy/session_options.hpp"
#include "risk/base/throttle.hpp"
#include "risk/log/writer.hpp"
#include "risk/service/health.hpp"
#include "risk/service/repeated_log.hpp"
#include "risk/wire/transaction.hpp"

namespace risk::drop_copy {

// The connection to a peer.
class FixLine {
 public:
  virtual ~FixLine() = default;
  virtual bool send(std::string_view bytes) = 0;  // false: it is over
  virtual void hang_up() = 0;                     // soon, not in this call
};

struct FeedTotals {
  std::uint64_t messages = 0;     // application messages that were due
  std::uint64_t fills = 0;        // published as transactions
  std::uint64_t quarantined = 0;  // published as rejected inputs
  std::uint64_t passed_over = 0;  // statuses, and other kinds of message
  std::uint64_t gaps_asked_for = 0;
  std::uint64_t logons = 0;
};

// Files of a session, beside its journal.
struct FeedPaths {
  std::string sequences;
  std::string contracts;
};

class Feed final : private FixPeer, private FixSequenceNumbers {
 public:
  // `log` has the topic of transactions open, in a stream that is this session's alone. Reads the numbers and what
  // symbols stand for from files and the journal. Throws log::LogError, std::runtime_error.
  Feed(const SessionOptions& options, log::Writer& log, const FeedPaths& paths);
  ~Feed() override;

  const SessionOptions& options() const { return options_; }

  // A connection is there; `line` must live until on it disconnected() or hang_up() is called.
  void connected(FixLine& line);
  void disconnected(const std::string& why);
  bool is_connected() const { return line_ != nullptr; }
  // What came from the peer. Throws log::LogError and std::runtime_error when it cannot be kept.
  void take(std::string_view bytes);
  // Journals what was taken, then notes how far the session is. Throws as take().
  void commit();
  // Does what is due, at least every 100 ms. Throws as take().
  void tick();
  void log_out(const std::string& reason);

  bool is_logged_on() const { return session_.is_logged_on(); }
  // Why the session is not logged on, for people.
  const std::string& state() const { return state_; }
  void set_state(std::string state) { state_ = std::move(state); }
  std::uint64_t last_received() const { return sequences_.next_in - 1; }
  std::uint64_t garbled() const { return framer_.garbled() + unnumbered_; }
  const FeedTotals& totals() const { return totals_; }
  service::Health::Facts facts() const;

 private:
  // Of the session layer:
  bool send(const std::string& bytes) override;
  void disconnect() override;
  void on_application_message() override;
  void on_logon() override;
  void on_logout(const std::string& text) override;
  void on_gap(int from) override;
  void on_event(const std::string& text) override;
  int next_out() const override { return static_cast<int>(sequences_.next_out); }
  int next_in() const override { return static_cast<int>(sequences_.next_in); }
  void set_next_out(int number) override { sequences_.next_out = static_cast<std::uint64_t>(number); }
  void set_next_in(int number) override { sequences_.next_in = static_cast<std::uint64_t>(number); }
  void reset() override;

  void recover();
  void take_message(std::string_view raw);
  void publish_message();
  void publish(const wire::Input& input, bool is_last);
  void reject(const wire::RejectedInput& input, bool is_last);
  void append(const wire::Input& input, std::uint64_t number, bool is_last);
  void tick_stream(Timestamp now);
  void reset_if_due(Timestamp now);
  void rethrow_failure();
  // What happens inside of QuickFIX must not throw: it is kept, and thrown outside.
  template <class Call>
  void kept(Call call) noexcept;

  const SessionOptions options_;
  log::Writer& log_;
  SequenceFile file_;
  Sequences sequences_;                    // as they are now
  std::uint64_t committed_in_ = 1;         // next_in when the journal had everything before it
  std::optional<log::Position> appended_;  // the last record, until it is committed
  ContractFile contract_file_;
  Contracts contracts_;
  FixFramer framer_;
  FixMessage message_;  // at hand
  Timestamp received_at_;
  FixLine* line_ = nullptr;
  std::string state_ = "not connected yet";
  FeedTotals totals_;
  std::uint64_t unnumbered_ = 0;  // messages that were whole, but without a MsgSeqNum
  std::exception_ptr failure_;
  service::RepeatedLog rejected_log_{service::LogLevel::kWarning, "message cannot be used"};
  Throttle events_;  // of the session layer, by their words
  std::chrono::steady_clock::time_point ticked_at_{};
  std::string payload_;
  FixSession session_;  // last: it calls the above
};

}  // namespace risk::drop_copy
