// The part of FormatParser that reads `fields`.
#include <algorithm>
#include <type_traits>

#include "format_parser.hpp"
#include "risk/base/id.hpp"
#include "risk/base/join.hpp"
#include "risk/base/text.hpp"

namespace risk::ingest {
namespace {

using Source = FieldRule::Source;

constexpr int kImpliedPlacesMax = 18;
constexpr int kTimesMax = 1'000'000;

template <class T>
struct IsDecimal : std::false_type {};
template <class Tag>
struct IsDecimal<Decimal<Tag>> : std::true_type {};

std::string in_lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

FormatParser::Kind FormatParser::kind_of(std::size_t index) {
  Kind kind = Kind::kText;
  engine::for_each_transaction_field([&](auto field) {
    if (field.index != index) return;
    using Type = typename decltype(field)::Type;
    if (std::is_same_v<Type, Timestamp>) kind = Kind::kTime;
    if (std::is_same_v<Type, engine::Side>) kind = Kind::kSide;
    if (IsDecimal<Type>::value) kind = Kind::kNumber;
  });
  return kind;
}

void FormatParser::read_fields(const YamlValue& value) {
  for (const auto& [name, rule] : value.entries()) {
    if (const auto field = field_of(name)) {
      read_field(*field, layout_.fields[*field], rule, Scope::kField);
    } else {
      rule.fail("no such field: allowed: " + join(engine::kTransactionFieldNames, ", "));
    }
  }
  const auto& quantity = layout_.fields[*field_of("quantity")];
  auto& side = layout_.fields[*field_of("side")];
  if (quantity.sign == FieldRule::Sign::kGivesSide && side.source == Source::kNone) {
    side.source = Source::kSignOfQuantity;
  }
}

void FormatParser::read_field(std::size_t field, FieldRule& rule, const YamlValue& value, Scope scope) {
  const Kind kind = kind_of(field);
  if (value.is_scalar()) {  // the name of its column
    if (const auto name = value.text()) {
      if (name->empty()) return value.fail("an empty name");
      rule.source = Source::kColumn;
      rule.column = column_of({{*name}});
    }
    if (kind == Kind::kSide) rule.sides = {{"buy", "BUY"}, {"sell", "SELL"}};
    return;
  }
  std::vector<std::string_view> allowed{"column", "right_of", "constant", "template", "optional", "if_empty"};
  const auto allow = [&allowed](std::initializer_list<std::string_view> more) { allowed.insert(allowed.end(), more); };
  if (kind == Kind::kText) allow({"words", "endings", "other_words"});
  if (kind == Kind::kNumber) allow({"unit", "implied_places", "times"});
  if (field == *field_of("quantity") && scope == Scope::kField) allow({"sign"});
  if (kind == Kind::kSide) allow({"buy", "sell"});
  if (scope == Scope::kField) allow({"where"});
  const YamlSection keys(value, allowed);
  read_source(rule, value, keys);
  if (const auto* if_empty = keys.find("if_empty")) rule.if_empty = if_empty->text().value_or("");
  read_text_keys(rule, value, keys);
  if (field == *field_of("kind")) {
    for (const auto& [word, meaning] : rule.words) check_constant(field, meaning);
    for (const auto& [ending, meaning] : rule.endings) check_constant(field, meaning);
  }
  if (kind == Kind::kNumber) read_number_keys(field, rule, keys);
  if (kind == Kind::kSide) read_side_keys(rule, keys);
  if (rule.source == Source::kConstant) check_constant(field, rule.constant);
  if (const auto* where = keys.find("where")) read_cases(field, rule, *where);
}

// [{column: Code, is: BTO, use: {column: Quantity, times: 100}}]: conditions, each with what the field is then.
void FormatParser::read_cases(std::size_t field, FieldRule& rule, const YamlValue& value) {
  for (const YamlValue& item : value.items()) {
    const YamlSection keys(item, {"column", "optional", "is", "is_not", "contains", "use"});
    FieldRule::Case added{read_condition(item, keys), {}};
    if (const auto* use = keys.find("use")) {
      read_field(field, added.rule, *use, Scope::kCase);
    } else {
      item.fail("use: missing");
    }
    // One sign for the whole column: whether it gives the side cannot change from row to row.
    added.rule.sign = rule.sign;
    rule.cases.push_back(std::move(added));
  }
}

void FormatParser::read_source(FieldRule& rule, const YamlValue& value, const YamlSection& keys) {
  std::size_t sources = 0;
  for (const auto* key : {"column", "right_of"}) {
    const auto* names = keys.find(key);
    if (names == nullptr) continue;
    ++sources;
    TableShape::Column column{names->texts()};
    column.is_right_of = std::string_view(key) == "right_of";
    if (const auto* optional = keys.find("optional")) column.may_be_absent = optional->flag().value_or(false);
    rule.source = Source::kColumn;
    if (!column.names.empty()) rule.column = column_of(std::move(column));
  }
  if (const auto* constant = keys.find("constant")) {
    ++sources;
    rule.source = Source::kConstant;
    rule.constant = constant->text().value_or("");
  }
  if (const auto* text = keys.find("template")) {
    ++sources;
    rule.source = Source::kTemplate;
    read_template(rule, *text);
  }
  if (sources != 1) value.fail("needs one of column, right_of, constant, template");
  const bool is_column = rule.source == Source::kColumn;
  if (!is_column && keys.find("optional") != nullptr) keys.find("optional")->fail("goes with column or right_of");
  if (rule.source == Source::kConstant) {
    for (const auto* key : {"if_empty", "words", "endings", "unit", "implied_places", "times", "sign", "buy", "sell"}) {
      if (const auto* found = keys.find(key)) found->fail("does not go with a constant");
    }
  }
}

// "{Date|Datum} {Time}": the column of one of these names; {file} for the file's name without its ending, {line} for
// the row's line, {{ and }} for braces.
void FormatParser::read_template(FieldRule& rule, const YamlValue& value) {
  using Kind = FieldRule::Part::Kind;
  const auto whole = value.text();
  if (!whole) return;
  std::string_view text = *whole;
  const auto add_text = [&rule](std::string_view literal) {
    if (rule.parts.empty() || rule.parts.back().kind != Kind::kText) rule.parts.push_back({Kind::kText, "", 0});
    rule.parts.back().text.append(literal);
  };
  while (!text.empty()) {
    if (text.starts_with("{{") || text.starts_with("}}")) {
      add_text(text.substr(0, 1));
      text.remove_prefix(2);
    } else if (text.starts_with('{')) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) return value.fail("a { is not closed");
      const std::string name(text.substr(1, end - 1));
      if (name.empty()) return value.fail("{} names no column");
      if (name == "file") {
        rule.parts.push_back({Kind::kFile, "", 0});
      } else if (name == "line") {
        rule.parts.push_back({Kind::kLine, "", 0});
      } else {
        TableShape::Column column;
        for (std::size_t at = 0; at <= name.size();) {
          const std::size_t bar = std::min(name.find('|', at), name.size());
          column.names.push_back(name.substr(at, bar - at));
          at = bar + 1;
        }
        rule.parts.push_back({Kind::kColumn, "", column_of(std::move(column))});
      }
      text.remove_prefix(end + 1);
    } else if (text.starts_with('}')) {
      return value.fail("a } without its {");
    } else {
      const std::size_t end = std::min(text.find_first_of("{}"), text.size());
      add_text(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
  if (rule.parts.empty()) value.fail("an empty template");
}

void FormatParser::read_text_keys(FieldRule& rule, const YamlValue& value, const YamlSection& keys) {
  if (const auto* words = keys.find("words")) {
    for (auto& [from, to] : words->text_map()) rule.words.emplace(from, to);
  }
  if (const auto* endings = keys.find("endings")) {
    rule.endings = endings->text_map();
    for (const auto& ending : rule.endings) {
      if (ending.first.empty()) endings->fail("an empty ending");
    }
    std::stable_sort(rule.endings.begin(), rule.endings.end(),
                     [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  }
  if (const auto* other = keys.find("other_words")) {
    const auto word = other->text();
    if (word && *word != "keep" && *word != "refuse") {
      other->fail("value \"" + printable(*word) + "\": allowed: keep, refuse");
    }
    rule.refuses_other_words = word && *word == "refuse";
    if (rule.words.empty() && rule.endings.empty()) value.fail("other_words: goes with words or endings");
  }
}

void FormatParser::read_number_keys(std::size_t field, FieldRule& rule, const YamlSection& keys) {
  if (const auto* unit = keys.find("unit")) read_unit(rule, *unit);
  if (const auto* places = keys.find("implied_places")) {
    rule.number.implied_places = places->number(1, kImpliedPlacesMax).value_or(0);
  }
  if (const auto* times = keys.find("times")) rule.number.times = times->number(2, kTimesMax).value_or(1);
  const auto* sign = field == *field_of("quantity") ? keys.find("sign") : nullptr;
  if (sign == nullptr) return;
  const auto word = sign->text();
  if (word && *word == "gives_side") {
    rule.sign = FieldRule::Sign::kGivesSide;
  } else if (word && *word == "agrees_with_side") {
    rule.sign = FieldRule::Sign::kAgreesWithSide;
  } else if (word) {
    sign->fail("value \"" + printable(*word) + "\": allowed: gives_side, agrees_with_side");
  }
}

// [BTC, ETH], or {column: NAME}, or {start_of: NAME}.
void FormatParser::read_unit(FieldRule& rule, const YamlValue& value) {
  if (!value.is_map()) {
    rule.units = value.texts();
    return;
  }
  const YamlSection keys(value, {"column", "start_of"});
  const auto* column = keys.find("column");
  const auto* start_of = keys.find("start_of");
  if ((column == nullptr) == (start_of == nullptr)) return value.fail("needs one of column, start_of");
  const auto names = (column != nullptr ? column : start_of)->texts();
  if (names.empty()) return;
  (column != nullptr ? rule.unit_column : rule.unit_prefix_column) = column_of({names});
}

void FormatParser::read_side_keys(FieldRule& rule, const YamlSection& keys) {
  for (const auto& [key, side] : {std::pair{"buy", "BUY"}, std::pair{"sell", "SELL"}}) {
    const auto* words = keys.find(key);
    if (words == nullptr) {
      rule.sides.emplace(key, side);
      continue;
    }
    for (const std::string& word : words->texts()) {
      const auto [known, is_new] = rule.sides.emplace(in_lower_case(word), side);
      if (!is_new && known->second != side) words->fail("\"" + printable(word) + "\" is of both sides");
    }
  }
}

// A constant is written as in the canonical CSV.
void FormatParser::check_constant(std::size_t index, const std::string& text) {
  std::optional<std::string> problem;
  engine::for_each_transaction_field([&](auto field) {
    if (field.index != index) return;
    using Type = typename decltype(field)::Type;
    if constexpr (std::is_same_v<Type, Timestamp>) {
      if (const auto time = parse_timestamp(text); !time) problem = time.error().reason;
    } else if constexpr (std::is_same_v<Type, engine::Side>) {
      if (!engine::parse_enum<engine::Side>(text)) problem = "not BUY or SELL";
    } else if constexpr (std::is_same_v<Type, engine::ExecutionKind>) {
      if (!engine::parse_enum<engine::ExecutionKind>(text)) problem = "not EXECUTION, BUST or CORRECTION";
    } else if constexpr (IsDecimal<Type>::value) {
      if (const auto number = Type::parse(text); !number) problem = number.error().reason;
    } else if (!text.empty() || field.presence == engine::Presence::kRequired) {
      if (const auto found = id_problem(text)) problem = std::string(*found);
    }
    if (problem)
      mistakes_.add("a constant of " + std::string(field.name) + ", \"" + printable(text) + "\": " + *problem);
  });
}

}  // namespace risk::ingest
