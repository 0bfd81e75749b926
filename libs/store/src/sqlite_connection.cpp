#include "sqlite_connection.hpp"

#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <unordered_map>

#include "database_files.hpp"
#include "lock_file.hpp"
#include "migrations.hpp"
#include "sqlite_known.hpp"

namespace risk::store {
namespace {

// A leader's beat may wait this long for a commit: keep it below ENGINE_STANDBY_PATIENCE's default (8 s).
constexpr int kBusyTimeoutMs = 5'000;

using Handle = std::unique_ptr<sqlite3, decltype([](sqlite3* db) { sqlite3_close_v2(db); })>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype([](sqlite3_stmt* statement) { sqlite3_finalize(statement); })>;

// Throws the exception that fits the connection's last error.
[[noreturn]] void throw_error(sqlite3* db, const std::string& path, const std::string& doing) {
  const int code = sqlite3_extended_errcode(db);
  std::string text = "SQLite database " + path + ": cannot " + doing + ": " + sqlite3_errmsg(db);
  if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_ROWID) {
    throw StoreConflict(text + ": another writer has stored it");
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
      throw StoreUnavailable(text);
    default:
      throw StoreError(text);
  }
}

class SqliteRow final : public RowReader {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}

 protected:
  std::optional<std::string_view> next_text() override {
    const int column = column_++;
    if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
    const void* data = sqlite3_column_blob(statement_, column);  // of a number: its text
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return size == 0 ? std::string_view{} : std::string_view{static_cast<const char*>(data), size};
  }
  std::string decode_bytes(std::string_view column) override { return std::string(column); }

 private:
  sqlite3_stmt* statement_;
  int column_ = 0;
};

// Resets a cached statement when its use is over, however it ends.
class Use {
 public:
  explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  sqlite3_stmt* statement_;
};

class SqliteConnection final : public SqlConnection {
 public:
  SqliteConnection(Handle db, std::string path)
      : db_(std::move(db)),
        path_(std::move(path)),
        files_(path_),
        size_(file_size(path_)),
        lease_lock_(engine_lock_path(path_)) {}

  void query(const Query& query, const RowHandler& row) override {
    sqlite3_stmt* statement = prepare(query.text());
    const Use use(statement);
    bind(statement, query.values());
    while (step(statement)) {
      SqliteRow reader(statement);
      row(reader);
    }
  }

  std::uint64_t execute(const Query& query) override {
    this->query(query, [](RowReader&) {});
    return static_cast<std::uint64_t>(sqlite3_changes64(db_.get()));
  }

  std::vector<std::uint64_t> execute_each(const std::vector<Query>& queries) override {
    std::vector<std::uint64_t> counts;
    for (const auto& query : queries) {
      std::uint64_t found = 0;
      this->query(query, [&found](RowReader&) { ++found; });
      counts.push_back(query.reads() ? found : static_cast<std::uint64_t>(sqlite3_changes64(db_.get())));
    }
    return counts;
  }

  void run_script(const std::string& sql) override {
    if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail("run a script");
  }

  void insert(const Table& table, const std::function<void(RowWriter&)>& produce) override {
    write(table, false, produce);
  }
  void upsert_each(const std::vector<Upsert>& upserts) override {
    for (const auto& upsert : upserts) write(*upsert.table, true, upsert.produce);
  }

  std::string_view decimal_order() const override { return " COLLATE decimal"; }

  void begin(Access access) override {
    writes_ = access != Access::kRead;
    if (writes_) check_in_place();
    run_script(writes_ ? "BEGIN IMMEDIATE" : "BEGIN");
  }
  void commit() override {
    run_script("COMMIT");
    if (writes_) check_in_place();
  }
  void rollback() noexcept override {
    // Some errors have rolled back already.
    if (sqlite3_get_autocommit(db_.get()) == 0) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

  bool has_table(const std::string& name) override {
    bool found = false;
    query(Query("SELECT 1 FROM sqlite_master WHERE type = 'table'").add(" AND name = ", name),
          [&found](RowReader&) { found = true; });
    return found;
  }

  void check_in_place() override {
    files_.check_in_place();
    const auto size = file_size(path_);
    if (size < size_ && is_cut_off(size)) {
      throw StoreLost(file_name(path_) + ", which is open, was cut off at " + std::to_string(size) + " bytes");
    }
    size_ = size;
  }
  std::string place() const override { return files_.id(); }

  bool partitions_days() const override { return false; }
  std::string_view locking(RowLock) const override { return ""; }

  bool lease_is_locked() override { return lease_lock_.is_locked(); }
  bool try_lock_lease() override {
    if (!lease_lock_.try_lock()) return false;
    if (made_at_.empty()) made_at_ = made_at(*this);
    lease_lock_.remember(made_at_);
    return true;
  }
  void seize_lease_lock(std::uint64_t) override { try_lock_lease(); }
  void unlock_lease() noexcept override { lease_lock_.unlock(); }
  void note_term(std::uint64_t) override {}

  // True: there is a row.
  bool step(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail("run a statement");
    return code == SQLITE_ROW;
  }

  void check_bound(int code) {
    if (code != SQLITE_OK) fail("bind a value");
  }

 private:
  void write(const Table& table, bool upserts, const std::function<void(RowWriter&)>& produce);
  [[noreturn]] void fail(const std::string& doing) { throw_error(db_.get(), path_, doing); }

  sqlite3_stmt* prepare(const std::string& sql) {
    auto& statement = statements_[sql];
    if (!statement) {
      sqlite3_stmt* made = nullptr;
      const int code = sqlite3_prepare_v3(db_.get(), sql.c_str(), static_cast<int>(sql.size() + 1),
                                          SQLITE_PREPARE_PERSISTENT, &made, nullptr);
      statement.reset(made);
      if (code != SQLITE_OK) fail("prepare a statement");
    }
    return statement.get();
  }

  void bind(sqlite3_stmt* statement, const std::vector<Query::Value>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int index = static_cast<int>(i) + 1;
      if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
        check_bound(sqlite3_bind_int64(statement, index, *number));
      } else {
        const auto& text = std::get<std::string>(values[i]);
        check_bound(sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
      }
    }
  }

  // A VACUUM makes the file shorter and its header says so; one that somebody cut off is shorter than its header says.
  bool is_cut_off(std::int64_t size) {
    constexpr std::size_t kPageSizeAt = 16, kPageCountAt = 28;  // of SQLite's file format, big-endian
    std::array<unsigned char, 100> header{};
    sqlite3_file* file = nullptr;
    const bool read = sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
                      file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0) == SQLITE_OK;
    if (!read) return true;
    const auto number = [&header](std::size_t at, std::size_t bytes) {
      std::int64_t value = 0;
      for (auto i = at; i < at + bytes; ++i) value = value << 8 | header[i];
      return value;
    };
    const auto page_size = number(kPageSizeAt, 2);
    return size < (page_size == 1 ? 65'536 : page_size) * number(kPageCountAt, 4);
  }

  Handle db_;
  std::string path_;
  DatabaseFiles files_;
  std::int64_t size_;    // of the file, when it was last looked at
  bool writes_ = false;  // the transaction that is open
  LockFile lease_lock_;
  std::string made_at_;
  std::unordered_map<std::string, Statement> statements_;  // by text; gone before db_
};

// Binds a row's values and steps the statement at its end.
class SqliteWriter final : public RowWriter {
 public:
  SqliteWriter(SqliteConnection& connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}

 protected:
  void put_null() override { connection_.check_bound(sqlite3_bind_null(statement_, ++index_)); }
  void put_integer(std::int64_t value) override {
    connection_.check_bound(sqlite3_bind_int64(statement_, ++index_, value));
  }
  void put_flag(bool value) override { put_integer(value ? 1 : 0); }
  void put_text(std::string_view value) override {
    connection_.check_bound(sqlite3_bind_text64(statement_, ++index_, value.empty() ? "" : value.data(), value.size(),
                                                SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  void put_time(Timestamp value) override { put_text(format_timestamp_micros(value)); }
  void put_date(Day value) override { put_text(value.text()); }
  void put_decimal(Int128 units, int places) override {
    put_text(places == kDecimalPlaces ? format_exact(units, places) : format_rounded(units, places, places));
  }
  void put_json(std::string_view value) override { put_text(value); }
  void put_bytes(std::string_view value) override {
    connection_.check_bound(
        sqlite3_bind_blob64(statement_, ++index_, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT));
  }
  void end_row() override {
    const Use use(statement_);
    connection_.step(statement_);
    index_ = 0;
  }

 private:
  SqliteConnection& connection_;
  sqlite3_stmt* statement_;
  int index_ = 0;
};

void SqliteConnection::write(const Table& table, bool upserts, const std::function<void(RowWriter&)>& produce) {
  std::string rows = "VALUES (";
  for (std::size_t i = 1; i <= table.columns.size(); ++i) rows += (i == 1 ? "$" : ", $") + std::to_string(i);
  SqliteWriter writer(*this, prepare(insert_clause(table, rows + ")", upserts)));
  produce(writer);
}

// Of two decimals as the tables keep them, with the same number of places: the longer one is the larger, and of the
// same length the one whose digits are.
int compare_decimals(void*, int size_a, const void* bytes_a, int size_b, const void* bytes_b) {
  const std::string_view a(static_cast<const char*>(bytes_a), static_cast<std::size_t>(size_a));
  const std::string_view b(static_cast<const char*>(bytes_b), static_cast<std::size_t>(size_b));
  const bool is_a_below_zero = a.starts_with('-');
  if (is_a_below_zero != b.starts_with('-')) return is_a_below_zero ? -1 : 1;
  const int by_magnitude = a.size() != b.size() ? (a.size() < b.size() ? -1 : 1) : a.compare(b);
  return is_a_below_zero ? -by_magnitude : by_magnitude;
}

void make_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw StoreUnavailable("SQLite database " + path + ": cannot make its folder " + folder.string() + ": " +
                           error.message());
  }
}

}  // namespace

std::unique_ptr<SqlConnection> connect_sqlite(const std::string& path, SqliteMode mode) {
  const bool writes = mode != SqliteMode::kReader;
  const bool makes = mode == SqliteMode::kMaker;
  const auto known = makes ? known_database(path) : "";
  if (makes) make_folder_of(path);
  const int access = writes ? SQLITE_OPEN_READWRITE | (makes ? SQLITE_OPEN_CREATE : 0) : SQLITE_OPEN_READONLY;
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Handle db(opened);
  if (code != SQLITE_OK) {
    std::error_code ignored;
    if (!makes && !std::filesystem::exists(path, ignored)) {
      if (writes) throw StoreUnavailable(file_name(path) + " is not where it was: nothing is written until it is back");
      throw StoreUnavailable("SQLite database " + path + ": there is no such file yet");
    }
    throw_error(db.get(), path, "open it");
  }
  sqlite3_busy_timeout(db.get(), kBusyTimeoutMs);
  // A commit must outlive a power cut, not only this process: WAL with a sync at each commit. The SELECT makes the two
  // files beside it.
  const char* settings = writes ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                  "SELECT 1 FROM sqlite_master;"
                                : "PRAGMA query_only = ON; SELECT 1 FROM sqlite_master;";
  if (sqlite3_exec(db.get(), settings, nullptr, nullptr, nullptr) != SQLITE_OK) throw_error(db.get(), path, "open it");
  sqlite3_create_collation(db.get(), "decimal", SQLITE_UTF8, nullptr, compare_decimals);
  auto connection = std::make_unique<SqliteConnection>(std::move(db), path);
  if (makes) check_is_known(path, known, made_at(*connection));
  return connection;
}

}  // namespace risk::store
