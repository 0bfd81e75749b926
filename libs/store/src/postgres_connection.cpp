#include "postgres_connection.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <new>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "postgres_binary.hpp"
#include "risk/base/check.hpp"

namespace risk::store {
namespace {

using Handle = std::unique_ptr<PGconn, decltype([](PGconn* connection) { PQfinish(connection); })>;
using PgResult = std::unique_ptr<PGresult, decltype([](PGresult* result) { PQclear(result); })>;

constexpr int kText = 0, kBinary = 1;
constexpr char kLockMigrations[] = "SELECT pg_advisory_xact_lock(hashtext('risk_alert schema_migrations'))";

// The session's advisory lock that stands for the lease, as the functions take it and as pg_locks shows it.
constexpr char kLeaseKey[] = "1380537153, 1";  // "RISA"
constexpr char kLeaseLockers[] =
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 1380537153 AND objid = 1 AND "
    "objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

std::string session_name(std::uint64_t term) {
  return "risk-alert engine " + std::to_string(term);
}

std::string trimmed(std::string message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  return message;
}

// The server's state, not the statement: the same may well succeed later, or on a new connection.
bool is_environment(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 6> kClasses{"08", "25", "40", "53", "57", "58"};
  constexpr std::string_view kLockNotAvailable = "55P03";
  return sqlstate == kLockNotAvailable ||
         std::any_of(kClasses.begin(), kClasses.end(), [&](auto prefix) { return sqlstate.starts_with(prefix); });
}

class PostgresRow final : public RowReader {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}

 protected:
  std::optional<std::string_view> next_text() override {
    const int column = column_++;
    if (PQgetisnull(result_, row_, column) != 0) return std::nullopt;
    return std::string_view(PQgetvalue(result_, row_, column),
                            static_cast<std::size_t>(PQgetlength(result_, row_, column)));
  }
  std::string decode_bytes(std::string_view column) override {
    std::size_t size = 0;
    unsigned char* bytes = PQunescapeBytea(reinterpret_cast<const unsigned char*>(column.data()), &size);
    if (bytes == nullptr) throw std::bad_alloc();
    std::string decoded(reinterpret_cast<const char*>(bytes), size);
    PQfreemem(bytes);
    return decoded;
  }

 private:
  const PGresult* result_;
  int row_;
  int column_ = 0;
};

// The texts of a query's values, and the pointers to them that libpq takes.
class Parameters {
 public:
  explicit Parameters(const std::vector<Query::Value>& values) {
    texts_.reserve(values.size());
    for (const auto& value : values) {
      const auto* number = std::get_if<std::int64_t>(&value);
      texts_.push_back(number != nullptr ? std::to_string(*number) : std::get<std::string>(value));
      if (texts_.back().find('\0') != std::string::npos) throw StoreError("a text with a zero byte cannot be stored");
    }
    for (const auto& text : texts_) pointers_.push_back(text.c_str());
  }
  int size() const { return static_cast<int>(pointers_.size()); }
  const char* const* pointers() const { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<const char*> pointers_;
};

class PostgresConnection final : public SqlConnection {
 public:
  PostgresConnection(Handle connection, std::string name)
      : connection_(std::move(connection)), name_(std::move(name)) {}

  void query(const Query& query, const RowHandler& row) override { each_row(run(query), row); }

  std::uint64_t execute(const Query& query) override {
    const PgResult result = run(query);
    const std::string rows = PQcmdTuples(result.get());
    return rows.empty() ? 0 : std::stoull(rows);
  }

  void run_script(const std::string& sql) override { check(PQexec(raw(), sql.c_str())); }

  void write(const Table& table, Write mode, const std::function<void(RowWriter&)>& produce) override {
    if (mode == Write::kInsert) {
      copy(table, produce);
    } else {
      upsert(table, produce);
    }
  }

  void begin(Access access) override {
    run_script(access == Access::kRead ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN");
    if (access == Access::kMigrate) run_script(kLockMigrations);
  }
  void commit() override {
    // A transaction that failed answers COMMIT with a rollback.
    const PgResult result = check(PQexec(raw(), "COMMIT"));
    if (std::string_view(PQcmdStatus(result.get())) != "COMMIT")
      throw StoreError(name_ + ": the commit was rolled back");
  }
  void rollback() noexcept override { PQclear(PQexec(raw(), "ROLLBACK")); }

  bool has_table(const std::string& name) override {
    bool found = false;
    query(Query("SELECT 1 WHERE to_regclass(").add("", name).add("::text) IS NOT NULL"),
          [&found](RowReader&) { found = true; });
    return found;
  }
  bool partitions_days() const override { return true; }

  std::string_view locking(RowLock lock) const override {
    switch (lock) {
      case RowLock::kKeyShare:
        return " FOR KEY SHARE";
      case RowLock::kShare:
        return " FOR SHARE";
      case RowLock::kNoKeyUpdate:
        return " FOR NO KEY UPDATE";
    }
    RISK_CHECK(!"a row lock");
  }

  bool lease_is_locked() override { return holds(std::string("SELECT EXISTS (") + kLeaseLockers + ")"); }
  bool try_lock_lease() override {
    lease_locked_ = lease_locked_ || holds(std::string("SELECT pg_try_advisory_lock(") + kLeaseKey + ")");
    return lease_locked_;
  }
  void seize_lease_lock(std::uint64_t term) override {
    Query others("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()");
    others.add(" AND usename = current_user AND pid <> pg_backend_pid()");
    others.add(" AND (application_name = ", session_name(term)).add(" OR pid IN (").add(kLeaseLockers).add("))");
    query(others, [](RowReader&) {});
    if (!lease_locked_) run_script(std::string("SELECT pg_advisory_lock(") + kLeaseKey + ")");
    lease_locked_ = true;
  }
  void unlock_lease() noexcept override {
    if (lease_locked_) PQclear(PQexec(raw(), (std::string("SELECT pg_advisory_unlock(") + kLeaseKey + ")").c_str()));
    lease_locked_ = false;
  }
  void note_term(std::uint64_t term) override {
    query(Query("SELECT set_config('application_name', ").add("", session_name(term)).add(", false)"),
          [](RowReader&) {});
  }

 private:
  PGconn* raw() const { return connection_.get(); }

  bool holds(const std::string& question) {
    bool answer = false;
    query(Query(question), [&answer](RowReader& in) { in.read(answer); });
    return answer;
  }

  // Takes a result that means success, or throws what fits its error.
  PgResult check(PGresult* raw_result) {
    PgResult result(raw_result);
    switch (PQresultStatus(result.get())) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_COPY_IN:
        return result;
      default:
        break;
    }
    const char* field = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    const std::string_view sqlstate = field == nullptr ? "" : field;
    const std::string text =
        name_ + ": " + trimmed(result ? PQresultErrorMessage(result.get()) : PQerrorMessage(raw()));
    if (sqlstate == "23505") throw StoreConflict(text + ": another writer has stored it");
    if (PQstatus(raw()) != CONNECTION_OK || sqlstate.empty() || is_environment(sqlstate)) throw StoreUnavailable(text);
    throw StoreError(text);
  }

  // The name of the prepared statement of this text.
  const std::string& prepare(const std::string& sql) {
    const auto known = prepared_.find(sql);
    if (known != prepared_.end()) return known->second;
    const std::string name = "s" + std::to_string(prepared_.size() + 1);
    check(PQprepare(raw(), name.c_str(), sql.c_str(), 0, nullptr));
    return prepared_.emplace(sql, name).first->second;
  }

  PgResult run(const Query& query) {
    const auto& name = prepare(query.text());
    const Parameters parameters(query.values());
    return check(
        PQexecPrepared(raw(), name.c_str(), parameters.size(), parameters.pointers(), nullptr, nullptr, kText));
  }

  static void each_row(const PgResult& result, const RowHandler& row) {
    const int rows = PQntuples(result.get());
    for (int i = 0; i < rows; ++i) {
      PostgresRow reader(result.get(), i);
      row(reader);
    }
  }

  void copy(const Table& table, const std::function<void(RowWriter&)>& produce) {
    const std::string sql = "COPY " + table.name + " (" + column_list(table) + ") FROM STDIN (FORMAT binary)";
    check(PQexec(raw(), sql.c_str()));
    CopyWriter writer(table.columns.size(), [this](const std::string& data) {
      if (PQputCopyData(raw(), data.data(), static_cast<int>(data.size())) != 1) {
        throw StoreUnavailable(name_ + ": " + trimmed(PQerrorMessage(raw())));
      }
    });
    try {
      produce(writer);
      writer.finish();
    } catch (...) {
      PQputCopyEnd(raw(), "abandoned");
      while (PGresult* rest = PQgetResult(raw())) PQclear(rest);
      throw;
    }
    PQputCopyEnd(raw(), nullptr);  // a failure shows in the result
    PGresult* outcome = PQgetResult(raw());
    while (PGresult* rest = PQgetResult(raw())) PQclear(rest);
    check(outcome);
  }

  void upsert(const Table& table, const std::function<void(RowWriter&)>& produce) {
    ArrayWriter writer(table.columns);
    produce(writer);
    const auto arrays = writer.take();
    const auto& name = prepare(upsert_sql(table));
    std::vector<const char*> values;
    std::vector<int> lengths;
    for (const auto& array : arrays) {
      values.push_back(array.data());
      lengths.push_back(static_cast<int>(array.size()));
    }
    const std::vector<int> formats(arrays.size(), kBinary);
    check(PQexecPrepared(raw(), name.c_str(), static_cast<int>(arrays.size()), values.data(), lengths.data(),
                         formats.data(), kText));
  }

  static std::string upsert_sql(const Table& table) {
    std::string arrays;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      arrays += (i == 0 ? "$" : ", $") + std::to_string(i + 1) + "::" + postgres_type(table.columns[i].kind) + "[]";
    }
    return insert_clause(table, "SELECT * FROM unnest(" + arrays + ")", true);
  }

  Handle connection_;
  std::string name_;
  std::unordered_map<std::string, std::string> prepared_;  // text to name
  bool lease_locked_ = false;                              // by this session
};

}  // namespace

std::unique_ptr<SqlConnection> connect_postgres(const DatabaseConfig& config) {
  const std::string port = std::to_string(config.port);
  const std::array<std::pair<const char*, const char*>, 11> settings{{
      {"host", config.host.c_str()},
      {"port", port.c_str()},
      {"dbname", config.name.c_str()},
      {"user", config.user.c_str()},
      {"password", config.password.empty() ? nullptr : config.password.reveal().c_str()},
      {"application_name", "risk-alert"},
      {"client_encoding", "UTF8"},
      {"options", "-c TimeZone=UTC -c DateStyle=ISO -c bytea_output=hex -c jit=off -c lock_timeout=5000"},
      // A server that is gone without a word is noticed within seconds.
      {"connect_timeout", "5"},
      {"tcp_user_timeout", "15000"},
      {nullptr, nullptr},
  }};
  std::array<const char*, settings.size()> keywords{}, values{};
  for (std::size_t i = 0; i < settings.size(); ++i) std::tie(keywords[i], values[i]) = settings[i];

  Handle connection(PQconnectdbParams(keywords.data(), values.data(), 0));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw StoreUnavailable(describe(config) + ": " + trimmed(PQerrorMessage(connection.get())));
  }
  PQsetNoticeReceiver(
      connection.get(), [](void*, const PGresult*) {}, nullptr);
  return std::make_unique<PostgresConnection>(std::move(connection), describe(config));
}

}  // namespace risk::store
