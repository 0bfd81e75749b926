// `riskctl convert`: a file of any format becomes the canonical CSV.
#pragma once

#include <ostream>
#include <string>

#include "riskctl/options.hpp"

namespace risk::riskctl {

// Writes the executions of `input` as canonical CSV into the file `output`, or to `out` where `output` is "". The file
// is there when it is whole, and not before. `err` is told of every row that cannot be read, with line, field, value
// and reason, and at the end how many rows were converted, passed over and refused; with options.json in JSON lines.
// Whether values make sense is judged by whoever reads the result. Throws std::runtime_error: it cannot be done.
void convert_file(const Options& options, const std::string& input, const std::string& output, std::ostream& out,
                  std::ostream& err);

// The formats that come with the system: name, what it needs by --set, description. With options.json a JSON object a
// line.
void list_formats(const Options& options, std::ostream& out);

}  // namespace risk::riskctl
