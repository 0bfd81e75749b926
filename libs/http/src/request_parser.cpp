#include "risk/http/request_parser.hpp"

#include <algorithm>

#include "chunk_decoder.hpp"
#include "framing.hpp"
#include "line.hpp"
#include "risk/base/check.hpp"
#include "syntax.hpp"

namespace risk::http {

class RequestParser::Impl {
 public:
  Impl(const ParserLimits& limits, JudgeHeader judge) : limits_(limits), judge_(std::move(judge)) {}

  std::size_t feed(std::string_view bytes) {
    const auto size = bytes.size();
    while (!bytes.empty() && !refusal_ && part_ != Part::kComplete) bytes.remove_prefix(take_some(bytes));
    return size - bytes.size();
  }

  bool started() const { return started_; }
  bool header_complete() const { return part_ == Part::kSized || part_ == Part::kChunked; }
  bool complete() const { return part_ == Part::kComplete && !refusal_; }
  bool expects_continue() const { return header_complete() && expects_continue_ && !body_begun_; }
  bool is_head() const { return line_.method == "HEAD"; }
  const std::optional<Refusal>& refusal() const { return refusal_; }
  const std::string& header() const { return header_; }

  Request take() {
    RISK_CHECK(complete());
    Request request = std::move(request_);
    const auto limits = limits_;
    auto judge = std::move(judge_);
    *this = Impl(limits, std::move(judge));
    return request;
  }

 private:
  enum class Part { kRequestLine, kFields, kSized, kChunked, kComplete };

  std::size_t take_some(std::string_view bytes) {
    started_ = true;
    switch (part_) {
      case Part::kRequestLine:
        return take_request_line(bytes);
      case Part::kFields:
        return take_field(bytes);
      case Part::kSized:
        return take_sized(bytes);
      case Part::kChunked:
        return take_chunked(bytes);
      case Part::kComplete:
        break;
    }
    return 0;
  }

  std::size_t take_request_line(std::string_view bytes) {
    // TLS, most likely: it need not wait for a line's end.
    if (text_.text().empty() && !is_token(bytes.substr(0, 1)) && bytes.front() != '\r') {
      malformed("is no request line");
      return 0;
    }
    const auto taken = text_.feed(bytes, limits_.request_line_bytes_max);
    switch (text_.state()) {
      case Line::State::kOpen:
        return taken;
      case Line::State::kTooLong:
        too_long();
        return taken;
      case Line::State::kMalformed:
        malformed("does not end in CR LF");
        return taken;
      case Line::State::kComplete:
        read_request_line();
        return taken;
    }
    return taken;
  }

  // RFC 9112 3: a method longer than any known is 501, a target longer than we care to read 414.
  void too_long() {
    const bool has_target = text_.text().find(' ') != std::string_view::npos;
    refusal_ = has_target ? Refusal{414, "request line: the target is too long"}
                          : Refusal{501, "method: is longer than any that is known"};
  }

  void malformed(const char* detail) { refusal_ = Refusal{400, std::string("request line: ") + detail}; }

  void read_request_line() {
    // RFC 9112 2.2: one empty line before the request is passed over.
    if (text_.text().empty() && !std::exchange(empty_line_passed_, true)) return text_.clear();
    auto line = parse_request_line(text_.text());
    if (!line) {
      refusal_ = line.error();
      return;
    }
    line_ = std::move(line).value();
    keep_line();
    part_ = Part::kFields;
  }

  void keep_line() {
    header_.append(text_.text()).append("\r\n");
    text_.clear();
  }

  std::size_t take_field(std::string_view bytes) {
    const auto taken = text_.feed(bytes, limits_.fields_bytes_max - fields_bytes_);
    if (text_.state() == Line::State::kOpen) return taken;
    if (text_.state() == Line::State::kTooLong) refusal_ = Refusal{431, "header: is too large"};
    if (text_.state() == Line::State::kMalformed) refusal_ = Refusal{400, "header: a line does not end in CR LF"};
    if (refusal_) return taken;
    fields_bytes_ += text_.bytes();
    const bool last = text_.text().empty();
    if (!last && fields_.size() == limits_.fields_max) refusal_ = Refusal{431, "header: has too many fields"};
    if (!last && !refusal_) refusal_ = fields_.add(text_.text());
    keep_line();
    if (last) refusal_ = read_fields();
    return taken;
  }

  std::optional<Refusal> read_fields() {
    auto header = read_header(line_, fields_);
    if (!header) return header.error();
    request_ = std::move(header).value();
    const auto framing = judge_framing(line_, fields_);
    if (!framing) return framing.error();
    const auto expects_continue = judge_expectation(line_, fields_);
    if (!expects_continue) return expects_continue.error();
    if (judge_) {
      if (auto refusal = judge_(request_)) return refusal;
    }
    if (framing->content_length > limits_.body_bytes_max) return Refusal{413, "body: is too large"};
    expects_continue_ = *expects_continue;
    begin_body(*framing);
    return std::nullopt;
  }

  void begin_body(const Framing& framing) {
    request_.upgrade = request_.upgrade && !framing.chunked && framing.content_length == 0;
    body_left_ = static_cast<std::size_t>(framing.content_length);
    part_ = body_left_ == 0 ? Part::kComplete : Part::kSized;
    if (!framing.chunked) return;
    chunks_.emplace(ChunkLimits{limits_.body_bytes_max, limits_.chunk_framing_bytes_max,
                                limits_.fields_bytes_max - fields_bytes_, limits_.fields_max - fields_.size()});
    part_ = Part::kChunked;
  }

  std::size_t take_sized(std::string_view bytes) {
    body_begun_ = true;
    const auto data = bytes.substr(0, body_left_);
    request_.body += data;
    body_left_ -= data.size();
    if (body_left_ == 0) part_ = Part::kComplete;
    return data.size();
  }

  std::size_t take_chunked(std::string_view bytes) {
    body_begun_ = true;
    const auto taken = chunks_->feed(bytes, request_.body);
    refusal_ = chunks_->refusal();
    if (chunks_->done()) part_ = Part::kComplete;
    return taken;
  }

  ParserLimits limits_;
  JudgeHeader judge_;
  Part part_ = Part::kRequestLine;
  bool started_ = false;
  bool empty_line_passed_ = false;
  bool expects_continue_ = false;
  bool body_begun_ = false;
  Line text_;
  std::string header_;
  RequestLine line_;
  Fields fields_;
  std::size_t fields_bytes_ = 0;
  std::size_t body_left_ = 0;
  std::optional<ChunkDecoder> chunks_;
  Request request_;
  std::optional<Refusal> refusal_;
};

RequestParser::RequestParser(const ParserLimits& limits, JudgeHeader judge)
    : impl_(std::make_unique<Impl>(limits, std::move(judge))) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
  return impl_->feed(bytes);
}
bool RequestParser::started() const {
  return impl_->started();
}
bool RequestParser::header_complete() const {
  return impl_->header_complete();
}
bool RequestParser::complete() const {
  return impl_->complete();
}
bool RequestParser::expects_continue() const {
  return impl_->expects_continue();
}
bool RequestParser::is_head() const {
  return impl_->is_head();
}
const std::optional<Refusal>& RequestParser::refusal() const {
  return impl_->refusal();
}
const std::string& RequestParser::header() const {
  return impl_->header();
}
Request RequestParser::take() {
  return impl_->take();
}

}  // namespace risk::http
