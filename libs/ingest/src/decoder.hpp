// Text of a file as UTF-8, whatever it is written in.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>

namespace risk::ingest {

enum class Encoding : std::uint8_t {
  kAuto,  // by its byte order mark UTF-8 or UTF-16; without one UTF-8
  kUtf8,
  kUtf16,  // by its byte order mark, which has to be there
  kUtf16Le,
  kUtf16Be,
  kLatin1,
  kWindows1252
};

// The file is not written in its encoding at all.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::optional<Encoding> parse_encoding(std::string_view name);  // "utf-16le"

// The bytes of `input` as UTF-8. What stands for no character (half a surrogate, a byte that the encoding leaves out,
// an odd byte at the end) becomes a byte FF, which no UTF-8 has, so that its row is refused. Memory: 128 KiB at most.
// Threads: one at a time.
class Decoder : public std::streambuf {
 public:
  Decoder(std::istream& input, Encoding encoding);  // `input` must outlive it

  // Of `input`, decoded so far.
  std::uint64_t bytes_in() const { return bytes_in_; }

 protected:
  int_type underflow() override;  // throws DecodeError, and std::ios_base::failure when the input cannot be read

 private:
  void choose_encoding();
  void decode_bytes();
  void decode_utf16();
  void append(char32_t code_point);
  char32_t unit_at(std::size_t offset) const;

  std::istream& input_;
  Encoding encoding_;
  bool began_ = false;
  bool at_end_ = false;
  std::string raw_;   // read and not yet decoded: at most a block and three bytes
  std::string text_;  // decoded
  std::uint64_t bytes_in_ = 0;
};

}  // namespace risk::ingest
