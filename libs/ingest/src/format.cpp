#include "risk/ingest/format.hpp"

#include <algorithm>
#include <filesystem>

#include "format_parser.hpp"
#include "input_file.hpp"
#include "risk/base/check.hpp"
#include "risk/base/join.hpp"
#include "risk/base/text.hpp"

namespace risk::ingest {
namespace {

constexpr std::size_t kFormatBytesMax = 1024 * 1024;

bool is_path(std::string_view text) {
  return text.find('/') != std::string_view::npos || text.ends_with(".yaml") || text.ends_with(".yml");
}

Result<std::string> read_file(const std::string& path) {
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) return Error{"is no regular file"};
  try {
    std::ifstream file = open_input(path);
    std::string text(kFormatBytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return Error{"cannot be read"};
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kFormatBytesMax) return Error{"is longer than 1 MiB"};
    return text;
  } catch (const CsvError& error) {
    return Error{std::string(error.what()).substr(path.size() + 2)};
  }
}

}  // namespace

bool Condition::holds(std::string_view text) const {
  const bool is_one = std::ranges::any_of(texts, [&](const std::string& wanted) {
    return test == Test::kContains ? text.find(wanted) != std::string_view::npos : text == wanted;
  });
  return is_one != (test == Test::kIsNot);
}

Layout canonical_layout() {
  Layout layout;
  layout.name = "the canonical CSV";
  layout.time.patterns.push_back(TimePattern::parse("iso").value());
  engine::for_each_transaction_field([&layout](auto field) {
    FieldRule& rule = layout.fields[field.index];
    rule.source = FieldRule::Source::kColumn;
    rule.column = field.index;
    layout.table.columns.push_back(
        {{std::string(field.name)}, field.presence == engine::Presence::kOptionalColumn, false});
  });
  return layout;
}

FormatDescription describe(const ShippedFormat& format) {
  const auto layout = FormatParser(std::string(format.name), {}, FormatParser::Needs::kIgnored).parse(format.yaml);
  RISK_CHECK(layout.ok());  // a test reads every one
  return {layout->description, layout->needs};
}

const Format& Format::canonical() {
  static const Format kCanonical(std::make_shared<const Layout>(canonical_layout()));
  return kCanonical;
}

Result<Format, Format::Mistakes> Format::parse(std::string_view yaml, const std::string& name,
                                               const Settings& settings) {
  auto layout = FormatParser(name, settings, FormatParser::Needs::kChecked).parse(yaml);
  if (!layout) return layout.error();
  return Format(std::make_shared<const Layout>(std::move(layout).value()));
}

Result<Format, Format::Mistakes> Format::load(const std::string& name_or_path, const Settings& settings) {
  if (is_path(name_or_path)) {
    const auto text = read_file(name_or_path);
    if (!text) return Mistakes{"--input-format: " + printable(name_or_path) + ": " + text.error().reason};
    return parse(*text, name_or_path, settings);
  }
  const auto shipped = shipped_formats();
  const auto known = std::ranges::find(shipped, std::string_view(name_or_path), &ShippedFormat::name);
  if (known != shipped.end()) return parse(known->yaml, name_or_path, settings);
  return Mistakes{"--input-format: no format has the name \"" + printable(name_or_path) +
                  "\": allowed: " + join(shipped, ", ", &ShippedFormat::name) + ", or the path of a FILE.yaml"};
}

const std::string& Format::name() const {
  return layout_->name;
}

}  // namespace risk::ingest
