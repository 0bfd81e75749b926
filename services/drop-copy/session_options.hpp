// One FIX session as the settings describe it: a record of `drop_copy.sessions`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "drop-copy/daily_reset.hpp"
#include "drop-copy/fix/execution.hpp"
#include "drop-copy/fix_session.hpp"
#include "risk/base/secret.hpp"
#include "risk/service/options.hpp"

namespace risk::drop_copy {

struct SessionOptions {
  std::string name;  // of its journal's folder and its stream
  bool is_initiator = true;
  std::string host = "127.0.0.1";  // of the peer, or to bind
  std::uint16_t port = 0;          // of the peer, or to bind: then 0 takes a free one
  FixVersion version = FixVersion::k44;
  std::string sender_comp_id, target_comp_id;
  std::string sender_sub_id, target_sub_id;
  std::string username;
  Secret password;
  std::string password_file;  // read into `password` by its check
  std::chrono::milliseconds heartbeat{30'000};
  std::chrono::milliseconds reconnect{5'000};
  bool reset_on_logon = false;
  std::optional<DailyReset> session_start;
  FixMapping mapping;  // without broker_id: the session's name
  bool publishes_instruments = true;

  FixIdentity identity() const;
};

// Declares the fields of a record; its checks judge them together. `session` must outlive the record.
void add_session_options(service::OptionSet& record, SessionOptions& session);

}  // namespace risk::drop_copy
