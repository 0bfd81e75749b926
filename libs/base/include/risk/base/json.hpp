// Writes JSON text piece by piece into one string: no tree in between, so that a delta of ten thousand rows costs
// what its bytes cost. The caller keeps the order right (a key before each value of an object); commas come by
// themselves. Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace risk {

// Who reads the texts, which says what of them is escaped besides quotes, backslashes and controls of ASCII. A byte
// that is not UTF-8 becomes U+FFFD, for JSON has no way to carry it.
enum class JsonText : std::uint8_t {
  kUtf8,     // a program: nothing else
  kVisible,  // a person at a terminal: what is not is_plain() (risk/base/text.hpp)
  kAscii,    // a log: all but ASCII that shows, so that a line stays a line for every tool
};

// With its quotes.
void append_json_string(std::string& out, std::string_view text, JsonText use);

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t bytes_expected = 0, JsonText use = JsonText::kUtf8) : use_(use) {
    text_.reserve(bytes_expected);
  }

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);

  // Any bytes.
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::uint64_t number);
  void value(std::uint32_t number) { value(std::uint64_t{number}); }
  void value(std::int64_t number);
  void value(bool flag);
  void value_number(double number);  // two decimals; never for money
  void null();
  void raw(std::string_view json);  // a complete JSON value

  template <class T>
  void member(std::string_view name, const T& content) {
    key(name);
    value(content);
  }
  template <class T>
  void member(std::string_view name, const std::optional<T>& content) {
    key(name);
    if (content) {
      value(*content);
    } else {
      null();
    }
  }

  // Between two values of JSON lines.
  void end_line() {
    text_ += '\n';
    comma_ = false;
  }

  const std::string& text() const { return text_; }
  // Precondition: what was begun has ended. Starts anew.
  std::string take() {
    comma_ = false;
    return std::exchange(text_, {});
  }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();

  JsonText use_;
  std::string text_;
  bool comma_ = false;
};

}  // namespace risk
