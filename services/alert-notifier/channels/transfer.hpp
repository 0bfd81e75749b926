// One HTTP request, one mail: what the channels need of the network. The only door to libcurl, which stays in the .cpp.
//
// Five seconds to connect, fifteen for the whole. Certificates are verified. Nothing is thrown by a transfer; error
// texts hold no secrets that the caller's scrubber does not know. A client keeps its connection between calls and
// belongs to one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "risk/base/secret.hpp"

namespace risk::notifier {

struct HttpReply {
  long status = 0;   // 0: none came, `error` says why
  std::string body;  // its first 2,000 bytes
  std::optional<std::chrono::seconds> retry_after;
  std::string error;
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();

  HttpReply post_json(const Secret& url, const std::string& json, std::stop_token cancel);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

enum class SmtpSecurity : std::uint8_t {
  kAuto,      // TLS on port 465; STARTTLS required on 587 and where a password would travel; elsewhere if it is offered
  kStartTls,  // required
  kTls,       // from the first byte
  kNone,
};

struct SmtpServer {
  std::string host;
  std::uint16_t port = 587;
  SmtpSecurity security = SmtpSecurity::kAuto;
  std::string username;  // "": no login
  Secret password;
  std::string ca_file;  // trusted as well as the system's certificates; "" for none
};

struct SmtpReply {
  bool sent = false;
  int code = 0;                      // of the reply that decided; 0: none came
  bool refuses_message = false;      // it is this mail that the server will never take: its size, its text
  std::string error;                 // unless sent: what failed, and the server's words
  std::vector<std::string> refused;  // recipients that were not accepted, each with the server's words
};

class SmtpClient {
 public:
  explicit SmtpClient(SmtpServer server);
  ~SmtpClient();

  // Sent: the server took it for at least one recipient. `mail` is a whole RFC 5322 message with CRLF line ends.
  SmtpReply send(const std::string& from, const std::vector<std::string>& to, const std::string& mail,
                 std::stop_token cancel);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::notifier
