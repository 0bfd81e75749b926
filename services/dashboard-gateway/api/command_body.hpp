// What the requests that act for a person have in common: who may send them, and how their bodies are read.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "dashboard-gateway/http/http.hpp"
#include "dashboard-gateway/http/router.hpp"
#include "risk/base/result.hpp"
#include "risk/base/text.hpp"
#include "risk/wire/control.hpp"

namespace risk::gateway {

// What the path's {id} says, or the answer to it; `what` it is, "alert_id".
Result<std::uint64_t, HttpResponse> id_of(const RoutedRequest& request, const char* what);

// A page of another site must not act in a person's name: only JSON, which a form cannot send, and only from here.
std::optional<HttpResponse> refuse_write(const HttpRequest& request);

// The text members of a command's body. The first mistake is kept; read all, then ask refusal().
class CommandBody {
 public:
  CommandBody(const HttpRequest& request, std::initializer_list<std::string_view> known);
  ~CommandBody();

  // As text that cannot pass for another one.
  std::string name(const char* name);                  // required
  std::string prose(const char* name, bool required);  // "" where it is not there

  std::optional<HttpResponse> refusal(const HttpRequest& request) const;

 private:
  void read(const std::string& body, std::initializer_list<std::string_view> known);
  std::string text(const char* name, std::size_t bytes_max, bool required);
  std::string plain(const char* name, std::string value, TextUse use);
  std::string mistake(std::string text);
  void unreadable(std::string text);

  std::unique_ptr<nlohmann::json> json_;
  int status_ = 422;
  std::optional<std::string> mistake_;
};

// The answer to a command that was not done.
HttpResponse refusal_of(const wire::CommandReply& reply, const std::string& path);

}  // namespace risk::gateway
