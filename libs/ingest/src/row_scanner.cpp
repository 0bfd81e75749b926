#include "row_scanner.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "risk/base/check.hpp"
#include "risk/ingest/csv.hpp"

namespace risk::ingest {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;
constexpr std::size_t kLookAheadBytes = kRowBytesMax + 2;  // the longest row with its line end
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

RowScanner::RowScanner(std::istream& input, char separator)
    : input_(input), separator_(separator), field_ends_{separator, '"', '\n'}, buffer_(kBlockBytes, '\0') {
  unquoted_.reserve(kLookAheadBytes);
}

const Row* RowScanner::next() {
  begin_ += std::exchange(row_bytes_, 0);
  row_.line += row_lines_;
  if (!skip_to_row()) return nullptr;

  row_.fields.clear();
  row_.defect = Row::Defect::kNone;
  unquoted_.clear();
  crossing_.reset();

  const std::string_view ahead = text().substr(0, kLookAheadBytes);
  const std::size_t line_end = ahead.find('\n');
  first_line_ = without_cr(ahead.substr(0, line_end));
  first_line_bytes_ = line_end == std::string_view::npos ? ahead.size() : line_end + 1;
  if (first_line_.size() > kRowBytesMax) {
    row_.defect = Row::Defect::kTooLong;
    skip_line_ = line_end == std::string_view::npos;
    take(first_line_.substr(0, kRowBytesMax), first_line_bytes_, skip_line_ ? 0 : 1);
  } else if (first_line_.find('"') == std::string_view::npos) {
    split_plain(first_line_);
    take(first_line_, first_line_bytes_, 1);
  } else {
    split_quoted();
  }
  return &row_;
}

void RowScanner::refuse_quoting() {
  RISK_CHECK(spans_lines());
  break_quoting(*crossing_, {});
}

// Reads until a whole row of the longest kind is in the buffer, or the input ends.
void RowScanner::fill() {
  if (at_eof_ || end_ - begin_ > kLookAheadBytes) return;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  input_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
  if (input_.bad()) throw std::ios_base::failure("cannot be read");
  end_ += static_cast<std::size_t>(input_.gcount());
  bytes_filled_ += static_cast<std::uint64_t>(input_.gcount());
  at_eof_ = end_ < buffer_.size();
}

bool RowScanner::skip_to_row() {
  while (true) {
    fill();
    if (row_.line == 0) {
      row_.line = 1;
      if (text().starts_with(kByteOrderMark)) begin_ += kByteOrderMark.size();
    }
    if (text().empty()) return false;
    if (skip_line_) {
      const std::size_t line_end = text().find('\n');
      skip_line_ = line_end == std::string_view::npos;
      begin_ += skip_line_ ? text().size() : line_end + 1;
      row_.line += skip_line_ ? 0 : 1;
    } else if (const std::size_t blank = line_end_at(0); blank != 0) {
      begin_ += blank;
      ++row_.line;
    } else {
      return true;
    }
  }
}

void RowScanner::split_plain(std::string_view line) {
  while (true) {
    const std::size_t end = line.find(separator_);
    row_.fields.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

void RowScanner::split_quoted() {
  const std::string_view ahead = text().substr(0, kLookAheadBytes);
  std::size_t field_begin = 0;
  while (true) {
    const FieldStart field{row_.fields.size(), field_begin};
    std::size_t field_end = 0;
    if (field_begin < ahead.size() && ahead[field_begin] == '"') {
      const auto after = unquote(field_begin);
      if (!after) return break_quoting(field, "a quote is not closed");
      field_end = *after;
    } else {
      field_end = std::min(ahead.find_first_of(field_ends_, field_begin), ahead.size());
      if (field_end < ahead.size() && ahead[field_end] == '"') {
        return break_quoting(field, "a quote within a field that does not begin with one");
      }
      if (field_end > field_begin && ahead[field_end - 1] == '\r' && line_end_at(field_end - 1) != 0) --field_end;
      row_.fields.push_back(ahead.substr(field_begin, field_end - field_begin));
    }

    if (field_end < ahead.size() && ahead[field_end] == separator_) {
      field_begin = field_end + 1;
      continue;
    }
    const std::size_t line_end = line_end_at(field_end);
    if (line_end == 0 && !is_last(field_end)) {
      return break_quoting(
          field, field_end < ahead.size() ? "text after the closing quote" : "a quoted row is longer than 65536 bytes");
    }
    const std::string_view raw = ahead.substr(0, field_end);
    const auto inner_lines = static_cast<std::uint64_t>(std::count(raw.begin(), raw.end(), '\n'));
    return take(raw, field_end + line_end, inner_lines + 1);
  }
}

// Appends the quoted field that begins here. Returns the offset after its closing quote, nothing if there is none.
std::optional<std::size_t> RowScanner::unquote(std::size_t field_begin) {
  const std::string_view ahead = text().substr(0, kLookAheadBytes);
  const std::size_t copy_begin = unquoted_.size();
  std::size_t part_begin = field_begin + 1;
  while (true) {
    const std::size_t quote = ahead.find('"', part_begin);
    if (!crossing_ && std::min(quote, ahead.size()) >= first_line_bytes_) {
      crossing_ = FieldStart{row_.fields.size(), field_begin};
    }
    if (quote == std::string_view::npos) return std::nullopt;
    const std::string_view part = ahead.substr(part_begin, quote - part_begin);
    if (quote + 1 < ahead.size() && ahead[quote + 1] == '"') {
      unquoted_.append(part).push_back('"');
      part_begin = quote + 2;
      continue;
    }
    if (unquoted_.size() == copy_begin) {
      row_.fields.push_back(part);
    } else {
      unquoted_.append(part);
      row_.fields.push_back(std::string_view(unquoted_).substr(copy_begin));
    }
    return quote + 1;
  }
}

void RowScanner::break_quoting(FieldStart place, std::string_view reason) {
  if (crossing_) {
    place = *crossing_;
    reason = "a quote is not closed";
  }
  row_.defect = Row::Defect::kQuoting;
  row_.fields.resize(place.field);
  row_.defect_text = first_line_.substr(place.offset);
  row_.defect_reason = reason;
  take(first_line_, first_line_bytes_, 1);
}

std::size_t RowScanner::line_end_at(std::size_t offset) const {
  const std::string_view rest = text().substr(offset);
  if (rest.starts_with('\n')) return 1;
  if (rest.starts_with("\r\n")) return 2;
  return at_eof_ && rest == "\r" ? 1 : 0;
}

void RowScanner::take(std::string_view raw, std::size_t bytes, std::uint64_t lines) {
  row_.raw = raw;
  row_bytes_ = bytes;
  row_lines_ = lines;
}

}  // namespace risk::ingest
