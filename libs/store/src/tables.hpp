// The tables of sql/ and how a row of each becomes a value and back. The order of columns here is that of the reading
// and writing functions, nothing else.
#pragma once

#include "risk/store/reader.hpp"
#include "sql.hpp"

namespace risk::store {

extern const Table kCursorsTable;
extern const Table kTransactionsTable;
extern const Table kEngineInputsTable;
extern const Table kClientExposuresTable;
extern const Table kSymbolExposuresTable;
extern const Table kFirmExposuresTable;
extern const Table kPositionsTable;
extern const Table kMarkedPositionsView;
extern const Table kAlertsTable;
extern const Table kAlertEventsTable;
extern const Table kQuarantineTable;
extern const Table kCommandsTable;
extern const Table kDeliveriesTable;
extern const Table kMetricsTable;
extern const Table kLimitsTable;
extern const Table kInstrumentsTable;
extern const Table kAdjustmentsTable;
extern const Table kCleanupsTable;

// A row of symbol_exposures: an exposure that has a mark.
struct SymbolExposure {
  engine::ExposureRow row;
};

inline bool is_transaction(const AppliedInput& input) {
  return std::holds_alternative<TransactionInput>(input.input);
}

void write_transaction(RowWriter& out, const AppliedInput& input, Day day);   // precondition: is_transaction
void write_engine_input(RowWriter& out, const AppliedInput& input, Day day);  // precondition: !is_transaction
void write_row(RowWriter& out, const engine::ExposureRow& row);
void write_symbol(RowWriter& out, const engine::ExposureRow& row);  // with its mark
void write_row(RowWriter& out, const engine::PositionRow& row);
void write_row(RowWriter& out, const AlertRow& row);
void write_row(RowWriter& out, const AlertEventRow& row);
void write_row(RowWriter& out, const QuarantineRow& row);
void write_row(RowWriter& out, const CommandRow& row);
void write_row(RowWriter& out, const DeliveryRow& row);
void write_row(RowWriter& out, const MetricsRow& row);
void write_row(RowWriter& out, const LimitRow& row);
void write_row(RowWriter& out, const engine::Instrument& row);
void write_row(RowWriter& out, const AdjustmentRow& row);

void read_row(RowReader& in, engine::ExposureRow& row);
void read_row(RowReader& in, SymbolExposure& row);
void read_row(RowReader& in, engine::PositionRow& row);
void read_row(RowReader& in, AlertRow& row);
void read_row(RowReader& in, AlertEventRow& row);
void read_row(RowReader& in, QuarantineRow& row);
void read_row(RowReader& in, CommandRow& row);
void read_row(RowReader& in, DeliveryRow& row);
void read_row(RowReader& in, MetricsRow& row);
void read_row(RowReader& in, LimitRow& row);
void read_row(RowReader& in, engine::Instrument& row);
void read_row(RowReader& in, AdjustmentRow& row);
void read_row(RowReader& in, CursorRow& row);
void read_row(RowReader& in, StoredTransaction& row);

// An input of either table, from the columns that input_columns() names; ", " between them.
std::string input_columns(const Table& table);  // precondition: kTransactionsTable or kEngineInputsTable
void read_row(RowReader& in, AppliedInput& row);

// All rows of a query.
template <class Row>
std::vector<Row> read_all(SqlConnection& connection, const Query& query) {
  std::vector<Row> rows;
  connection.query(query, [&rows](RowReader& in) { read_row(in, rows.emplace_back()); });
  return rows;
}

}  // namespace risk::store
