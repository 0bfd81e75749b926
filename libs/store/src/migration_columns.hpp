// Checks while they are compiled that the migrations have a column for each field of a transaction.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "migrations.hpp"
#include "risk/engine/transaction_fields.hpp"

namespace risk::store {

constexpr bool has_word(std::string_view text, std::string_view word) {
  constexpr std::string_view kInWords = "_abcdefghijklmnopqrstuvwxyz0123456789";
  const auto is_part = [&](std::size_t at) { return at < text.size() && kInWords.find(text[at]) != kInWords.npos; };
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    if (!is_part(at - 1) && !is_part(at + word.size())) return true;  // at - 1 of the first is beyond it
  }
  return false;
}

// Whether a statement about the table names the column.
constexpr bool has_column(std::string_view script, std::string_view table, std::string_view column) {
  while (!script.empty()) {
    const auto end = std::min(script.find(';'), script.size() - 1);
    const auto statement = script.substr(0, end);
    if (has_word(statement, table) && has_word(statement, column)) return true;
    script.remove_prefix(end + 1);
  }
  return false;
}

consteval bool have_transaction_columns(std::span<const Migration> migrations) {
  return std::ranges::all_of(engine::kTransactionFieldNames, [&](std::string_view name) {
    return std::ranges::any_of(migrations,
                               [&](const Migration& m) { return has_column(m.text, "transactions", name); });
  });
}

}  // namespace risk::store
