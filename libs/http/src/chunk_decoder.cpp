#include "chunk_decoder.hpp"

#include <algorithm>

#include "syntax.hpp"

namespace risk::http {
namespace {

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

bool skip_token(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_token(text.substr(size, 1))) ++size;
  text.remove_prefix(size);
  return size > 0;
}

bool skip_quoted(std::string_view& text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// *( BWS ";" BWS name [ BWS "=" BWS value ] )
bool is_extensions(std::string_view text) {
  if (!is_field_value(text)) return false;
  while (!text.empty()) {
    skip_blanks(text);
    if (!text.starts_with(';')) return false;
    text.remove_prefix(1);
    skip_blanks(text);
    if (!skip_token(text)) return false;
    auto value = text;
    skip_blanks(value);
    if (!value.starts_with('=')) continue;
    value.remove_prefix(1);
    skip_blanks(value);
    if (value.starts_with('"') ? !skip_quoted(value) : !skip_token(value)) return false;
    text = value;
  }
  return true;
}

}  // namespace

std::size_t ChunkDecoder::feed(std::string_view bytes, std::string& body) {
  const auto size = bytes.size();
  while (!bytes.empty() && !done() && !refusal_) {
    std::size_t taken = 0;
    if (part_ == Part::kSize) taken = take_size(bytes, body);
    if (part_ == Part::kData && taken == 0) taken = take_data(bytes, body);
    if (part_ == Part::kDataEnd && taken == 0) taken = take_data_end(bytes);
    if (part_ == Part::kTrailers && taken == 0) taken = take_trailer(bytes);
    bytes.remove_prefix(taken);
  }
  return size - bytes.size();
}

std::size_t ChunkDecoder::take_size(std::string_view bytes, const std::string& body) {
  const auto taken = line_.feed(bytes, limits_.framing_bytes_max - framing_bytes_);
  if (line_.state() == Line::State::kOpen) return taken;
  if (line_.state() == Line::State::kTooLong) refuse(413, "body: the sizes and extensions of its chunks are too long");
  if (line_.state() == Line::State::kMalformed) refuse(400, "body: the line of a chunk's size does not end in CR LF");
  if (refusal_) return taken;
  framing_bytes_ += line_.bytes();
  const auto text = line_.text();
  const auto digits = text.substr(0, text.find_first_not_of("0123456789abcdefABCDEF"));
  const auto number = whole_number(digits, 16);
  if (!number) {
    refuse(400, "body: a chunk's size is no hexadecimal number");
  } else if (!is_extensions(text.substr(digits.size()))) {
    refuse(400, "body: behind a chunk's size stands what is no extension");
  } else if (*number > limits_.body_bytes_max - body.size()) {
    refuse(413, "body: is too large");
  } else {
    chunk_left_ = *number;
    part_ = chunk_left_ == 0 ? Part::kTrailers : Part::kData;
  }
  line_.clear();
  return taken;
}

std::size_t ChunkDecoder::take_data(std::string_view bytes, std::string& body) {
  const auto data = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, bytes.size())));
  body += data;
  chunk_left_ -= data.size();
  if (chunk_left_ == 0) part_ = Part::kDataEnd;
  return data.size();
}

std::size_t ChunkDecoder::take_data_end(std::string_view bytes) {
  constexpr std::size_t kCrLf = 2;
  const auto taken = line_.feed(bytes, kCrLf);
  if (line_.state() == Line::State::kOpen) return taken;
  if (line_.state() != Line::State::kComplete) {
    refuse(400, "body: a chunk is longer than its size");
    return taken;
  }
  line_.clear();
  framing_bytes_ += kCrLf;
  if (framing_bytes_ > limits_.framing_bytes_max) refuse(413, "body: has too many chunks");
  part_ = Part::kSize;
  return taken;
}

std::size_t ChunkDecoder::take_trailer(std::string_view bytes) {
  const auto taken = line_.feed(bytes, limits_.trailer_bytes_max - trailer_bytes_);
  if (line_.state() == Line::State::kOpen) return taken;
  if (line_.state() == Line::State::kTooLong) refuse(431, "body: its trailers are too long");
  if (line_.state() == Line::State::kMalformed) refuse(400, "body: a line of its trailers does not end in CR LF");
  if (refusal_) return taken;
  trailer_bytes_ += line_.bytes();
  if (line_.text().empty()) {
    part_ = Part::kDone;
  } else if (trailers_.size() == limits_.trailers_max) {
    refuse(431, "body: has too many trailers");
  } else {
    refusal_ = trailers_.add(line_.text());
  }
  line_.clear();
  return taken;
}

}  // namespace risk::http
