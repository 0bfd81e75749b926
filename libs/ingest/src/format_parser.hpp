// From the keys of a format's YAML to a Layout.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "layout.hpp"
#include "risk/ingest/format.hpp"
#include "yaml_reader.hpp"

namespace risk::ingest {

class FormatParser {
 public:
  // With kIgnored the format need not have all that its `needs` ask for, nor the system its zone: columns alone are
  // looked at.
  enum class Needs : std::uint8_t { kChecked, kIgnored };

  FormatParser(const std::string& name, const Format::Settings& settings, Needs needs);

  Result<Layout, Format::Mistakes> parse(std::string_view yaml);

 private:
  // The kind of a field's value, which says what keys its rule may have.
  enum class Kind : std::uint8_t { kText, kTime, kSide, kNumber };

  void read(const YamlValue& root);
  void read_file_shape(const YamlSection& root);
  void read_numbers(const YamlValue& value);
  void read_time(const YamlValue& value);
  void read_fields(const YamlValue& value);
  // The keys of a field; those of one of its cases are fewer.
  enum class Scope : std::uint8_t { kField, kCase };
  void read_field(std::size_t field, FieldRule& rule, const YamlValue& value, Scope scope);
  void read_cases(std::size_t field, FieldRule& rule, const YamlValue& value);
  void read_source(FieldRule& rule, const YamlValue& value, const YamlSection& keys);
  void read_template(FieldRule& rule, const YamlValue& value);
  void read_text_keys(FieldRule& rule, const YamlValue& value, const YamlSection& keys);
  void read_number_keys(std::size_t field, FieldRule& rule, const YamlSection& keys);
  void read_unit(FieldRule& rule, const YamlValue& value);
  void read_side_keys(FieldRule& rule, const YamlSection& keys);
  void read_conditions(const YamlValue& value, std::vector<Condition>& conditions, bool are_refusals);
  Condition read_condition(const YamlValue& item, const YamlSection& keys);
  void apply_settings();
  void set_decimal(std::string_view text, const std::string& place);
  void set_thousands(std::string_view text, const std::string& place);
  void set_zone(const std::string& name, const std::string& place);
  void check();
  void check_constant(std::size_t field, const std::string& text);

  std::size_t column_of(TableShape::Column column);
  static Kind kind_of(std::size_t field);
  // What a name in `needs` or in the settings may be; no value: it is no field.
  static constexpr std::optional<std::size_t> field_of(std::string_view name) {
    const auto known = std::find(engine::kTransactionFieldNames.begin(), engine::kTransactionFieldNames.end(), name);
    if (known == engine::kTransactionFieldNames.end()) return std::nullopt;
    return static_cast<std::size_t>(known - engine::kTransactionFieldNames.begin());
  }
  bool ignores_needs() const { return needs_ == Needs::kIgnored; }

  const Format::Settings& settings_;
  Needs needs_;
  YamlMistakes mistakes_;
  Layout layout_;
};

// The layout of Format::canonical().
Layout canonical_layout();

}  // namespace risk::ingest
