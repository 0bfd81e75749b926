// The file that a reader is given.
#pragma once

#include <fstream>
#include <string>

namespace risk::ingest {

// Of a regular file or a pipe: a device such as /dev/zero has no end. Throws CsvError.
std::ifstream open_input(const std::string& path);

}  // namespace risk::ingest
