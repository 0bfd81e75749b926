// Alerts and peers that the tests of the notifier share.
#pragma once

#include <filesystem>
#include <string>

#include "alert-notifier/channels/email.hpp"
#include "alert-notifier/notification.hpp"
#include "risk/wire/alert.hpp"
#include "support/peer.hpp"

namespace risk::notifier::test {

inline constexpr char kStream[] = "0123456789abcdef0123456789abcdef";

// CLIENT_001 over its gross limit, as the engine would tell it.
wire::AlertMessage exposure_alert(std::uint64_t event_id = 34);
Notification exposure_notification(std::uint64_t event_id = 34);

// The settings that reach an smtp_server.py.
EmailSettings mail_to(const risk::test::Peer& server);

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace risk::notifier::test
