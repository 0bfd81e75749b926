// From a row of a file to a transaction, by a Layout.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layout.hpp"
#include "risk/engine/transaction.hpp"
#include "table.hpp"

namespace risk::ingest {

class RowValues {
 public:
  // `layout` must outlive it. `file` is what a template calls {file}.
  RowValues(const Layout& layout, std::string file);

  // Whether the row is to be passed over.
  bool is_skipped(const Table& row) const;

  // Sets `transaction` from the row, or says what is wrong with it; `transaction` holds anything then.
  std::optional<BadRow> read(const Table& row, engine::Transaction& transaction);

 private:
  using Problem = std::optional<std::string>;

  // Sets a value from a text as the canonical CSV has it.
  static Problem set_plain(std::string& value, std::string_view text);
  template <class Tag>
  static Problem set_plain(Id<Tag>& value, std::string_view text) {
    return set_plain(value.text, text);
  }
  static Problem set_plain(Timestamp& value, std::string_view text);
  static Problem set_plain(engine::Side& value, std::string_view text);
  static Problem set_plain(engine::ExecutionKind& value, std::string_view text);
  template <class Tag>
  static Problem set_plain(Decimal<Tag>& value, std::string_view text) {
    const auto decimal = Decimal<Tag>::parse(text);
    if (!decimal) return decimal.error().reason;
    value = *decimal;
    return std::nullopt;
  }

  std::optional<BadRow> read_canonical(const Table& row, engine::Transaction& transaction) const;
  std::optional<BadRow> read_foreign(const Table& row, engine::Transaction& transaction);
  // Whether the row is a bust, of which a field that is not read may hold anything.
  bool is_bust(const Table& row);
  // Sets one field; `text` becomes what it was read from.
  template <class Field>
  Problem read_field(Field field, const Table& row, engine::Transaction& transaction, std::string_view& text);

  // The rule of a field in this row: that of a case that holds, else its own. nullptr: two cases hold, and `text` is
  // what the second one looked at.
  static const FieldRule* rule_in(const FieldRule& rule, const Table& row, std::string_view& text);
  // The text of a field in the row; lives until the next call.
  std::string_view text_of(const FieldRule& rule, const Table& row);
  std::string_view raw_text_of(const FieldRule& rule, const Table& row);
  Problem translate(const FieldRule& rule, std::string_view& text) const;

  // Sets a value from the text of a foreign file.
  Problem set(std::string& value, const FieldRule& rule, std::string_view text) const;
  template <class Tag>
  Problem set(Id<Tag>& value, const FieldRule& rule, std::string_view text) const {
    return set(value.text, rule, text);
  }
  Problem set(Timestamp& value, const FieldRule& rule, std::string_view text) const;
  Problem set(engine::Side& value, const FieldRule& rule, std::string_view text) const;
  Problem set(engine::ExecutionKind& value, const FieldRule& rule, std::string_view text) const;
  // Sets number_ from a foreign number, without its unit.
  Problem read_foreign_number(const FieldRule& rule, std::string_view text, int shift, const Table& row);
  Problem read_with_unit(const FieldRule& rule, std::string_view text, int shift, const Table& row);
  // Sets the side; `text` becomes that of the quantity.
  Problem set_by_sign(engine::Transaction& transaction, const Table& row, std::string_view& text);
  // Whether the row's currency is a hundredth of another.
  const std::string* major_currency(const Table& row);

  const Layout& layout_;
  std::string file_;
  std::string text_;                    // of a template
  std::string number_;                  // the one read last, as Decimal::parse has it
  const std::string* major_ = nullptr;  // the currency of which the row's is a hundredth
};

}  // namespace risk::ingest
