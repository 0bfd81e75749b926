// Reader on either SQL database.
#pragma once

#include "migrations.hpp"
#include "risk/store/reader.hpp"
#include "sql.hpp"

namespace risk::store {

class SqlReader final : public Reader {
 public:
  // Connects, and checks the schema; again after each StoreUnavailable.
  SqlReader(SqlConnection::Connect connect, const std::vector<Migration>& migrations);

  std::optional<engine::ExposureRow> firm_exposure() override;
  std::vector<engine::ExposureRow> client_exposures() override;
  std::vector<engine::ExposureRow> symbol_exposures() override;
  std::optional<engine::ExposureRow> client_exposure(const std::string& client_id) override;
  std::optional<engine::ExposureRow> symbol_exposure(const std::string& symbol) override;
  ExposurePage client_exposures(const ExposureFilter& filter) override;
  ExposurePage symbol_exposures(const ExposureFilter& filter) override;
  std::vector<engine::PositionRow> positions(const std::string& client_id, const std::string& symbol) override;
  std::vector<AlertRow> alerts(const AlertFilter& filter) override;
  std::optional<AlertRow> alert(std::uint64_t alert_id) override;
  std::vector<AlertEventRow> alert_events(std::uint64_t alert_id) override;
  std::vector<AlertCount> alert_counts() override;
  std::vector<AlertEventRow> alert_events_after(std::uint64_t event_id, std::uint32_t limit) override;
  std::optional<std::uint64_t> first_alert_event_id() override;
  std::vector<StoredTransaction> transactions(const TransactionFilter& filter) override;
  std::vector<MetricsRow> metrics_since(Timestamp since, std::uint32_t limit) override;
  std::vector<LimitRow> limits() override;
  std::vector<engine::Instrument> instruments() override;
  std::optional<engine::Instrument> instrument(const std::string& symbol) override;
  std::vector<AdjustmentRow> adjustments(const AdjustmentFilter& filter) override;
  std::optional<AdjustmentRow> adjustment(std::uint64_t adjustment_id) override;
  std::optional<AdjustmentRow> find_applied(const engine::Adjustment& adjustment) override;
  std::vector<QuarantineRow> quarantine(const QuarantineFilter& filter) override;
  std::optional<QuarantineRow> quarantined(std::uint64_t quarantine_id) override;
  std::uint64_t quarantine_count() override;
  Waiting waiting() override;
  std::vector<CommandRow> commands(std::uint32_t limit) override;
  std::vector<UndeliveredEvent> undelivered(std::uint32_t limit) override;
  std::uint64_t undelivered_count() override;
  std::vector<CursorRow> cursors() override;
  FoundExecutions find_executions(std::span<const std::uint64_t> apply_seqs,
                                  std::span<const std::uint64_t> fingerprints) override;
  std::vector<engine::OpeningPosition> latest_openings(std::span<const OpeningKey> keys) override;
  std::vector<SnapshotInfo> snapshots() override;
  LeaseState lease() override;
  void replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) override;

 private:
  void query(const Query& query, const SqlConnection::RowHandler& row);
  std::uint64_t count(const Query& of);  // its one value
  // Runs `ask` on the connection, which is made first if there is none, and dropped if it breaks.
  void with_connection(const std::function<void(SqlConnection&)>& ask);
  QueryRunner runner();
  template <class Row>
  std::vector<Row> all(const Query& query);
  template <class Row>
  std::optional<Row> first(const Query& query);
  template <class Row, class TakeRow>
  ExposurePage exposures(const Table& table, const ExposureFilter& filter, const TakeRow& take);

  SqlConnection::Connect connect_;
  const std::vector<Migration>& migrations_;
  std::unique_ptr<SqlConnection> connection_;
};

}  // namespace risk::store
