// Of a header that does not fit: what a nearer format is found by.
#pragma once

#include <string>

#include "risk/ingest/csv.hpp"

namespace risk::ingest {

class HeaderError : public CsvError {
 public:
  HeaderError(const std::string& text, std::size_t problem_count, std::string header)
      : CsvError(text), problems(problem_count), raw(std::move(header)) {}

  std::size_t problems;
  std::string raw;  // the line that comes nearest, as it stands in the file
};

}  // namespace risk::ingest
