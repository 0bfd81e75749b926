#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cctype>
#include <stdexcept>

#include "fixture.hpp"

namespace risk::gateway::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

tcp::endpoint local(std::uint16_t port) {
  return {asio::ip::make_address("127.0.0.1"), port};
}

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(std::uint16_t port) : socket(io) { socket.connect(local(port)); }
  asio::io_context io;
  tcp::socket socket;
  beast::flat_buffer buffer;
};

HttpClient::HttpClient(std::uint16_t port) : impl_(std::make_unique<Impl>(port)) {}
HttpClient::~HttpClient() = default;

Reply HttpClient::request(const std::string& method, const std::string& target, const Headers& headers,
                          const std::string& body) {
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.version(11);
  request.set(http::field::host, "gateway.test");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = body;
  if (!body.empty()) request.content_length(body.size());
  http::write(impl_->socket, request);

  http::response_parser<http::string_body> parser;
  parser.body_limit(64 << 20);
  if (method == "HEAD" || headers.contains("Upgrade")) parser.skip(true);
  http::read(impl_->socket, impl_->buffer, parser);
  Reply reply;
  reply.status = static_cast<int>(parser.get().result_int());
  reply.body = parser.get().body();
  for (const auto& field : parser.get()) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    reply.headers[name] = std::string(field.value());
  }
  return reply;
}

class StreamClient::Impl {
 public:
  Impl() : socket(io) {}
  asio::io_context io;
  websocket::stream<tcp::socket> socket;
  beast::flat_buffer buffer;
};

StreamClient::StreamClient(std::uint16_t port, const Headers& headers, int receive_buffer_bytes)
    : impl_(std::make_unique<Impl>()) {
  auto& socket = beast::get_lowest_layer(impl_->socket);
  socket.open(tcp::v4());
  if (receive_buffer_bytes > 0) socket.set_option(asio::socket_base::receive_buffer_size(receive_buffer_bytes));
  socket.connect(local(port));
  impl_->socket.read_message_max(0);
  impl_->socket.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
    for (const auto& [name, value] : headers) request.set(name, value);
  }));
  impl_->socket.handshake("gateway.test", "/api/v1/stream");
}
StreamClient::~StreamClient() = default;

Json StreamClient::read() {
  impl_->buffer.clear();
  impl_->socket.read(impl_->buffer);
  return Json::parse(beast::buffers_to_string(impl_->buffer.data()));
}

Json StreamClient::read_until(const std::string& member, const std::function<bool(const Json&)>& fits, int frames) {
  for (int i = 0; i < frames; ++i) {
    Json frame = read();
    if (frame.contains(member) && fits(frame[member])) return frame;
  }
  throw std::runtime_error("no frame with the expected " + member);
}

int StreamClient::read_close_code() {
  beast::error_code error;
  while (!error) {
    impl_->buffer.clear();
    impl_->socket.read(impl_->buffer, error);
  }
  return impl_->socket.reason().code;
}

}  // namespace risk::gateway::test
