// Transactions as rows of the canonical CSV, with all of its columns, as RFC 4180 has it and TransactionReader reads
// it: the same transaction comes back. Of a bust, what is not read of one is left empty. Pure functions. Threads: any.
#pragma once

#include <string>

#include "risk/engine/transaction.hpp"

namespace risk::ingest {

// Each with its line end, LF. Precondition of a row: its side is BUY or SELL, unless it is a bust, and executed_at is
// in range.
void append_csv_header(std::string& out);
void append_csv_row(std::string& out, const engine::Transaction& transaction);

}  // namespace risk::ingest
