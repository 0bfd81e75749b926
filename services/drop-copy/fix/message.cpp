#include "drop-copy/fix/message.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace risk::drop_copy {
namespace {

constexpr std::string_view kBegin = "8=FIX";
constexpr std::size_t kTrailerBytes = 7;  // "10=123|"
constexpr std::size_t kBodyLengthDigitsMax = 6;
constexpr std::size_t kBeginStringBytesMax = 16;

// Of fields whose bytes are data: the tag of the length before it.
constexpr std::array<std::pair<int, int>, 18> kDataFields{{{95, 96},
                                                           {90, 91},
                                                           {93, 89},
                                                           {212, 213},
                                                           {348, 349},
                                                           {350, 351},
                                                           {352, 353},
                                                           {354, 355},
                                                           {356, 357},
                                                           {358, 359},
                                                           {360, 361},
                                                           {362, 363},
                                                           {364, 365},
                                                           {445, 446},
                                                           {618, 619},
                                                           {621, 622},
                                                           {1401, 1402},
                                                           {1403, 1404}}};

int data_tag_after(int length_tag) {
  const auto* const found = std::find_if(kDataFields.begin(), kDataFields.end(),
                                         [length_tag](const auto& field) { return field.first == length_tag; });
  return found == kDataFields.end() ? 0 : found->second;
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

void FixMessage::read(std::string_view bytes) {
  raw_ = bytes;
  fields_.clear();
  problem_.clear();
  const auto stop = [this] { problem_ = "not TAG=VALUE after field " + std::to_string(fields_.size()); };
  int data_tag = 0;
  std::size_t data_bytes = 0;
  while (!bytes.empty()) {
    const auto equals = bytes.find('=');
    Field field;
    if (equals == std::string_view::npos || !parse(bytes.substr(0, equals), field.tag) || field.tag <= 0) return stop();
    bytes.remove_prefix(equals + 1);
    const bool is_data = data_tag != 0 && field.tag == data_tag;
    const auto end = is_data ? data_bytes : bytes.find(kSoh);
    if (end >= bytes.size() || bytes[end] != kSoh) return stop();
    field.value = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    fields_.push_back(field);
    data_tag = data_tag_after(field.tag);
    if (data_tag != 0 && !parse(field.value, data_bytes)) data_tag = 0;
  }
}

std::optional<std::string_view> FixMessage::find_between(int tag, std::size_t begin, std::size_t end) const {
  for (auto at = begin; at < end; ++at) {
    if (fields_[at].tag != tag) continue;
    return fields_[at].value.empty() ? std::nullopt : std::optional(fields_[at].value);
  }
  return std::nullopt;
}

unsigned fix_checksum(std::string_view bytes) {
  unsigned sum = 0;
  for (const char byte : bytes) sum += static_cast<unsigned char>(byte);
  return sum % 256;
}

FixFramer::Frame FixFramer::frame_at(std::string_view bytes) const {
  using State = Frame::State;
  // Up to the next message that may begin.
  const auto garbage = [&] {
    auto next = bytes.find(kBegin, 1);
    // The end may be the first part of a beginning.
    if (next == std::string_view::npos) next = bytes.size() - std::min(bytes.size() - 1, kBegin.size() - 1);
    return Frame{State::kGarbled, next};
  };
  const auto compared = std::min(bytes.size(), kBegin.size());
  if (bytes.substr(0, compared) != kBegin.substr(0, compared)) return garbage();
  const auto begin_end = bytes.find(kSoh);
  if (begin_end == std::string_view::npos || begin_end > kBeginStringBytesMax) {
    return bytes.size() > kBeginStringBytesMax ? garbage() : Frame{State::kIncomplete};
  }
  const auto length_field = bytes.substr(begin_end + 1);
  const auto length_end = length_field.find(kSoh);
  if (length_end == std::string_view::npos) {
    return length_field.size() > 2 + kBodyLengthDigitsMax ? garbage() : Frame{State::kIncomplete};
  }
  std::size_t body_bytes = 0;
  if (!length_field.starts_with("9=") || length_end < 3 || length_end > 2 + kBodyLengthDigitsMax ||
      !parse(length_field.substr(2, length_end - 2), body_bytes)) {
    return garbage();
  }
  const auto body_at = begin_end + 1 + length_end + 1;
  const auto trailer_at = body_at + body_bytes;
  if (trailer_at + kTrailerBytes > kMessageBytesMax) return garbage();
  if (bytes.size() < trailer_at + kTrailerBytes) return {State::kIncomplete};
  const auto trailer = bytes.substr(trailer_at, kTrailerBytes);
  unsigned sum = 0;
  if (!trailer.starts_with("10=") || trailer.back() != kSoh || !parse(trailer.substr(3, 3), sum)) return garbage();
  const auto size = trailer_at + kTrailerBytes;
  if (sum != fix_checksum(bytes.substr(0, trailer_at))) return {State::kGarbled, size};
  return {State::kWhole, size};
}

void FixFramer::pass_over(std::size_t bytes) {
  if (!in_garbage_) ++garbled_;
  in_garbage_ = true;
  read_ += bytes;
}

std::optional<std::string_view> FixFramer::next() {
  for (;;) {
    const auto rest = std::string_view(buffer_).substr(read_);
    const auto frame = rest.empty() ? Frame{Frame::State::kIncomplete} : frame_at(rest);
    if (frame.state == Frame::State::kGarbled) {
      if (rest.starts_with(kBegin)) in_garbage_ = false;  // one of its own, whatever came before
      pass_over(frame.size);
      continue;
    }
    if (frame.state == Frame::State::kIncomplete) {
      buffer_.erase(0, read_);
      read_ = 0;
      return std::nullopt;
    }
    in_garbage_ = false;
    read_ += frame.size;
    return rest.substr(0, frame.size);
  }
}

void FixFramer::clear() {
  buffer_.clear();
  read_ = 0;
  in_garbage_ = false;
}

std::string shown(std::string_view raw) {
  std::string text(raw);
  std::replace(text.begin(), text.end(), kSoh, '|');
  return text;
}

}  // namespace risk::drop_copy
