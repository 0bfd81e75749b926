#include "postgres_connection.hpp"

#include <algorithm>
#include <array>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/prepared_statement>
#include <pqxx/result>
#include <pqxx/stream_to>
#include <pqxx/transaction>
#include <pqxx/version>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "postgres_binary.hpp"
#include "postgres_text.hpp"
#include "risk/base/check.hpp"

#if PQXX_VERSION_MAJOR < 7
namespace risk::store {
namespace {

// A row as COPY reads it. The rows of 6.4's stream are tuples, and a tuple's size is known when this is compiled, which
// a table's number of columns is not: the stream gets each row as one field, which it must leave as it is.
struct CopyLine {
  std::string text;
};

}  // namespace
}  // namespace risk::store

template <>
inline std::string pqxx::internal::TypedCopyEscaper::operator()(const risk::store::CopyLine* line) const {
  return line->text;
}
#endif

namespace risk::store {
namespace {

// What libpqxx 6.4 (Debian 12) and 7.10 (Debian 13) do differently.
#if PQXX_VERSION_MAJOR < 7

constexpr auto kReadOnly = pqxx::read_only;

// 6.4 would open another session in the place of one that is lost, with neither its transaction nor the lease's lock.
// It marks what forbids that as deprecated because 7 never does it.
void keep_session(pqxx::connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

pqxx::result run_prepared(pqxx::transaction_base& transaction, const std::string& name,
                          const std::vector<std::string>& texts) {
  return transaction.exec_prepared(name, pqxx::prepare::make_dynamic_params(texts));
}

pqxx::result run_prepared_binary(pqxx::transaction_base& transaction, const std::string& name,
                                 const std::vector<std::string>& values) {
  const std::vector<pqxx::binarystring> binaries(values.begin(), values.end());
  return transaction.exec_prepared(name, pqxx::prepare::make_dynamic_params(binaries));
}

std::string unescape_bytes(pqxx::connection& connection, std::string_view escaped) {
  return connection.unesc_raw(std::string(escaped));
}

pqxx::stream_to open_stream(pqxx::transaction_base& transaction, const Table& table) {
  std::vector<std::string> columns;
  for (const auto& column : table.columns) columns.push_back(column.name);
  return pqxx::stream_to(transaction, table.name, columns);
}

void send_row(pqxx::stream_to& out, const TextWriter::Row& row) {
  out << std::tuple(CopyLine{copy_line(row)});
}

#else  // 7.10

constexpr auto kReadOnly = pqxx::write_policy::read_only;

void keep_session(pqxx::connection&) {}

pqxx::result run_prepared(pqxx::transaction_base& transaction, const std::string& name,
                          const std::vector<std::string>& texts) {
  pqxx::params parameters;
  parameters.append_multi(texts);
  return transaction.exec(pqxx::prepped(name), parameters);
}

pqxx::result run_prepared_binary(pqxx::transaction_base& transaction, const std::string& name,
                                 const std::vector<std::string>& values) {
  pqxx::params parameters;
  for (const auto& value : values) parameters.append(pqxx::binary_cast(value));
  return transaction.exec(pqxx::prepped(name), parameters);
}

std::string unescape_bytes(pqxx::connection& connection, std::string_view escaped) {
  const auto bytes = connection.unesc_bin(escaped);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

pqxx::stream_to open_stream(pqxx::transaction_base& transaction, const Table& table) {
  return pqxx::stream_to::raw_table(transaction, table.name, column_list(table));
}

void send_row(pqxx::stream_to& out, const TextWriter::Row& row) {
  out.write_row(row);
}

#endif

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

// As a connection string takes a value.
std::string option_value(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
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
  PostgresRow(pqxx::connection& connection, const pqxx::row& row) : connection_(connection), next_(row.begin()) {}

 protected:
  std::optional<std::string_view> next_text() override {
    const auto& field = *next_.operator->();
    std::optional<std::string_view> text;
    if (!field.is_null()) text.emplace(field.c_str(), field.size());
    ++next_;
    return text;
  }
  std::string decode_bytes(std::string_view column) override { return unescape_bytes(connection_, column); }

 private:
  pqxx::connection& connection_;
  // Goes on in place: operator[] would take a share in the result for each field.
  pqxx::row::const_iterator next_;
};

std::vector<std::string> texts_of(const std::vector<Query::Value>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const auto& value : values) {
    const auto* number = std::get_if<std::int64_t>(&value);
    texts.push_back(number != nullptr ? std::to_string(*number) : std::get<std::string>(value));
    if (texts.back().find('\0') != std::string::npos) throw StoreError("a text with a zero byte cannot be stored");
  }
  return texts;
}

class PostgresConnection final : public SqlConnection {
 public:
  PostgresConnection(const std::string& options, std::string name) : connection_(options), name_(std::move(name)) {
    keep_session(connection_);
  }

  void query(const Query& query, const RowHandler& row) override {
    const auto result = run(query);
    for (auto i = result.begin(), end = result.end(); i != end; ++i) {
      PostgresRow reader(connection_, *i.operator->());
      row(reader);
    }
  }

  std::uint64_t execute(const Query& query) override { return static_cast<std::uint64_t>(run(query).affected_rows()); }

  // One statement for each few of them: WITH s1 AS (UPDATE ... RETURNING 1), ... SELECT (SELECT count(*) FROM s1), ...
  std::vector<std::uint64_t> execute_each(const std::vector<Query>& queries) override {
    constexpr std::size_t kAtOnce = 4;  // what is prepared is kept, and their sequence may be another each time
    std::vector<std::uint64_t> counts;
    for (std::size_t from = 0; from < queries.size(); from += kAtOnce) {
      const auto count = std::min(kAtOnce, queries.size() - from);
      Query all("WITH ");
      std::string results;
      for (std::size_t i = 0; i < count; ++i) {
        const std::string name = "s" + std::to_string(i + 1);
        const auto& query = queries[from + i];
        all.add(i == 0 ? "" : ", ").add(name).add(" AS (").add(query).add(query.reads() ? ")" : " RETURNING 1)");
        results.append(i == 0 ? "" : ", ").append("(SELECT count(*) FROM ").append(name).append(")");
      }
      query(all.add(" SELECT ").add(results), [&](RowReader& in) {
        for (std::size_t i = 0; i < count; ++i) counts.push_back(in.next<std::uint64_t>());
      });
    }
    return counts;
  }

  void run_script(const std::string& sql) override {
    in_transaction([&sql](pqxx::transaction_base& transaction) { return transaction.exec(sql); });
  }

  void insert(const Table& table, const std::function<void(RowWriter&)>& produce) override {
    RISK_CHECK(transaction_);
    attempt([&] {
      auto out = open_stream(*transaction_, table);
      TextWriter writer([&out](const TextWriter::Row& row) { send_row(out, row); });
      produce(writer);
      out.complete();
    });
  }
  // One statement for all: WITH s1 AS (INSERT ...), s2 AS (INSERT ...) INSERT ...
  void upsert_each(const std::vector<Upsert>& upserts) override {
    std::string sql;
    std::vector<std::string> arrays;
    for (const auto& upsert : upserts) {
      ArrayWriter writer(upsert.table->columns);
      upsert.produce(writer);
      const auto insert = upsert_sql(*upsert.table, arrays.size());
      if (&upsert == &upserts.back()) {
        sql += insert;
      } else {
        sql.append(sql.empty() ? "WITH " : ", ")
            .append(upsert.table->name)
            .append("_upserted AS (")
            .append(insert)
            .append(") ");
      }
      for (auto& array : writer.take()) arrays.push_back(std::move(array));
    }
    if (upserts.empty()) return;
    const auto& name = prepare(sql);
    in_transaction([&](pqxx::transaction_base& transaction) { return run_prepared_binary(transaction, name, arrays); });
  }

  void begin(Access access) override {
    RISK_CHECK(!transaction_);
    failed_ = false;
    attempt([&] {
      if (access == Access::kRead) {
        transaction_ = std::make_unique<pqxx::transaction<pqxx::repeatable_read, kReadOnly>>(connection_);
      } else {
        transaction_ = std::make_unique<pqxx::work>(connection_);
      }
    });
    if (access != Access::kMigrate) return;
    try {
      run_script(kLockMigrations);
    } catch (...) {
      rollback();  // nobody has begun anything
      throw;
    }
  }
  void commit() override {
    // A transaction that failed answers COMMIT with a rollback, which libpqxx takes for success.
    if (failed_) throw StoreError(name_ + ": the commit was rolled back");
    attempt([&] { transaction_->commit(); });
    transaction_.reset();
  }
  void rollback() noexcept override { transaction_.reset(); }

  bool has_table(const std::string& name) override {
    bool found = false;
    query(Query("SELECT 1 WHERE to_regclass(").add("", name).add("::text) IS NOT NULL"),
          [&found](RowReader&) { found = true; });
    return found;
  }
  std::string_view decimal_order() const override { return ""; }
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
    if (!lease_locked_) return;
    lease_locked_ = false;
    try {
      run_script(std::string("SELECT pg_advisory_unlock(") + kLeaseKey + ")");
    } catch (const StoreError&) {  // the lock goes with the session
    }
  }
  void note_term(std::uint64_t term) override {
    query(Query("SELECT set_config('application_name', ").add("", session_name(term)).add(", false)"),
          [](RowReader&) {});
  }

 private:
  bool holds(const std::string& question) {
    bool answer = false;
    query(Query(question), [&answer](RowReader& in) { in.read(answer); });
    return answer;
  }

  // Calls libpqxx, and throws what fits its error.
  template <class Call>
  std::invoke_result_t<Call> attempt(const Call& call) {
    try {
      return call();
    } catch (const pqxx::sql_error& error) {
      failed_ = true;
      throw_fitting(error);
    } catch (const pqxx::failure& error) {  // the connection is lost, and perhaps the answer to a commit with it
      failed_ = true;
      throw StoreUnavailable(name_ + ": " + trimmed(error.what()));
    } catch (...) {
      failed_ = true;
      throw;
    }
  }

  [[noreturn]] void throw_fitting(const pqxx::sql_error& error) const {
    const auto& sqlstate = error.sqlstate();
    const auto text = name_ + ": " + trimmed(error.what());
    if (sqlstate == "23505") throw StoreConflict(text + ": another writer has stored it");
    // 7.10 leaves out the state of this one.
    const bool is_refusal = dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr;
    if (!connection_.is_open() || is_environment(sqlstate) || (sqlstate.empty() && !is_refusal)) {
      throw StoreUnavailable(text);
    }
    throw StoreError(text);
  }

  // Runs `use` in the open transaction, or on its own. What follows a failed statement is refused as the server would
  // refuse it: 6.4 has ended the transaction then, and would run a prepared statement without one.
  template <class Use>
  pqxx::result in_transaction(const Use& use) {
    if (transaction_ && failed_) throw StoreUnavailable(name_ + ": the transaction has failed");
    return attempt([&] {
      if (transaction_) return use(*transaction_);
      pqxx::nontransaction alone(connection_);
      return use(alone);
    });
  }

  // The name of the prepared statement of this text.
  const std::string& prepare(const std::string& sql) {
    const auto known = prepared_.find(sql);
    if (known != prepared_.end()) return known->second;
    const std::string name = "s" + std::to_string(prepared_.size() + 1);
    attempt([&] { connection_.prepare(name, sql); });
    return prepared_.emplace(sql, name).first->second;
  }

  pqxx::result run(const Query& query) {
    const auto texts = texts_of(query.values());
    const auto& name = prepare(query.text());
    return in_transaction([&](pqxx::transaction_base& transaction) { return run_prepared(transaction, name, texts); });
  }

  // Of a statement that has so many parameters before.
  static std::string upsert_sql(const Table& table, std::size_t parameters) {
    std::string arrays;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      arrays += (i == 0 ? "$" : ", $") + std::to_string(parameters + i + 1) +
                "::" + postgres_type(table.columns[i].kind) + "[]";
    }
    return insert_clause(table, "SELECT * FROM unnest(" + arrays + ")", true);
  }

  pqxx::connection connection_;
  std::string name_;
  std::unique_ptr<pqxx::transaction_base> transaction_;    // the open one; ends before connection_ does
  bool failed_ = false;                                    // a statement of it
  std::unordered_map<std::string, std::string> prepared_;  // text to name
  bool lease_locked_ = false;                              // by this session
};

}  // namespace

std::unique_ptr<SqlConnection> connect_postgres(const DatabaseConfig& config) {
  const std::string port = std::to_string(config.port);
  std::string options =
      "application_name=risk-alert client_encoding=UTF8"
      " options='-c TimeZone=UTC -c DateStyle=ISO -c bytea_output=hex -c jit=off -c lock_timeout=5000'"
      // A server that is gone without a word is noticed within seconds.
      " connect_timeout=5 tcp_user_timeout=15000";
  for (const auto& [keyword, value] : {std::pair<const char*, const std::string&>{"host", config.host},
                                       {"port", port},
                                       {"dbname", config.name},
                                       {"user", config.user},
                                       {"password", config.password.reveal()}}) {
    if (!value.empty()) options += std::string(" ") + keyword + "=" + option_value(value);
  }
  try {
    return std::make_unique<PostgresConnection>(options, describe(config));
  } catch (const pqxx::failure& error) {
    throw StoreUnavailable(describe(config) + ": " + trimmed(error.what()));
  }
}

}  // namespace risk::store
