#include "row_values.hpp"

#include <algorithm>

namespace risk::ingest {
namespace {

using engine::is_field;
using engine::Transaction;

constexpr int kPlacesOfMinorCurrency = 2;

constexpr std::size_t kKindField = [] {
  std::size_t index = 0;
  engine::for_each_transaction_field([&index](auto field) {
    if (is_field<&Transaction::kind>(field)) index = field.index;
  });
  return index;
}();

template <class T>
constexpr bool is_decimal = false;
template <class Tag>
constexpr bool is_decimal<Decimal<Tag>> = true;

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

void remove_trailing_zeros(std::string& number) {
  if (number.find('.') == std::string::npos) return;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
}

bool is_zero(std::string_view number) {
  return number.find_first_of("123456789") == std::string_view::npos;
}

}  // namespace

RowValues::RowValues(const Layout& layout, std::string file) : layout_(layout), file_(std::move(file)) {}

bool RowValues::is_skipped(const Table& row) const {
  return std::ranges::any_of(layout_.skip, [&row](const Condition& condition) {
    return condition.holds(without_blanks(row[condition.column]));
  });
}

std::optional<BadRow> RowValues::read(const Table& row, Transaction& transaction) {
  return layout_.is_canonical() ? read_canonical(row, transaction) : read_foreign(row, transaction);
}

// Millions of rows go this way, each field from the column of its own name.
std::optional<BadRow> RowValues::read_canonical(const Table& row, Transaction& transaction) const {
  std::optional<BadRow> bad;
  const bool busts = row[kKindField] == to_string(engine::ExecutionKind::kBust);
  engine::all_transaction_fields([&](auto field) {
    const std::string_view text = row[field.index];
    if (busts && !is_read_of_bust(field)) {
      field.of(transaction) = {};
      // Read where it can be: it says which is meant where both sides have an id.
      if constexpr (is_field<&Transaction::side>(field)) set_plain(field.of(transaction), text);
    } else if (auto problem = set_plain(field.of(transaction), text)) {
      bad = row.reject(field.name, text, std::move(*problem));
    }
    return !bad;
  });
  return bad;
}

std::optional<BadRow> RowValues::read_foreign(const Table& row, Transaction& transaction) {
  for (const Condition& condition : layout_.refuse) {
    const std::string_view text = without_blanks(row[condition.column]);
    if (condition.holds(text)) {
      return row.reject(layout_.table.columns[condition.column].names.front(), text, condition.reason);
    }
  }
  major_ = layout_.minor_currencies.empty() ? nullptr : major_currency(row);
  std::optional<BadRow> bad;
  const bool busts = is_bust(row);
  engine::all_transaction_fields([&](auto field) {
    std::string_view text;
    if (busts && !is_read_of_bust(field)) {
      field.of(transaction) = {};
      if constexpr (is_field<&Transaction::side>(field)) {
        if (read_field(field, row, transaction, text)) field.of(transaction) = {};
      }
    } else if (auto problem = read_field(field, row, transaction, text)) {
      bad = row.reject(field.name, text, std::move(*problem));
    }
    return !bad;
  });
  return bad;
}

bool RowValues::is_bust(const Table& row) {
  if (layout_.fields[kKindField].source == FieldRule::Source::kNone) return false;
  Transaction transaction;
  std::string_view text;
  // What is no kind is refused when its turn comes.
  const auto problem = read_field(engine::TransactionFieldAt<kKindField>{}, row, transaction, text);
  return !problem && transaction.kind == engine::ExecutionKind::kBust;
}

template <class Field>
RowValues::Problem RowValues::read_field(Field field, const Table& row, Transaction& transaction,
                                         std::string_view& text) {
  const FieldRule* chosen = rule_in(layout_.fields[field.index], row, text);
  if (chosen == nullptr) return "two of the conditions of its `where` hold";
  const FieldRule& rule = *chosen;
  auto& value = field.of(transaction);
  if (rule.source == FieldRule::Source::kSignOfQuantity) return set_by_sign(transaction, row, text);
  if (rule.source == FieldRule::Source::kNone) {
    value = {};
    return std::nullopt;
  }
  text = text_of(rule, row);
  const bool is_minor_price = major_ != nullptr && is_field<&Transaction::price>(field);
  if constexpr (is_decimal<typename Field::Type>) {
    const int shift = is_minor_price ? -kPlacesOfMinorCurrency : 0;
    if (auto problem = read_foreign_number(rule, text, shift, row)) return problem;
    const bool is_below_zero = number_.starts_with('-');
    if (rule.sign == FieldRule::Sign::kAgreesWithSide && !is_zero(number_) &&
        is_below_zero != (transaction.side == engine::Side::kSell)) {
      return "its sign contradicts the side";
    }
    if (rule.sign != FieldRule::Sign::kOfValue && is_below_zero) number_.erase(0, 1);
    return set_plain(value, number_);
  } else {
    if constexpr (is_field<&Transaction::currency>(field)) {
      if (major_ != nullptr) return set_plain(value, *major_);
    }
    return rule.source == FieldRule::Source::kConstant ? set_plain(value, text) : set(value, rule, text);
  }
}

const FieldRule* RowValues::rule_in(const FieldRule& rule, const Table& row, std::string_view& text) {
  const FieldRule* chosen = nullptr;
  for (const auto& [condition, instead] : rule.cases) {
    const std::string_view looked_at = without_blanks(row[condition.column]);
    if (!condition.holds(looked_at)) continue;
    if (chosen != nullptr) {
      text = looked_at;
      return nullptr;
    }
    chosen = &instead;
  }
  return chosen == nullptr ? &rule : chosen;
}

std::string_view RowValues::raw_text_of(const FieldRule& rule, const Table& row) {
  using Kind = FieldRule::Part::Kind;
  switch (rule.source) {
    case FieldRule::Source::kNone:
    case FieldRule::Source::kSignOfQuantity:
      return {};
    case FieldRule::Source::kConstant:
      return rule.constant;
    case FieldRule::Source::kColumn:
      return row[rule.column];
    case FieldRule::Source::kTemplate:
      break;
  }
  text_.clear();
  for (const auto& part : rule.parts) {
    switch (part.kind) {
      case Kind::kText:
        text_.append(part.text);
        break;
      case Kind::kColumn:
        text_.append(without_blanks(row[part.column]));
        break;
      case Kind::kFile:
        text_.append(file_);
        break;
      case Kind::kLine:
        text_.append(std::to_string(row.line()));
        break;
    }
  }
  return text_;
}

std::string_view RowValues::text_of(const FieldRule& rule, const Table& row) {
  const std::string_view raw = raw_text_of(rule, row);
  if (rule.source == FieldRule::Source::kConstant) return raw;
  const std::string_view text = without_blanks(raw);
  return text.empty() ? std::string_view(rule.if_empty) : text;
}

// What the words and endings of the format make of a text.
RowValues::Problem RowValues::translate(const FieldRule& rule, std::string_view& text) const {
  if (const auto word = rule.words.find(text); word != rule.words.end()) {
    text = word->second;
    return std::nullopt;
  }
  for (const auto& [ending, meaning] : rule.endings) {
    if (!text.ends_with(ending)) continue;
    text = meaning;
    return std::nullopt;
  }
  if (rule.refuses_other_words) return "not among the words that the format knows";
  return std::nullopt;
}

RowValues::Problem RowValues::set_plain(std::string& value, std::string_view text) {
  value = text;
  return std::nullopt;
}

RowValues::Problem RowValues::set_plain(Timestamp& value, std::string_view text) {
  const auto time = parse_timestamp(text);
  if (!time) return time.error().reason;
  value = *time;
  return std::nullopt;
}

RowValues::Problem RowValues::set_plain(engine::Side& value, std::string_view text) {
  const auto side = engine::parse_enum<engine::Side>(text);
  if (!side) return "not BUY or SELL";
  value = *side;
  return std::nullopt;
}

// Empty: what has no column of it, or no word there, is an execution.
RowValues::Problem RowValues::set_plain(engine::ExecutionKind& value, std::string_view text) {
  const auto kind = text.empty() ? engine::ExecutionKind::kExecution : engine::parse_enum<engine::ExecutionKind>(text);
  if (!kind) return "not EXECUTION, BUST or CORRECTION";
  value = *kind;
  return std::nullopt;
}

RowValues::Problem RowValues::set(std::string& value, const FieldRule& rule, std::string_view text) const {
  if (auto problem = translate(rule, text)) return problem;
  value = text;
  return std::nullopt;
}

RowValues::Problem RowValues::set(Timestamp& value, const FieldRule&, std::string_view text) const {
  const auto time = read_time(text, layout_.time);
  if (!time) return time.error().reason;
  value = *time;
  return std::nullopt;
}

RowValues::Problem RowValues::set(engine::ExecutionKind& value, const FieldRule& rule, std::string_view text) const {
  if (auto problem = translate(rule, text)) return problem;
  return set_plain(value, text);
}

RowValues::Problem RowValues::set(engine::Side& value, const FieldRule& rule, std::string_view text) const {
  const auto known = rule.sides.find(in_lower_case(text));
  if (known == rule.sides.end()) return "not among the words for a side";
  return set_plain(value, known->second);
}

RowValues::Problem RowValues::read_foreign_number(const FieldRule& rule, std::string_view text, int shift,
                                                  const Table& row) {
  // A constant is written as in the canonical CSV.
  if (rule.source == FieldRule::Source::kConstant) return read_number(text, NumberStyle{}, {}, shift, number_);
  if (rule.has_unit()) return read_with_unit(rule, text, shift, row);
  return read_number(text, layout_.numbers, rule.number, shift, number_);
}

// A unit may itself begin with digits (1INCH), so its end alone does not say where the number ends: the unit is known
// from elsewhere, and what could be cut in two ways is refused.
RowValues::Problem RowValues::read_with_unit(const FieldRule& rule, std::string_view text, int shift,
                                             const Table& row) {
  std::string found;
  std::size_t readings = 0;
  Problem problem;
  const auto try_unit = [&](std::size_t length) {
    if (length == 0 || length >= text.size()) return;
    const std::string_view number = without_blanks(text.substr(0, text.size() - length));
    if (auto wrong = read_number(number, layout_.numbers, rule.number, shift, number_)) {
      problem = std::move(wrong);
      return;
    }
    remove_trailing_zeros(number_);
    if (readings == 0 || number_ != found) ++readings;
    found = number_;
  };
  if (rule.unit_prefix_column != FieldRule::kNoColumn) {
    const std::string_view begins = without_blanks(row[rule.unit_prefix_column]);
    for (std::size_t length = 1; length <= std::min(begins.size(), text.size()); ++length) {
      if (text.ends_with(begins.substr(0, length))) try_unit(length);
    }
  } else if (rule.unit_column != FieldRule::kNoColumn) {
    const std::string_view unit = without_blanks(row[rule.unit_column]);
    if (text.ends_with(unit)) try_unit(unit.size());
  } else {
    for (const std::string& unit : rule.units) {
      if (text.ends_with(unit)) try_unit(unit.size());
    }
  }
  if (readings > 1) return "could be cut from its unit in two ways";
  if (readings == 0) return problem ? problem : "does not end with its unit";
  number_ = std::move(found);
  return std::nullopt;
}

RowValues::Problem RowValues::set_by_sign(Transaction& transaction, const Table& row, std::string_view& text) {
  Problem problem;
  engine::for_each_transaction_field([&](auto field) {
    if (!is_field<&Transaction::quantity>(field)) return;
    const FieldRule* rule = rule_in(layout_.fields[field.index], row, text);
    if (rule == nullptr) return;
    text = text_of(*rule, row);
    // What is no number is the quantity's to refuse, which comes after.
    if (read_foreign_number(*rule, text, 0, row)) return;
    if (is_zero(number_)) {
      problem = "the quantity, 0, has no sign";
      return;
    }
    transaction.side = number_.starts_with('-') ? engine::Side::kSell : engine::Side::kBuy;
  });
  return problem;
}

const std::string* RowValues::major_currency(const Table& row) {
  const std::string* major = nullptr;
  engine::for_each_transaction_field([&](auto field) {
    if (!is_field<&Transaction::currency>(field)) return;
    std::string_view text;
    const FieldRule* rule = rule_in(layout_.fields[field.index], row, text);
    if (rule == nullptr) return;
    text = text_of(*rule, row);
    if (translate(*rule, text)) return;
    const auto found = layout_.minor_currencies.find(text);
    if (found != layout_.minor_currencies.end()) major = &found->second;
  });
  return major;
}

}  // namespace risk::ingest
