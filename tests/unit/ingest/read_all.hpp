// Everything a reader gives for a text.
#pragma once

#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "risk/ingest/csv.hpp"

namespace risk::ingest {

template <class Value>
struct ReadAll {
  std::vector<Value> good;
  std::vector<std::uint64_t> good_lines;
  std::vector<BadRow> bad;
};

template <class Value, class Reader>
ReadAll<Value> read_all(Reader& reader) {
  ReadAll<Value> all;
  while (auto row = reader.next()) {
    if (auto* bad = std::get_if<BadRow>(&*row)) {
      all.bad.push_back(*bad);
    } else {
      all.good.push_back(std::get<Value>(*row));
      all.good_lines.push_back(reader.line());
    }
  }
  return all;
}

inline ReadAll<engine::Transaction> read_transactions(const std::string& text) {
  std::istringstream input(text);
  TransactionReader reader(input, "fills.csv");
  return read_all<engine::Transaction>(reader);
}

inline ReadAll<engine::OpeningPosition> read_positions(const std::string& text) {
  std::istringstream input(text);
  PositionReader reader(input, "positions.csv");
  return read_all<engine::OpeningPosition>(reader);
}

}  // namespace risk::ingest
