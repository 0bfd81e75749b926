#include "format_parser.hpp"

#include <algorithm>

#include "risk/base/join.hpp"
#include "risk/base/text.hpp"

namespace risk::ingest {
namespace {

constexpr int kPreambleLinesMax = 1'000;
constexpr std::string_view kZone = "zone", kDecimal = "decimal", kThousands = "thousands";

std::string named_settings() {
  return join(engine::kTransactionFieldNames, ", ") + ", zone, decimal, thousands";
}

}  // namespace

FormatParser::FormatParser(const std::string& name, const Format::Settings& settings, Needs needs)
    : settings_(settings), needs_(needs), mistakes_(printable(name)) {
  layout_.name = printable(name);
  layout_.table.is_exact = false;
  layout_.table.format_name = layout_.name;
  layout_.encoding = Encoding::kAuto;
  layout_.numbers.decimal = '\0';
}

Result<Layout, Format::Mistakes> FormatParser::parse(std::string_view yaml) {
  if (const auto root = read_yaml(yaml, mistakes_)) {
    read(*root);
    apply_settings();
    // What lacks a part because a mistake stands in its place is not a second mistake.
    if (mistakes_.empty()) check();
  }
  if (!mistakes_.empty()) return mistakes_.take();
  return std::move(layout_);
}

void FormatParser::read(const YamlValue& root) {
  const YamlSection keys(root, {"description", "encoding", "separator", "preamble_lines_max", "header", "footer",
                                "numbers", "time", "minor_currencies", "fields", "rows", "needs"});
  read_file_shape(keys);
  if (const auto* numbers = keys.find("numbers")) read_numbers(*numbers);
  if (const auto* time = keys.find("time")) read_time(*time);
  if (layout_.time.patterns.empty()) layout_.time.patterns.push_back(TimePattern::parse("iso").value());
  if (const auto* minor = keys.find("minor_currencies")) {
    for (auto& [from, to] : minor->text_map()) layout_.minor_currencies.emplace(from, to);
  }
  if (const auto* needs = keys.find("needs")) {
    for (const std::string& need : needs->texts()) {
      if (!field_of(need) && need != kZone && need != kDecimal && need != kThousands) {
        needs->fail("\"" + printable(need) + "\": allowed: " + named_settings());
      } else {
        layout_.needs.push_back(need);
      }
    }
  }
  if (const auto* fields = keys.find("fields")) {
    read_fields(*fields);
  } else {
    mistakes_.add("fields: missing");
  }
  if (const auto* rows = keys.find("rows")) {
    const YamlSection kinds(*rows, {"skip", "refuse"});
    if (const auto* skip = kinds.find("skip")) read_conditions(*skip, layout_.skip, false);
    if (const auto* refuse = kinds.find("refuse")) read_conditions(*refuse, layout_.refuse, true);
  }
}

void FormatParser::read_file_shape(const YamlSection& root) {
  if (const auto* description = root.find("description")) layout_.description = description->text().value_or("");
  if (const auto* encoding = root.find("encoding")) {
    if (const auto name = encoding->text()) {
      const auto known = parse_encoding(*name);
      if (known) {
        layout_.encoding = *known;
      } else {
        encoding->fail("value \"" + printable(*name) +
                       "\": allowed: auto, utf-8, utf-16, utf-16le, utf-16be, latin-1, windows-1252");
      }
    }
  }
  if (const auto* separator = root.find("separator")) {
    const auto text = separator->text();
    if (text && (*text == "," || *text == ";" || *text == "|" || *text == "tab")) {
      layout_.table.separator = *text == "tab" ? '\t' : text->front();
    } else if (text) {
      separator->fail("value \"" + printable(*text) + "\": allowed: \",\", \";\", \"|\", tab");
    }
  }
  if (const auto* lines = root.find("preamble_lines_max")) {
    layout_.table.preamble_lines_max = static_cast<std::size_t>(lines->number(0, kPreambleLinesMax).value_or(0));
  }
  if (const auto* header = root.find("header")) {
    layout_.table.header = header->texts();
    auto sorted = layout_.table.header;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) header->fail("\"" + printable(*twice) + "\" comes twice");
    if (root.find("preamble_lines_max") != nullptr) header->fail("a file without a header has no preamble_lines_max");
  }
  if (const auto* footer = root.find("footer")) layout_.table.footer = footer->texts();
}

void FormatParser::read_numbers(const YamlValue& value) {
  const YamlSection keys(value, {"decimal", "thousands", "exponents", "parentheses", "prefixes"});
  if (const auto* decimal = keys.find("decimal")) {
    if (const auto text = decimal->text()) set_decimal(*text, "");
    if (layout_.numbers.decimal == '\0' && decimal->is_scalar()) decimal->fail("allowed: \".\", \",\"");
  }
  if (const auto* thousands = keys.find("thousands")) {
    if (const auto text = thousands->text()) set_thousands(*text, "");
    if (layout_.numbers.thousands == '\0' && thousands->is_scalar()) {
      thousands->fail("allowed: \",\", \".\", \"'\", \" \"");
    }
  }
  if (const auto* exponents = keys.find("exponents")) {
    layout_.numbers.has_exponents = exponents->flag().value_or(false);
  }
  if (const auto* parentheses = keys.find("parentheses")) {
    layout_.numbers.has_parentheses = parentheses->flag().value_or(false);
  }
  if (const auto* prefixes = keys.find("prefixes")) {
    for (const std::string& prefix : prefixes->texts()) {
      const bool is_plain = std::none_of(prefix.begin(), prefix.end(), [](char c) {
        return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == ',' || c == '(';
      });
      if (is_plain) {
        layout_.numbers.prefixes.push_back(prefix);
      } else {
        prefixes->fail("\"" + printable(prefix) + "\" could be part of a number");
      }
    }
  }
}

void FormatParser::set_decimal(std::string_view text, const std::string& place) {
  if (text == "." || text == ",") {
    layout_.numbers.decimal = text.front();
  } else if (!place.empty()) {
    mistakes_.add_line(place + ": value \"" + printable(text) + "\": allowed: \".\", \",\"");
  }
}

void FormatParser::set_thousands(std::string_view text, const std::string& place) {
  if (text == "," || text == "." || text == "'" || text == " ") {
    layout_.numbers.thousands = text.front();
  } else if (!place.empty()) {
    mistakes_.add_line(place + ": value \"" + printable(text) + "\": allowed: \",\", \".\", \"'\", \" \"");
  }
}

void FormatParser::read_time(const YamlValue& value) {
  const YamlSection keys(value, {"formats", "zone", "repeated"});
  if (const auto* formats = keys.find("formats")) {
    for (const std::string& text : formats->texts()) {
      auto pattern = TimePattern::parse(text);
      if (pattern) {
        layout_.time.patterns.push_back(std::move(pattern).value());
      } else {
        formats->fail("\"" + printable(text) + "\": " + pattern.error().reason);
      }
    }
  }
  if (const auto* zone = keys.find("zone")) {
    if (const auto name = zone->text()) {
      auto found = TimeZone::find(*name);
      if (found) {
        layout_.time.zone = std::move(found).value();
      } else if (!settings_.contains(kZone) && !ignores_needs()) {
        zone->fail("\"" + printable(*name) + "\": " + found.error().reason);
      }
    }
  }
  if (const auto* repeated = keys.find("repeated")) {
    const auto word = repeated->text();
    if (word && *word == "earlier") {
      layout_.time.repeated = TimeZone::Repeated::kEarlier;
    } else if (word && *word == "later") {
      layout_.time.repeated = TimeZone::Repeated::kLater;
    } else if (word && *word == "refuse") {
      layout_.time.repeated = TimeZone::Repeated::kRefuse;
    } else if (word) {
      repeated->fail("value \"" + printable(*word) + "\": allowed: earlier, later, refuse");
    }
  }
}

void FormatParser::set_zone(const std::string& name, const std::string& place) {
  auto found = TimeZone::find(name);
  if (found) {
    layout_.time.zone = std::move(found).value();
  } else {
    mistakes_.add_line(place + ": value \"" + printable(name) + "\": " + found.error().reason);
  }
}

void FormatParser::read_conditions(const YamlValue& value, std::vector<Condition>& conditions, bool are_refusals) {
  for (const YamlValue& item : value.items()) {
    std::vector<std::string_view> allowed{"column", "optional", "is", "is_not", "contains"};
    if (are_refusals) allowed.push_back("reason");
    const YamlSection keys(item, allowed);
    Condition condition = read_condition(item, keys);
    if (const auto* reason = keys.find("reason")) condition.reason = reason->text().value_or("");
    if (are_refusals && condition.reason.empty()) item.fail("reason: missing");
    conditions.push_back(std::move(condition));
  }
}

Condition FormatParser::read_condition(const YamlValue& item, const YamlSection& keys) {
  Condition condition;
  TableShape::Column column;
  if (const auto* name = keys.find("column")) {
    column.names = name->texts();
  } else {
    item.fail("column: missing");
  }
  if (const auto* optional = keys.find("optional")) column.may_be_absent = optional->flag().value_or(false);
  std::size_t tests = 0;
  const auto read_test = [&](const char* key, Condition::Test test) {
    const auto* texts = keys.find(key);
    if (texts == nullptr) return;
    ++tests;
    condition.test = test;
    condition.texts = texts->texts(test != Condition::Test::kContains);
  };
  read_test("is", Condition::Test::kIs);
  read_test("is_not", Condition::Test::kIsNot);
  read_test("contains", Condition::Test::kContains);
  if (tests != 1) item.fail("needs one of is, is_not, contains");
  if (!column.names.empty()) condition.column = column_of(std::move(column));
  return condition;
}

std::size_t FormatParser::column_of(TableShape::Column column) {
  auto& columns = layout_.table.columns;
  const auto known = std::find(columns.begin(), columns.end(), column);
  const auto index = static_cast<std::size_t>(known - columns.begin());
  if (known == columns.end()) columns.push_back(std::move(column));
  return index;
}

void FormatParser::apply_settings() {
  for (const auto& [name, text] : settings_) {
    const std::string place = "--set " + printable(name);
    if (const auto field = field_of(name)) {
      FieldRule rule;
      rule.source = FieldRule::Source::kConstant;
      rule.constant = text;
      layout_.fields[*field] = std::move(rule);
      check_constant(*field, text);
    } else if (name == kZone) {
      set_zone(text, place);
    } else if (name == kDecimal) {
      set_decimal(text, place);
    } else if (name == kThousands) {
      set_thousands(text, place);
    } else {
      mistakes_.add_line(place + ": no such field: allowed: " + named_settings());
    }
  }
}

void FormatParser::check() {
  constexpr auto kSide = *field_of("side");
  constexpr auto kQuantity = *field_of("quantity");
  if (!ignores_needs()) {
    for (const std::string& need : layout_.needs) {
      if (!settings_.contains(need)) {
        mistakes_.add("the file does not say its " + need + ": --set " + need + "=VALUE has to");
      }
    }
  }
  engine::for_each_transaction_field([this](auto field) {
    const bool is_given = layout_.fields[field.index].source != FieldRule::Source::kNone;
    const bool is_needed = std::ranges::find(layout_.needs, field.name) != layout_.needs.end();
    if (!is_given && !is_needed && field.presence == engine::Presence::kRequired) {
      mistakes_.add("fields." + std::string(field.name) + ": neither the format nor --set " + std::string(field.name) +
                    "=VALUE gives it");
    }
  });
  const auto& side = layout_.fields[kSide];
  const bool gives_side = layout_.fields[kQuantity].sign == FieldRule::Sign::kGivesSide;
  if (gives_side && side.source != FieldRule::Source::kSignOfQuantity) {
    mistakes_.add("fields.side: the sign of the quantity gives it (fields.quantity.sign), nothing else can");
  }
  if (!gives_side && side.source == FieldRule::Source::kSignOfQuantity) {
    mistakes_.add("fields.side: nothing gives it");
  }
  const NumberStyle& numbers = layout_.numbers;
  if (numbers.thousands != '\0' && numbers.decimal == '\0') {
    mistakes_.add("numbers.thousands: needs numbers.decimal beside it");
  }
  if (numbers.thousands != '\0' && numbers.decimal == numbers.thousands) {
    mistakes_.add("numbers.thousands: is the decimal mark too");
  }
  const bool needs_zone =
      std::ranges::any_of(layout_.time.patterns, [](const TimePattern& p) { return p.needs_zone(); });
  const bool will_have_zone = std::ranges::find(layout_.needs, kZone) != layout_.needs.end();
  const auto is_constant = [](const FieldRule& rule) { return rule.source == FieldRule::Source::kConstant; };
  const FieldRule& executed_at = layout_.fields[*field_of("executed_at")];
  const bool reads_times =
      !is_constant(executed_at) || !std::ranges::all_of(executed_at.cases, is_constant, &FieldRule::Case::rule);
  if (needs_zone && !ignores_needs() && !layout_.time.zone && !will_have_zone && reads_times) {
    mistakes_.add("time.zone: a time without an offset needs it; --set zone=NAME gives it too");
  }
}

}  // namespace risk::ingest
