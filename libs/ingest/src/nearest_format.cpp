#include "nearest_format.hpp"

#include <optional>
#include <sstream>

#include "format_parser.hpp"
#include "risk/base/join.hpp"
#include "risk/ingest/format.hpp"

namespace risk::ingest {
namespace {

struct Candidate {
  std::string name;
  std::vector<std::string> problems;
  std::size_t columns = 0;

  // Whether less of its columns is missing.
  bool is_nearer_than(const Candidate& other) const {
    return problems.size() * other.columns < other.problems.size() * columns;
  }
  bool has_half() const { return 2 * problems.size() <= columns; }
};

std::optional<Candidate> compare(const std::string& raw, const Layout& layout) {
  if (!layout.table.header.empty()) return std::nullopt;  // any file fits
  std::istringstream input(raw + "\n");
  RowScanner scanner(input, layout.table.separator);
  const Row* row = scanner.next();
  if (row == nullptr || row->defect != Row::Defect::kNone) return std::nullopt;
  Candidate candidate{layout.name, {}, layout.table.columns.size()};
  layout.table.places_in(row->fields, candidate.problems);
  return candidate;
}

}  // namespace

std::string nearest_format(const HeaderError& error, const Layout& layout) {
  if (error.raw.find('\0') != std::string::npos) return "; it looks like UTF-16 (encoding: utf-16le)";
  const Candidate own{layout.name, std::vector<std::string>(error.problems), layout.table.columns.size()};
  std::optional<Candidate> nearest;
  const auto consider = [&](std::optional<Candidate> candidate) {
    if (candidate && (!nearest || candidate->is_nearer_than(*nearest))) nearest = std::move(candidate);
  };
  for (const auto& [name, yaml] : shipped_formats()) {
    if (name == layout.name) continue;
    const auto other = FormatParser(std::string(name), {}, FormatParser::Needs::kIgnored).parse(yaml);
    if (other) consider(compare(error.raw, *other));
  }
  if (!layout.is_canonical()) {
    if (auto canonical = compare(error.raw, canonical_layout()); canonical && canonical->problems.empty()) {
      return "; it is the canonical CSV, which needs no --input-format";
    }
  }
  if (!nearest) return "";
  if (nearest->problems.empty()) return "; it fits " + nearest->name + " (--input-format " + nearest->name + ")";
  if (nearest->has_half() && nearest->is_nearer_than(own)) {
    return "; " + nearest->name + " comes nearest: " + join(nearest->problems, "; ");
  }
  return layout.is_canonical() ? "" : "; no other format comes nearer";
}

}  // namespace risk::ingest
