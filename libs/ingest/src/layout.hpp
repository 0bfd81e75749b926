// A Format taken apart: what the readers follow, row by row.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "decoder.hpp"
#include "number_style.hpp"
#include "risk/engine/transaction_fields.hpp"
#include "table.hpp"
#include "time_style.hpp"

namespace risk::ingest {

using Words = std::map<std::string, std::string, std::less<>>;

// Rows with one of these texts in a column, or with none of them.
struct Condition {
  enum class Test : std::uint8_t { kIs, kIsNot, kContains };

  std::size_t column = 0;
  Test test = Test::kIs;
  std::vector<std::string> texts;
  std::string reason;  // of a row that is refused

  bool holds(std::string_view text) const;
};

// Where the text of a field comes from, and what is made of it before it is read as a value.
struct FieldRule {
  enum class Source : std::uint8_t { kNone, kColumn, kConstant, kTemplate, kSignOfQuantity };
  // What a sign of the quantity means.
  enum class Sign : std::uint8_t {
    kOfValue,  // it stays: what is below zero is the core's to refuse
    kGivesSide,
    kAgreesWithSide
  };

  struct Part {
    enum class Kind : std::uint8_t { kText, kColumn, kFile, kLine };
    Kind kind = Kind::kText;
    std::string text;
    std::size_t column = 0;
  };

  Source source = Source::kNone;
  std::size_t column = 0;
  std::string constant;
  std::vector<Part> parts;
  std::string if_empty;

  // Of a text: what it stands for by itself, else by its end; the longest end first.
  Words words;
  std::vector<std::pair<std::string, std::string>> endings;
  bool refuses_other_words = false;

  // Of a side: in lower case, to BUY or SELL.
  Words sides;

  // Of a number.
  NumberForm number;
  std::vector<std::string> units;  // one of which has to follow it; none: no unit
  static constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);
  std::size_t unit_column = kNoColumn;         // whose text is the unit
  std::size_t unit_prefix_column = kNoColumn;  // whose text begins with the unit
  Sign sign = Sign::kOfValue;

  // What stands in the place of this rule in the rows where a condition holds; in a row where two hold, none does.
  struct Case;
  std::vector<Case> cases;

  bool has_unit() const { return !units.empty() || unit_column != kNoColumn || unit_prefix_column != kNoColumn; }
};

struct FieldRule::Case {
  Condition condition;
  FieldRule rule;  // without cases, and with the same sign
};

struct Layout {
  std::string name;
  std::string description;
  Encoding encoding = Encoding::kUtf8;
  TableShape table;
  NumberStyle numbers;
  TimeStyle time;
  std::array<FieldRule, engine::kTransactionFieldCount> fields;
  Words minor_currencies;  // "GBX" to "GBP": a price in it is a hundredth of one in the other
  std::vector<Condition> skip, refuse;
  std::vector<std::string> needs;

  bool is_canonical() const { return table.is_exact; }
};

}  // namespace risk::ingest
