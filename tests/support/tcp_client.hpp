// A TCP client that can be as slow and as wrong as a test likes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace risk::test {

class TcpClient {
 public:
  // Is bound, but not connected.
  explicit TcpClient(const char* own_address = "127.0.0.1");
  // Connects to 127.0.0.1, from `own_address`. Throws std::runtime_error when it cannot.
  explicit TcpClient(std::uint16_t port, const char* own_address = "127.0.0.1");
  ~TcpClient();
  TcpClient(TcpClient&& other) noexcept;
  TcpClient& operator=(TcpClient&&) = delete;

  void connect(std::uint16_t port) const;

  // What the peer does not take any more, having gone, is lost.
  void send(std::string_view text) const;
  // Sends `again` for as long as it is taken, at most `bytes_max`. Returns how many bytes went out.
  std::size_t send_endlessly(std::string_view again, std::size_t bytes_max) const;

  // Until the peer hangs up, one way or the other.
  std::string read_to_end() const;
  // A whole answer of a connection that stays open; "" when it does not.
  std::string read_answer() const;
  // Whether the peer has hung up by then, without having said anything.
  bool hung_up_within(std::chrono::milliseconds time) const;

 private:
  int socket_;
};

// The status of an answer, 0 when it is none.
int status_of(std::string_view answer);

}  // namespace risk::test
