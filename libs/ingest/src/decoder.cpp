#include "decoder.hpp"

#include <array>
#include <ios>
#include <utility>

namespace risk::ingest {
namespace {

constexpr std::size_t kBlockBytes = 32 * 1024;
constexpr char kNoCharacter = '\xff';

constexpr std::array<std::pair<std::string_view, Encoding>, 7> kNames{{{"auto", Encoding::kAuto},
                                                                       {"utf-8", Encoding::kUtf8},
                                                                       {"utf-16", Encoding::kUtf16},
                                                                       {"utf-16le", Encoding::kUtf16Le},
                                                                       {"utf-16be", Encoding::kUtf16Be},
                                                                       {"latin-1", Encoding::kLatin1},
                                                                       {"windows-1252", Encoding::kWindows1252}}};

// Windows-1252 from 80 to 9F, where Latin-1 has controls; 0: it has no character there.
constexpr std::array<char16_t, 32> kWindows1252{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

bool is_high_surrogate(char32_t unit) {
  return 0xD800 <= unit && unit < 0xDC00;
}
bool is_low_surrogate(char32_t unit) {
  return 0xDC00 <= unit && unit < 0xE000;
}

}  // namespace

std::optional<Encoding> parse_encoding(std::string_view name) {
  for (const auto& [known, encoding] : kNames) {
    if (known == name) return encoding;
  }
  return std::nullopt;
}

Decoder::Decoder(std::istream& input, Encoding encoding) : input_(input), encoding_(encoding) {}

Decoder::int_type Decoder::underflow() {
  text_.clear();
  while (text_.empty() && !at_end_) {
    const std::size_t kept = raw_.size();
    raw_.resize(kept + kBlockBytes);
    input_.read(raw_.data() + kept, static_cast<std::streamsize>(kBlockBytes));
    if (input_.bad()) throw std::ios_base::failure("cannot be read");
    const auto got = static_cast<std::size_t>(input_.gcount());
    raw_.resize(kept + got);
    bytes_in_ += got;
    at_end_ = got < kBlockBytes;
    if (!std::exchange(began_, true)) choose_encoding();
    if (encoding_ == Encoding::kUtf8) {
      text_.swap(raw_);
      raw_.clear();
    } else if (encoding_ == Encoding::kUtf16Le || encoding_ == Encoding::kUtf16Be) {
      decode_utf16();
    } else {
      decode_bytes();
    }
  }
  if (text_.empty()) return traits_type::eof();
  setg(text_.data(), text_.data(), text_.data() + text_.size());
  return traits_type::to_int_type(text_.front());
}

// A UTF-8 mark is the row scanner's to skip.
void Decoder::choose_encoding() {
  const std::string_view raw = raw_;
  const bool is_little = raw.starts_with("\xff\xfe"), is_big = raw.starts_with("\xfe\xff");
  const bool may_be_little = encoding_ == Encoding::kUtf16Le, may_be_big = encoding_ == Encoding::kUtf16Be;
  const bool asks_the_mark = encoding_ == Encoding::kAuto || encoding_ == Encoding::kUtf16;
  if ((is_little && (asks_the_mark || may_be_little)) || (is_big && (asks_the_mark || may_be_big))) {
    encoding_ = is_little ? Encoding::kUtf16Le : Encoding::kUtf16Be;
    raw_.erase(0, 2);
  } else if (encoding_ == Encoding::kAuto) {
    encoding_ = Encoding::kUtf8;
  } else if (encoding_ == Encoding::kUtf16) {
    // Without a mark the order of bytes is a guess.
    if (!raw_.empty()) throw DecodeError("UTF-16 without a byte order mark (encoding: utf-16le or utf-16be)");
    encoding_ = Encoding::kUtf8;
  }
}

void Decoder::decode_bytes() {
  for (const char c : raw_) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_windows = encoding_ == Encoding::kWindows1252 && 0x80 <= byte && byte < 0xA0;
    const char32_t code_point = is_windows ? kWindows1252[byte - 0x80] : byte;
    if (is_windows && code_point == 0) {
      text_.push_back(kNoCharacter);
    } else {
      append(code_point);
    }
  }
  raw_.clear();
}

char32_t Decoder::unit_at(std::size_t offset) const {
  const auto first = static_cast<unsigned char>(raw_[offset]), second = static_cast<unsigned char>(raw_[offset + 1]);
  return encoding_ == Encoding::kUtf16Le ? static_cast<char32_t>(second << 8 | first)
                                         : static_cast<char32_t>(first << 8 | second);
}

void Decoder::decode_utf16() {
  std::size_t at = 0;
  while (at + 2 <= raw_.size()) {
    const char32_t unit = unit_at(at);
    if (is_high_surrogate(unit)) {
      if (at + 4 > raw_.size()) {
        if (!at_end_) break;
        text_.push_back(kNoCharacter);
        at += 2;
        continue;
      }
      const char32_t low = unit_at(at + 2);
      if (is_low_surrogate(low)) {
        append(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        at += 4;
        continue;
      }
    }
    if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
      text_.push_back(kNoCharacter);
    } else {
      append(unit);
    }
    at += 2;
  }
  if (at_end_ && at < raw_.size()) {
    text_.push_back(kNoCharacter);
    at = raw_.size();
  }
  raw_.erase(0, at);
}

void Decoder::append(char32_t code_point) {
  const auto byte = [this](char32_t value) { text_.push_back(static_cast<char>(value)); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xC0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    byte(0xE0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3F));
    byte(0x80 | (code_point & 0x3F));
  } else {
    byte(0xF0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3F));
    byte(0x80 | (code_point >> 6 & 0x3F));
    byte(0x80 | (code_point & 0x3F));
  }
}

}  // namespace risk::ingest
