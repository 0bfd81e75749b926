#include "drop-copy/fix_session.hpp"

#include <quickfix/Application.h>
#include <quickfix/DataDictionaryProvider.h>
#include <quickfix/FieldNumbers.h>
#include <quickfix/Log.h>
#include <quickfix/MessageStore.h>
#include <quickfix/Responder.h>
#include <quickfix/Session.h>
#include <quickfix/SessionID.h>
#include <quickfix/TimeRange.h>
#include <quickfix/Values.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <vector>

namespace risk {
namespace drop_copy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLogonTimeoutSeconds = 10;
constexpr int kLogoutTimeoutSeconds = 2;
// A peer that has not begun to send again by then is asked once more, when a message comes too early.
constexpr std::chrono::seconds kAskAgainAfter{10};

// QuickFIX begins a session's numbers anew when its store was made in an earlier session of the schedule. The schedule
// is not QuickFIX's here, so the store is always of today: of the very day that QuickFIX compares it with, unless a
// call goes on over midnight. What it would reset then is not reset: it logs out and in again, and no number is lost.
class Today {
 public:
  void begin_call() {
    begun_ = FIX::UtcTimeStamp();
    is_unsure_ = false;
  }
  FIX::UtcTimeStamp now() {
    const FIX::UtcTimeStamp now;
    is_unsure_ = now.getJulianDate() != begun_.getJulianDate();
    return now;
  }
  bool is_unsure() const { return is_unsure_; }

 private:
  FIX::UtcTimeStamp begun_;
  bool is_unsure_ = false;
};

// Keeps no message: those that we send are administrative, and a gap is filled in their place.
class Store : public FIX::MessageStore {
 public:
  Store(FixSequenceNumbers& numbers, Today& today) : numbers_(numbers), today_(today) {}

  bool set(int, const std::string&) noexcept override { return true; }
  void get(int, int, std::vector<std::string>& messages) const noexcept override { messages.clear(); }
  int getNextSenderMsgSeqNum() const noexcept override { return numbers_.next_out(); }
  int getNextTargetMsgSeqNum() const noexcept override { return numbers_.next_in(); }
  void setNextSenderMsgSeqNum(int number) noexcept override { numbers_.set_next_out(number); }
  void setNextTargetMsgSeqNum(int number) noexcept override { numbers_.set_next_in(number); }
  void incrNextSenderMsgSeqNum() noexcept override { numbers_.set_next_out(numbers_.next_out() + 1); }
  void incrNextTargetMsgSeqNum() noexcept override { numbers_.set_next_in(numbers_.next_in() + 1); }
  FIX::UtcTimeStamp getCreationTime() const noexcept override { return today_.now(); }
  void reset() noexcept override {
    if (!today_.is_unsure()) numbers_.reset();
  }
  void refresh() noexcept override {}

 private:
  FixSequenceNumbers& numbers_;
  Today& today_;
};

class Stores : public FIX::MessageStoreFactory {
 public:
  Stores(FixSequenceNumbers& numbers, Today& today) : numbers_(numbers), today_(today) {}

  FIX::MessageStore* create(const FIX::SessionID&) override { return new Store(numbers_, today_); }
  void destroy(FIX::MessageStore* store) override { delete store; }

 private:
  FixSequenceNumbers& numbers_;
  Today& today_;
};

class EventLog : public FIX::Log {
 public:
  explicit EventLog(FixPeer& peer) : peer_(peer) {}

  void clear() override {}
  void backup() override {}
  void onIncoming(const std::string&) override {}
  void onOutgoing(const std::string&) override {}
  void onEvent(const std::string& text) override { peer_.on_event(text); }

 private:
  FixPeer& peer_;
};

class Logs : public FIX::LogFactory {
 public:
  explicit Logs(FixPeer& peer) : peer_(peer) {}

  FIX::Log* create() override { return new EventLog(peer_); }
  FIX::Log* create(const FIX::SessionID&) override { return new EventLog(peer_); }
  void destroy(FIX::Log* log) override { delete log; }

 private:
  FixPeer& peer_;
};

std::string text_of(const FIX::Message& message) {
  return message.isSetField(FIX::FIELD::Text) ? message.getField(FIX::FIELD::Text) : std::string();
}

class Events : public FIX::Application {
 public:
  Events(const FixIdentity& identity, const FixSequenceNumbers& numbers, FixPeer& peer)
      : identity_(identity), numbers_(numbers), peer_(peer) {}

  void onCreate(const FIX::SessionID&) override {}
  void onLogon(const FIX::SessionID&) override { peer_.on_logon(); }
  void onLogout(const FIX::SessionID&) override {
    peer_.on_logout(goodbye_);
    goodbye_.clear();
  }
  void toAdmin(FIX::Message& message, const FIX::SessionID&) override {
    auto& header = message.getHeader();
    if (!identity_.sender_sub_id.empty()) header.setField(FIX::FIELD::SenderSubID, identity_.sender_sub_id);
    if (!identity_.target_sub_id.empty()) header.setField(FIX::FIELD::TargetSubID, identity_.target_sub_id);
    const auto& type = header.getField(FIX::FIELD::MsgType);
    if (type == FIX::MsgType_Logon) {
      if (!identity_.username.empty()) message.setField(FIX::FIELD::Username, identity_.username);
      if (!identity_.password.empty()) message.setField(FIX::FIELD::Password, identity_.password);
    } else if (type == FIX::MsgType_ResendRequest) {
      asked_from_ = numbers_.next_in();
      asked_at_ = Clock::now();
      peer_.on_gap(asked_from_);
    }
  }
  void toApp(FIX::Message&, const FIX::SessionID&) noexcept override {}
  void fromAdmin(const FIX::Message& message, const FIX::SessionID&) noexcept override {
    if (message.getHeader().getField(FIX::FIELD::MsgType) == FIX::MsgType_Logout) goodbye_ = text_of(message);
  }
  void fromApp(const FIX::Message&, const FIX::SessionID&) noexcept override { peer_.on_application_message(); }

  int asked_from() const { return asked_from_; }
  Clock::time_point asked_at() const { return asked_at_; }

 private:
  const FixIdentity& identity_;
  const FixSequenceNumbers& numbers_;
  FixPeer& peer_;
  std::string goodbye_;  // the text of the peer's Logout
  int asked_from_ = 0;   // by the last ResendRequest
  Clock::time_point asked_at_{};
};

class PeerResponder : public FIX::Responder {
 public:
  explicit PeerResponder(FixPeer& peer) : peer_(peer) {}

  bool send(const std::string& bytes) override { return peer_.send(bytes); }
  void disconnect() override { peer_.disconnect(); }

 private:
  FixPeer& peer_;
};

}  // namespace

class FixSession::Impl {
 public:
  Impl(const FixIdentity& given, FixSequenceNumbers& sequence_numbers, FixPeer& fix_peer)
      : identity(given),
        numbers(sequence_numbers),
        peer(fix_peer),
        stores(sequence_numbers, today),
        logs(fix_peer),
        events(identity, sequence_numbers, fix_peer),
        responder(fix_peer) {
    today.begin_call();
    const FIX::SessionID id(identity.begin_string, identity.sender_comp_id, identity.target_comp_id);
    if (FIX::Session::doesSessionExist(id)) throw std::runtime_error("there are two sessions " + id.toString());
    const FIX::UtcTimeOnly midnight(0, 0, 0);
    // QuickFIX takes a session without an interval of its own for an acceptor's.
    session.reset(new FIX::Session(events, stores, id, FIX::DataDictionaryProvider(),
                                   FIX::TimeRange(midnight, midnight),
                                   identity.is_initiator ? identity.heartbeat_seconds : 0, &logs));
    session->setLogonTimeout(kLogonTimeoutSeconds);
    session->setLogoutTimeout(kLogoutTimeoutSeconds);
    session->setPersistMessages(false);
    // Wrong clocks are told by the engine, for each execution; a session that ends over them would lose all.
    session->setCheckLatency(false);
    session->setResetOnLogon(identity.is_initiator && identity.reset_on_logon);
    if (!identity.default_appl_ver_id.empty()) session->setSenderDefaultApplVerID(identity.default_appl_ver_id);
  }

  // SessionState is what QuickFIX gives out as the session's log, and has the queue and the range that is asked for.
  FIX::SessionState& state() const { return static_cast<FIX::SessionState&>(*session->getLog()); }

  template <class Call>
  void guarded(Call call) {
    today.begin_call();
    try {
      call();
    } catch (const std::exception& error) {
      peer.on_event(error.what());
    }
  }

  // A gap is asked for once. Where the answer has one itself, or does not come, it is asked for again.
  void forget_what_was_asked(const FixHeader& header) {
    if (!state().resendRequested() || header.msg_seq_num <= numbers.next_in()) return;
    const bool answer_has_gap = header.poss_dup == "Y" && numbers.next_in() != events.asked_from();
    if (answer_has_gap || was_garbled || Clock::now() - events.asked_at() >= kAskAgainAfter) state().resendRange(0, 0);
    was_garbled = false;
  }

  template <class Take>
  void take(const FixHeader& header, Take take_it) {
    guarded([&] {
      forget_what_was_asked(header);
      take_it();
    });
    state().clearQueue();
  }

  const FixIdentity identity;
  FixSequenceNumbers& numbers;
  FixPeer& peer;
  Today today;
  Stores stores;
  Logs logs;
  Events events;
  PeerResponder responder;
  std::unique_ptr<FIX::Session> session;
  bool was_garbled = false;  // a message, since a gap was asked for last
};

FixSession::FixSession(const FixIdentity& identity, FixSequenceNumbers& numbers, FixPeer& peer)
    : impl_(new Impl(identity, numbers, peer)) {}
FixSession::~FixSession() = default;

void FixSession::connected() {
  impl_->guarded([this] { impl_->session->setResponder(&impl_->responder); });
  tick();
}

void FixSession::disconnected() {
  impl_->guarded([this] { impl_->session->disconnect(); });
}

void FixSession::take_administrative(const FixHeader& header, const std::string& bytes) {
  impl_->take(header, [&] { impl_->session->next(bytes, FIX::UtcTimeStamp()); });
}

void FixSession::take_application(const FixHeader& header) {
  impl_->take(header, [&] {
    FIX::Message message;
    auto& fields = message.getHeader();
    fields.setField(FIX::FIELD::BeginString, header.begin_string);
    fields.setField(FIX::FIELD::MsgType, header.msg_type);
    fields.setField(FIX::FIELD::SenderCompID, header.sender_comp_id);
    fields.setField(FIX::FIELD::TargetCompID, header.target_comp_id);
    fields.setField(FIX::MsgSeqNum(header.msg_seq_num));
    // One that is missing is no reason to lose the message, and nothing here depends on it.
    if (header.sending_time.empty()) {
      fields.setField(FIX::SendingTime(FIX::UtcTimeStamp(), 3));
    } else {
      fields.setField(FIX::FIELD::SendingTime, header.sending_time);
    }
    if (!header.poss_dup.empty()) fields.setField(FIX::FIELD::PossDupFlag, header.poss_dup);
    if (!header.orig_sending_time.empty()) fields.setField(FIX::FIELD::OrigSendingTime, header.orig_sending_time);
    impl_->session->next(message, FIX::UtcTimeStamp());
  });
}

void FixSession::note_garbled() {
  impl_->was_garbled = impl_->state().resendRequested();
}

void FixSession::tick() {
  impl_->guarded([this] { impl_->session->next(); });
}

void FixSession::log_out(const std::string& reason) {
  impl_->guarded([&] { impl_->session->logout(reason); });
  tick();
}

void FixSession::enable() {
  impl_->guarded([this] { impl_->session->logon(); });
}

bool FixSession::is_logged_on() const {
  return impl_->session->isLoggedOn();
}

bool FixSession::is_waiting_for_resend() const {
  return impl_->state().resendRequested();
}

bool FixSession::is_administrative(const std::string& msg_type) {
  return FIX::Message::isAdminMsgType(FIX::MsgType(msg_type));
}

}  // namespace drop_copy
}  // namespace risk
