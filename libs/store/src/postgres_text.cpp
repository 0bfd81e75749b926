#include "postgres_text.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "risk/base/encoding.hpp"

namespace risk::store {
namespace {

constexpr std::string_view kNull = "\\N";
constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;

// What follows the backslash where a byte must not stand as it is; 0 where it may.
constexpr auto kEscapes = [] {
  std::array<char, 256> letters{};
  constexpr std::pair<char, char> kSpecial[] = {{'\\', '\\'}, {'\t', 't'}, {'\n', 'n'}, {'\r', 'r'},
                                                {'\b', 'b'},  {'\f', 'f'}, {'\v', 'v'}};
  for (const auto& [byte, letter] : kSpecial) letters[static_cast<unsigned char>(byte)] = letter;
  return letters;
}();

void append_escaped(std::string& line, std::string_view text) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = kEscapes[static_cast<unsigned char>(text[i])];
    if (letter == 0) continue;
    line.append(text, done, i - done).append({'\\', letter});
    done = i + 1;
  }
  line.append(text, done);
}

// With zeros before it to `width` digits.
template <class T>
void append_digits(std::string& text, T value, std::size_t width) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  if (size < width) text.append(width - size, '0');
  text.append(digits.data(), size);
}

}  // namespace

void TextWriter::put_integer(std::int64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  put_text({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void TextWriter::put_text(std::string_view value) {
  texts_.append(value);
  end_field();
}

// Rows of a commit are of a day or two, whose text is made once.
const std::string& TextWriter::text_of(Day day) {
  if (day_ != day) {
    day_ = day;
    day_text_ = day.text();
  }
  return day_text_;
}

void TextWriter::put_date(Day value) {
  put_text(text_of(value));
}

void TextWriter::put_time(Timestamp value) {
  const auto day = Day::of(value);
  const auto micros = value.micros() - day.since_epoch * kSecondsPerDay * kMicrosPerSecond;
  texts_.append(text_of(day)) += ' ';
  append_digits(texts_, micros / kMicrosPerHour, 2);
  texts_ += ':';
  append_digits(texts_, micros / kMicrosPerMinute % 60, 2);
  texts_ += ':';
  append_digits(texts_, micros / kMicrosPerSecond % 60, 2);
  texts_ += '.';
  append_digits(texts_, micros % kMicrosPerSecond, 6);
  texts_ += 'Z';
  end_field();
}

// Without the zeros at the end: the column has its number of places, and the server reads less.
void TextWriter::put_decimal(Int128 units, int places) {
  constexpr Int128 kPlainMax = std::numeric_limits<std::int64_t>::max();
  if (units > kPlainMax || units < -kPlainMax) return put_text(format_rounded(units, places, places));
  if (units < 0) texts_ += '-';
  const auto width = static_cast<std::size_t>(places);
  append_digits(texts_, static_cast<std::int64_t>(units < 0 ? -units : units), width + 1);
  if (places > 0) {
    texts_.insert(texts_.size() - width, 1, '.');
    const auto last = texts_.find_last_not_of('0');
    texts_.resize(last + (texts_[last] == '.' ? 0 : 1));
  }
  end_field();
}

void TextWriter::put_bytes(std::string_view value) {
  put_text("\\x" + to_hex(value));
}

void TextWriter::end_row() {
  row_.clear();
  std::size_t begin = 0;
  for (const auto& field : fields_) {
    if (field.is_null) {
      row_.emplace_back();
    } else {
      row_.emplace_back(std::string_view(texts_).substr(begin, field.end - begin));
    }
    begin = field.end;
  }
  send_(row_);
  texts_.clear();
  fields_.clear();
}

std::string copy_line(const TextWriter::Row& row) {
  std::string line;
  bool is_first = true;
  for (const auto& field : row) {
    if (!is_first) line += '\t';
    is_first = false;
    if (field) {
      append_escaped(line, *field);
    } else {
      line += kNull;
    }
  }
  return line;
}

}  // namespace risk::store
