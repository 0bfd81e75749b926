#include "dashboard-gateway/api/command_body.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "dashboard-gateway/api/json.hpp"
#include "dashboard-gateway/http/json_body.hpp"
#include "dashboard-gateway/http/query.hpp"

namespace risk::gateway {
namespace {

constexpr std::size_t kUserBytesMax = 50;
constexpr std::size_t kCommentBytesMax = 1000;

int status_of(wire::CommandReply::Outcome outcome) {
  using Outcome = wire::CommandReply::Outcome;
  switch (outcome) {
    case Outcome::kNotFound:
      return 404;
    case Outcome::kConflict:
      return 409;
    case Outcome::kInvalid:
      return 422;
    default:
      return 503;
  }
}

}  // namespace

Result<std::uint64_t, HttpResponse> id_of(const RoutedRequest& request, const char* what) {
  const std::string& text = request.values.front();
  std::uint64_t id = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, id);
  if (error == std::errc{} && rest == end && id >= 1 && id <= kIdMax) return id;
  return problem(400, "id: '" + printable(text) + "' is not " + what, request.http.path);
}

std::optional<HttpResponse> refuse_write(const HttpRequest& request) {
  if (!same_origin(request)) {
    return problem(403, "origin: '" + printable(request.origin) + "' is not this host", request.path);
  }
  if (http::media_type(request.content_type) != "application/json") {
    return problem(415, "content-type: '" + printable(request.content_type) + "' is not application/json",
                   request.path);
  }
  if (const auto mistake = Query(request.query).problem()) return problem(400, *mistake, request.path);
  return std::nullopt;
}

CommandBody::CommandBody(const HttpRequest& request, std::initializer_list<std::string_view> known)
    : json_(std::make_unique<nlohmann::json>()) {
  read(request.body, known);
}

CommandBody::~CommandBody() = default;

void CommandBody::read(const std::string& body, std::initializer_list<std::string_view> known) {
  *json_ = nlohmann::json::parse(body, nullptr, false);
  if (!json_->is_object()) return unreadable("body: not a JSON object");
  if (const auto name = repeated_member(body)) return unreadable(printable(*name) + ": comes twice");
  for (const auto& [name, member] : json_->items()) {
    const bool wanted = std::find(known.begin(), known.end(), name) != known.end();
    if (!wanted) mistake(printable(name) + ": there is no such member here");
  }
}

std::string CommandBody::text(const char* name, std::size_t bytes_max, bool required) {
  if (mistake_) return {};
  if (!json_->contains(name)) {
    if (required) mistake(std::string(name) + ": is missing");
    return {};
  }
  const auto& member = (*json_)[name];
  if (!member.is_string()) return mistake(std::string(name) + ": is not a text");
  auto value = member.get<std::string>();
  if (value.empty()) return mistake(std::string(name) + ": is empty");
  if (value.size() > bytes_max) {
    return mistake(std::string(name) + ": longer than " + std::to_string(bytes_max) + " bytes");
  }
  return value;
}

std::string CommandBody::name(const char* name) {
  return plain(name, text(name, kUserBytesMax, true), TextUse::kName);
}

std::string CommandBody::prose(const char* name, bool required) {
  return plain(name, text(name, kCommentBytesMax, required), TextUse::kProse);
}

std::string CommandBody::plain(const char* name, std::string value, TextUse use) {
  const auto why = plain_text_problem(value, use);
  return why ? mistake(std::string(name) + ": " + *why) : value;
}

std::string CommandBody::mistake(std::string text) {
  if (!mistake_) mistake_ = std::move(text);
  return {};
}

void CommandBody::unreadable(std::string text) {
  status_ = 400;
  mistake_ = std::move(text);
}

std::optional<HttpResponse> CommandBody::refusal(const HttpRequest& request) const {
  if (!mistake_) return std::nullopt;
  return problem(status_, *mistake_, request.path);
}

HttpResponse refusal_of(const wire::CommandReply& reply, const std::string& path) {
  return problem(status_of(reply.outcome), reply.reason, path);
}

}  // namespace risk::gateway
