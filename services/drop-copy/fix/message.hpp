// A FIX message as bytes: where it begins and ends in a stream, whether it came over whole, and its fields. Knows no
// session and no meaning of a field. Pure. Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace risk::drop_copy {

inline constexpr char kSoh = '\x01';
inline constexpr std::size_t kMessageBytesMax = 256 * 1024;  // a longer one is garbled

// The fields of a message in the order in which they came. The values look into the bytes that were read.
class FixMessage {
 public:
  struct Field {
    int tag = 0;
    std::string_view value;
  };

  // Reads "8=…" to "10=…". A data field, which may hold anything, is as long as the field before it says. Where the
  // bytes are no series of TAG=VALUE, the fields are those before that place, and problem() says so.
  void read(std::string_view bytes);

  const std::vector<Field>& fields() const { return fields_; }
  std::string_view raw() const { return raw_; }
  const std::string& problem() const { return problem_; }  // "": none

  // The first with this tag; nothing: there is none, or it is empty.
  std::optional<std::string_view> find(int tag) const { return find_between(tag, 0, fields_.size()); }
  // Among the fields with these places, [begin, end).
  std::optional<std::string_view> find_between(int tag, std::size_t begin, std::size_t end) const;
  std::string_view get(int tag) const { return find(tag).value_or(std::string_view()); }

 private:
  std::string_view raw_;
  std::string problem_;
  std::vector<Field> fields_;
};

// Cuts a stream of bytes into messages. What comes garbled (no BodyLength, one that does not lead to a CheckSum, a
// CheckSum that does not fit) is passed over, as FIX wants it: a gap in the sequence numbers then tells of it.
class FixFramer {
 public:
  // Appends what came from the peer.
  void append(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole message with a right CheckSum; it lives until the next call. Nothing: more bytes are needed.
  std::optional<std::string_view> next();
  // Messages, or runs of bytes that are none, that were passed over.
  std::uint64_t garbled() const { return garbled_; }
  // Forgets what came, for a new connection.
  void clear();

 private:
  struct Frame {
    enum class State { kWhole, kIncomplete, kGarbled } state;
    std::size_t size = 0;  // of a whole one, or of what is garbled
  };
  Frame frame_at(std::string_view bytes) const;
  void pass_over(std::size_t bytes);

  std::string buffer_;
  std::size_t read_ = 0;     // bytes of the buffer that were given out or passed over
  bool in_garbage_ = false;  // the bytes passed over last were garbled, and belong together
  std::uint64_t garbled_ = 0;
};

// The sum of all bytes modulo 256, as the CheckSum of the message that ends with them.
unsigned fix_checksum(std::string_view bytes);

// The message for people, with | between its fields.
std::string shown(std::string_view raw);

}  // namespace risk::drop_copy
