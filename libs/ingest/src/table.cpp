#include "table.hpp"

#include <algorithm>

#include "decoder.hpp"
#include "header_error.hpp"
#include "risk/base/join.hpp"
#include "risk/base/text.hpp"

namespace risk::ingest {
namespace {

std::string about_column(std::string_view column, std::string_view what) {
  return "column " + printable(column, kIdBytesMax) + std::string(what);
}

}  // namespace

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kNoBreakSpace = "\xc2\xa0";
  while (!text.empty()) {
    if (text.front() == ' ' || text.front() == '\t') {
      text.remove_prefix(1);
    } else if (text.back() == ' ' || text.back() == '\t') {
      text.remove_suffix(1);
    } else if (text.starts_with(kNoBreakSpace)) {
      text.remove_prefix(kNoBreakSpace.size());
    } else if (text.ends_with(kNoBreakSpace)) {
      text.remove_suffix(kNoBreakSpace.size());
    } else {
      break;
    }
  }
  return text;
}

std::vector<std::size_t> TableShape::places_in(std::span<const std::string_view> header_fields,
                                               std::vector<std::string>& problems) const {
  const auto is_one_of = [](const Column& column, std::string_view field) {
    return std::ranges::find(column.names, field) != column.names.end();
  };
  const auto add = [&problems](std::string problem) {
    if (std::ranges::find(problems, problem) == problems.end()) problems.push_back(std::move(problem));
  };
  std::vector<std::size_t> places(columns.size(), kAbsent);
  if (is_exact) {
    std::vector<std::string_view> seen;
    for (const std::string_view field : header_fields) {
      const bool is_known =
          std::ranges::any_of(columns, [&](const Column& column) { return is_one_of(column, field); });
      if (!is_known) {
        add(about_column(field, " is unknown"));
      } else if (std::ranges::find(seen, field) != seen.end()) {
        add(about_column(field, " comes twice"));
      }
      seen.push_back(field);
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = columns[i];
    for (const std::string& name : column.names) {
      const auto is_it = [&](std::string_view field) { return (is_exact ? field : without_blanks(field)) == name; };
      const auto found = std::ranges::find_if(header_fields, is_it);
      if (found == header_fields.end()) continue;
      if (!is_exact && std::find_if(found + 1, header_fields.end(), is_it) != header_fields.end()) {
        add(about_column(name, " comes twice"));
      }
      places[i] = static_cast<std::size_t>(found - header_fields.begin()) + (column.is_right_of ? 1 : 0);
      if (places[i] == header_fields.size()) {
        places[i] = kAbsent;
        add(about_column(name, " has no column to its right"));
      }
      break;
    }
    const bool is_there = std::ranges::any_of(header_fields, [&](std::string_view field) {
      return is_one_of(column, is_exact ? field : without_blanks(field));
    });
    if (!is_there && !column.may_be_absent) {
      add(about_column(join(column.names, " or "), " is missing"));
    }
  }
  return places;
}

Table::Table(std::istream& input, std::string name, const TableShape& shape)
    : name_(std::move(name)), shape_(shape), scanner_(input, shape.separator) {
  read_header();
}

void Table::read_header() {
  if (!shape_.header.empty()) {
    const std::vector<std::string_view> fields(shape_.header.begin(), shape_.header.end());
    std::vector<std::string> problems;
    auto positions = shape_.places_in(fields, problems);
    if (!problems.empty()) fail_header(1, problems, "");
    return take_header(fields, std::move(positions));
  }
  // Of the lines that may be the header, the one that lacks least is named when none fits.
  std::vector<std::string> fewest_problems;
  std::uint64_t nearest_line = 0;
  std::string nearest_raw;
  for (std::size_t passed = 0; passed <= shape_.preamble_lines_max; ++passed) {
    row_ = read_row();
    if (row_ == nullptr) {
      if (passed == 0) fail(1, "the file has no header");
      break;
    }
    std::vector<std::string> problems;
    std::vector<std::size_t> positions;
    if (row_->defect == Row::Defect::kQuoting) {
      problems.push_back("the header is not readable: " + std::string(row_->defect_reason));
    } else if (row_->defect == Row::Defect::kTooLong) {
      problems.emplace_back("the header is longer than 65536 bytes");
    } else {
      positions = shape_.places_in(row_->fields, problems);
      if (problems.empty()) return take_header(row_->fields, std::move(positions));
    }
    const bool is_nearer = row_->defect == Row::Defect::kNone && problems.size() < fewest_problems.size();
    if (nearest_line == 0 || is_nearer) {
      nearest_line = row_->line;
      nearest_raw = row_->raw;
      fewest_problems = std::move(problems);
    }
  }
  fail_header(nearest_line, fewest_problems, nearest_raw);
}

void Table::take_header(std::span<const std::string_view> fields, std::vector<std::size_t> positions) {
  names_.assign(fields.begin(), fields.end());
  position_of_ = std::move(positions);
}

void Table::fail(std::uint64_t line, const std::string& problem) const {
  throw CsvError(name_ + ":" + std::to_string(line) + ": " + problem + " (the columns are " + column_names() + ")");
}

void Table::fail_header(std::uint64_t line, const std::vector<std::string>& problems, const std::string& raw) const {
  const std::string place = name_ + ":" + std::to_string(line) + ": ";
  const std::string all = join(problems, "; ");
  if (shape_.is_exact)
    throw HeaderError(place + all + " (the columns are " + column_names() + ")", problems.size(), raw);
  throw HeaderError(place + "the header does not fit " + shape_.format_name + ": " + all, problems.size(), raw);
}

const Row* Table::read_row() try { return scanner_.next(); } catch (const DecodeError& error) {
  throw CsvError(name_ + ": " + error.what());
} catch (const std::ios_base::failure&) {
  throw CsvError(name_ + ": cannot be read");
}

Step Table::next() {
  if (at_footer_) return Step::kEnd;
  do {
    row_ = read_row();
    if (row_ == nullptr) return Step::kEnd;
    if (is_footer()) {
      at_footer_ = true;
      row_ = nullptr;
      return Step::kEnd;
    }
  } while (is_blank_row() && ++rows_passed_over_ != 0);
  auto problem = problem_of_row();
  if (!problem) return Step::kValue;
  bad_row_ = {row_->line, std::move(*problem), raw()};
  return Step::kBadRow;
}

bool Table::is_footer() const {
  if (shape_.footer.empty() || row_->fields.empty()) return false;
  const auto begins_one = [this](std::string_view field) {
    return std::ranges::any_of(shape_.footer, [field](const std::string& text) { return field.starts_with(text); });
  };
  if (begins_one(without_blanks(row_->fields.front()))) return true;
  // A text that stands alone, in whatever column, is no row's value; of a row that cannot be read nothing is known.
  if (row_->defect != Row::Defect::kNone) return false;
  std::string_view alone;
  for (const std::string_view field : row_->fields) {
    const std::string_view text = without_blanks(field);
    if (text.empty()) continue;
    if (!alone.empty()) return false;
    alone = text;
  }
  return begins_one(alone);
}

bool Table::is_blank_row() const {
  return !shape_.is_exact && row_->defect == Row::Defect::kNone &&
         std::ranges::all_of(row_->fields, [](std::string_view field) { return without_blanks(field).empty(); });
}

std::optional<engine::Rejection> Table::problem_of_row() {
  const auto rejection = [](std::string_view field, std::string_view value, std::string reason) {
    return engine::Rejection{printable(field), printable(value), std::move(reason)};
  };
  const std::size_t width = names_.size();
  const auto is_wide = [this, width] {
    const auto& fields = row_->fields;
    return fields.size() > width &&
           (shape_.is_exact || std::any_of(fields.begin() + static_cast<std::ptrdiff_t>(width), fields.end(),
                                           [](std::string_view field) { return !without_blanks(field).empty(); }));
  };
  // Quotes that pair up wrongly can join lines into a row of another width; then they are what is wrong with it.
  if (row_->defect == Row::Defect::kNone && (row_->fields.size() < width || is_wide()) && scanner_.spans_lines()) {
    scanner_.refuse_quoting();
  }
  if (row_->defect == Row::Defect::kQuoting) {
    return rejection(name_at(row_->fields.size()), row_->defect_text, std::string(row_->defect_reason));
  }
  if (row_->defect == Row::Defect::kTooLong) return rejection("", row_->raw, "longer than 65536 bytes");

  const auto& fields = row_->fields;
  if (fields.front() == name_at(0) && shape_.header.empty()) {
    const auto is_name = [this, &fields](std::size_t i) { return fields[i] == name_at(i); };
    std::size_t same = 0;
    while (same < fields.size() && is_name(same)) ++same;
    if (same == fields.size()) return rejection(name_at(0), fields[0], "the header again");
  }
  if (fields.size() < width) {
    return rejection(
        name_at(fields.size()), "",
        "missing: the row has " + std::to_string(fields.size()) + " of " + std::to_string(width) + " fields");
  }
  if (is_wide()) {
    return rejection("", fields[width],
                     "the row has " + std::to_string(fields.size()) + " fields, the header " + std::to_string(width));
  }
  if (is_ascii(row_->raw)) return std::nullopt;
  for (std::size_t i = 0; i < width; ++i) {
    if (!is_valid_utf8(fields[i])) {
      return rejection(name_at(i), fields[i], shape_.is_exact ? "not valid UTF-8" : "not text in the file's encoding");
    }
  }
  return std::nullopt;
}

BadRow Table::reject(std::string_view field, std::string_view value, std::string reason) const {
  return {row_->line, {std::string(field), printable(value), std::move(reason)}, raw()};
}

std::string Table::raw() const {
  return row_ == nullptr ? "" : printable(row_->raw, kRawBytesMax);
}

// "client_id,symbol", and where there are such " and perhaps broker_id".
std::string Table::column_names() const {
  std::vector<std::string> always, perhaps;
  for (const auto& column : shape_.columns) {
    (column.may_be_absent ? perhaps : always).push_back(join(column.names, " or "));
  }
  return join(always, ",") + (perhaps.empty() ? "" : " and perhaps " + join(perhaps, ","));
}

std::string_view Table::name_at(std::size_t position) const {
  return position < names_.size() ? std::string_view(names_[position]) : std::string_view{};
}

}  // namespace risk::ingest
