// What the routes need beside the HTTP server's own request and answer.
#pragma once

#include <string>
#include <string_view>

#include "risk/http/message.hpp"

namespace risk::gateway {

using HttpRequest = http::Request;
using HttpResponse = http::Response;
using http::Respond;

HttpResponse json_response(std::string json, int status = 200);

// A problem detail (RFC 9457): what was wrong, with the field and the value, and the path that was asked for.
HttpResponse problem(int status, std::string_view detail, std::string_view instance);

// Whether a request may act for the page: it has no Origin (not a browser), or one that names this very host.
bool same_origin(const HttpRequest& request);

}  // namespace risk::gateway
