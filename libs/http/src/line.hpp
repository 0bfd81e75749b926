// One line of the protocol as it comes in, ended by CR LF and by nothing else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace risk::http {

class Line {
 public:
  enum class State { kOpen, kComplete, kTooLong, kMalformed };

  // Takes bytes up to the line's end, and with its CR LF no more than `bytes_max` in all. Returns how many.
  std::size_t feed(std::string_view bytes, std::size_t bytes_max) {
    const auto end = bytes.find('\n');
    const auto piece = end == bytes.npos ? bytes : bytes.substr(0, end + 1);
    if (text_.size() + piece.size() > bytes_max) {
      text_ += piece.substr(0, bytes_max - std::min(bytes_max, text_.size()));
      state_ = State::kTooLong;
      return piece.size();
    }
    text_ += piece;
    if (end != bytes.npos) finish();
    return piece.size();
  }

  State state() const { return state_; }
  std::string_view text() const { return text_; }  // without CR LF when it is complete
  std::size_t bytes() const { return text_.size() + (state_ == State::kComplete ? 2 : 0); }
  void clear() {
    text_.clear();
    state_ = State::kOpen;
  }

 private:
  void finish() {
    const bool ended = text_.size() >= 2 && text_[text_.size() - 2] == '\r';
    if (ended) text_.resize(text_.size() - 2);
    const bool one_line = ended && text_.find('\r') == text_.npos;
    state_ = one_line ? State::kComplete : State::kMalformed;
  }

  std::string text_;
  State state_ = State::kOpen;
};

}  // namespace risk::http
