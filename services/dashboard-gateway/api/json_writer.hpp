// Writes JSON text piece by piece into one string: no tree in between, so that a delta of ten thousand rows costs
// what its bytes cost. The caller keeps the order right (a key before each value of an object); commas come by
// themselves. Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace risk::gateway {

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t bytes_expected = 0) { text_.reserve(bytes_expected); }

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);

  // Any bytes: what is not valid UTF-8 becomes U+FFFD.
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::uint64_t number);
  void value(std::uint32_t number) { value(std::uint64_t{number}); }
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

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();

  std::string text_;
  bool comma_ = false;
};

}  // namespace risk::gateway
