// The session layer of FIX (log on, heartbeats, resends, gaps), which is QuickFIX's, without a type of QuickFIX's. Its
// headers compile as C++14 at most, and so must this one.
//
// It has no socket, no clock but the system's, and no store: bytes come and go through FixPeer, numbers are kept by
// FixSequenceNumbers. Whoever owns it cuts the bytes into messages (fix/message.hpp) and tells it of each.
//
// What came too early (a gap before it) is asked for again with all that follows, and not kept until then: QuickFIX
// keeps it in memory, without a bound.
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>

namespace risk {
namespace drop_copy {

struct FixIdentity {
  std::string begin_string;         // FIX.4.2, FIX.4.4, FIXT.1.1
  std::string default_appl_ver_id;  // of FIXT.1.1: "9"
  std::string sender_comp_id;       // ours
  std::string target_comp_id;       // the peer's
  std::string sender_sub_id;        // "" of these four: not sent
  std::string target_sub_id;
  std::string username;
  std::string password;
  bool is_initiator = true;
  bool reset_on_logon = false;
  int heartbeat_seconds = 30;
};

// The numbers of the session, as they are now. None of these may throw.
class FixSequenceNumbers {
 public:
  virtual ~FixSequenceNumbers() {}
  virtual int next_out() const = 0;
  virtual int next_in() const = 0;
  virtual void set_next_out(int number) = 0;
  virtual void set_next_in(int number) = 0;
  virtual void reset() = 0;  // both begin at 1 again
};

// The other side, and who listens to what comes from it. None of these may throw.
class FixPeer {
 public:
  virtual ~FixPeer() {}
  virtual bool send(const std::string& bytes) = 0;  // false: there is no connection
  virtual void disconnect() = 0;
  // The application message that take_application() was told of is due: it is next in number, whole and of the right
  // peer. The expected number moves on when this has returned.
  virtual void on_application_message() = 0;
  virtual void on_logon() = 0;
  virtual void on_logout(const std::string& text) = 0;  // of the peer's Logout, "" without one
  virtual void on_gap(int from) = 0;                    // a resend of all from this number on was asked for
  virtual void on_event(const std::string& text) = 0;   // what QuickFIX says of itself, for the log
};

// What the session layer needs of a message. "" is a field that it has not.
struct FixHeader {
  std::string begin_string, msg_type, sender_comp_id, target_comp_id, sending_time, poss_dup, orig_sending_time;
  int msg_seq_num = 0;  // above 0
};

class FixSession {
 public:
  // `numbers` and `peer` must outlive it. Throws std::runtime_error: there is a session of this identity already.
  FixSession(const FixIdentity& identity, FixSequenceNumbers& numbers, FixPeer& peer);
  ~FixSession();

  void connected();
  void disconnected();
  // A message with a right CheckSum: an administrative one (Logon, Heartbeat, ResendRequest, …) with all its bytes.
  void take_administrative(const FixHeader& header, const std::string& bytes);
  void take_application(const FixHeader& header);
  // A message came garbled: one that is being sent again may have been it.
  void note_garbled();
  // Does what is due: logs on, sends a heartbeat, gives up on a silent peer. At least once a second.
  void tick();
  // Says goodbye; the connection ends when the peer has answered, or after 2 s.
  void log_out(const std::string& reason);
  // Takes back a log_out().
  void enable();

  bool is_logged_on() const;
  bool is_waiting_for_resend() const;
  static bool is_administrative(const std::string& msg_type);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drop_copy
}  // namespace risk
