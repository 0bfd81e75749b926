// Aligned columns for a terminal, with what would pass for something else escaped (display_line()).
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace risk::riskctl {

struct Column {
  enum Align { kLeft, kRight };
  std::string title;
  Align align = kLeft;
};

class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns);

  // Precondition: a cell for each column.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  void print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace risk::riskctl
