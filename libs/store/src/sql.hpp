// What the two SQL databases share: statements, rows in both directions, and the connection that runs them. The stores
// and readers are written once, against this; what differs between SQLite and PostgreSQL is behind SqlConnection.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "day.hpp"
#include "risk/base/decimal.hpp"
#include "risk/base/short_text.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/engine/types.hpp"
#include "risk/store/errors.hpp"

namespace risk::store {

// A statement: constant SQL with numbered parameters ($1, $2, ... in the order they appear) and their values. Nothing
// that came from outside is ever part of the text.
class Query {
 public:
  using Value = std::variant<std::int64_t, std::string>;

  explicit Query(std::string sql) : text_(std::move(sql)) {}
  Query& add(std::string_view sql) {
    text_ += sql;
    return *this;
  }
  // Appends `sql`, a placeholder and its value.
  Query& add(std::string_view sql, std::string_view value) { return add_value(sql, std::string(value)); }
  Query& add(std::string_view sql, const char* value) { return add(sql, std::string_view(value)); }
  // Cut off to the microsecond, as the columns are.
  Query& add(std::string_view sql, Timestamp value) { return add_value(sql, format_timestamp_micros(value)); }
  Query& add(std::string_view sql, std::uint64_t value);  // throws StoreError above 2^63 - 1
  Query& add(std::string_view sql, std::int64_t value) { return add_value(sql, value); }
  // NULL where there is none.
  template <class T>
  Query& add_optional(std::string_view sql, const std::optional<T>& value) {
    return value ? add(sql, *value) : add(sql).add("NULL");
  }

  // Appends another query, its parameters numbered after those that are there.
  Query& add(const Query& other);

  const std::string& text() const { return text_; }
  const std::vector<Value>& values() const { return values_; }
  bool reads() const { return text_.starts_with("SELECT"); }

 private:
  Query& add_value(std::string_view sql, Value value) {
    values_.push_back(std::move(value));
    text_.append(sql).append("$").append(std::to_string(values_.size()));
    return *this;
  }

  std::string text_;
  std::vector<Value> values_;
};

enum class ColumnKind : std::uint8_t { kText, kInteger, kFlag, kTime, kDate, kDecimal, kJson, kBytes };

struct Column {
  std::string name;
  ColumnKind kind;
};

struct Table {
  std::string name;
  std::string generated_id;  // a first column that the database fills; "" for none
  std::size_t key_columns;   // an upsert's key is the first so many columns
  std::vector<Column> columns;
};

std::string column_list(const Table& table);    // without the generated id
std::string select_from(const Table& table);    // with it
std::string upsert_clause(const Table& table);  // " ON CONFLICT (...) DO UPDATE SET ..."
std::string insert_clause(const Table& table, const std::string& rows, bool upserts);  // INSERT INTO ... `rows` ...

// Values whose column needs more than their C++ type says.
struct Bytes {
  std::string_view bytes;
};
struct Json {
  std::string_view text;
};
struct ScaledE4 {  // utilisations
  std::optional<std::int64_t> units;
};
// An instant to the nanosecond: a column of whole microseconds, for people and for SQL's own calendar, and one of all
// nanoseconds since the epoch, which is NULL in rows from before there were nanoseconds.
struct Exact {
  Timestamp time;
};
struct OptionalExact {
  std::optional<Timestamp> time;
};
struct IntoExact {
  Timestamp& time;
};
struct IntoOptionalExact {
  std::optional<Timestamp>& time;
};

// Takes rows value by value, in the order of the table's columns.
class RowWriter {
 public:
  virtual ~RowWriter() = default;

  // One whole row.
  template <class... Values>
  void row(const Values&... values) {
    (put(values), ...);
    end_row();
  }

 protected:
  virtual void put_null() = 0;
  virtual void put_integer(std::int64_t value) = 0;
  virtual void put_flag(bool value) = 0;
  virtual void put_text(std::string_view value) = 0;
  virtual void put_time(Timestamp value) = 0;
  virtual void put_date(Day value) = 0;
  virtual void put_decimal(Int128 units, int places) = 0;  // places: 0, 4 or 8
  virtual void put_json(std::string_view value) = 0;
  virtual void put_bytes(std::string_view value) = 0;
  virtual void end_row() = 0;

 private:
  void put(std::nullopt_t) { put_null(); }
  void put(bool value) { put_flag(value); }
  void put(std::uint32_t value) { put_integer(value); }
  void put(std::uint64_t value);
  void put(std::int64_t value) { put_integer(value); }
  void put(std::string_view value) { put_text(value); }
  void put(const std::string& value) { put_text(value); }
  void put(const char* value) { put_text(value); }
  void put(Timestamp value) { put_time(value); }
  void put(Day value) { put_date(value); }
  void put(Notional value);
  void put(const engine::Figure& value);
  void put(ScaledE4 value);
  void put(Exact value) {
    put_time(value.time);
    put_integer(value.time.nanos);
  }
  void put(OptionalExact value) {
    if (value.time) return put(Exact{*value.time});
    put_null();
    put_null();
  }
  void put(Json value) { put_json(value.text); }
  void put(Bytes value) { put_bytes(value.bytes); }
  template <class Tag>
  void put(const Id<Tag>& id) {
    put_text(id.text);
  }
  template <class Tag>
  void put(Decimal<Tag> value) {
    put_decimal(value.units(), kDecimalPlaces);
  }
  template <class E>
  requires std::is_enum_v<E>
  void put(E value) { put_text(to_string(value)); }
  template <class T>
  void put(const std::optional<T>& value) {
    if (value) {
      put(*value);
    } else {
      put_null();
    }
  }
};

// Gives one row value by value, in the order of the statement's columns. A value that is not of its type throws
// StoreError.
class RowReader {
 public:
  virtual ~RowReader() = default;

  template <class... Values>
  void read(Values&&... values) {
    (get(values), ...);
  }
  template <class T>
  T next() {
    T value{};
    get(value);
    return value;
  }
  void skip(int columns) {
    for (int i = 0; i < columns; ++i) next_text();
  }
  std::optional<std::string> next_bytes();

 protected:
  // The next column as text, none for NULL; the view lives until the next call.
  virtual std::optional<std::string_view> next_text() = 0;
  virtual std::string decode_bytes(std::string_view column) = 0;

 private:
  std::string_view required();
  void get(bool& value);
  void get(std::uint32_t& value);
  void get(std::uint64_t& value);
  void get(std::string& value) { value = required(); }
  void get(std::int64_t& value);
  void get(Timestamp& value);
  void get(IntoExact value);
  void get(IntoOptionalExact value);
  void get(Day& value);
  void get(Notional& value);
  void get(ScaledE4& value);
  template <std::size_t N>
  void get(ShortText<N>& value) {
    const auto text = required();
    if (text.size() > N) bad_value(text, "a text of at most " + std::to_string(N) + " bytes");
    value = text;
  }
  template <class Tag>
  void get(Id<Tag>& id) {
    get(id.text);
  }
  template <class Tag>
  void get(Decimal<Tag>& value) {
    value = Decimal<Tag>::from_units(decimal_units(required()));
  }
  template <class E>
  requires std::is_enum_v<E>
  void get(E& value) {
    const auto name = required();
    const auto parsed = engine::parse_enum<E>(name);
    if (!parsed) bad_value(name, "a known name");
    value = *parsed;
  }
  template <class T>
  void get(std::optional<T>& value) {
    pending_ = next_text();
    if (!pending_) {
      value.reset();
      return;
    }
    pending_used_ = false;
    get(value.emplace());
  }

  static std::int64_t decimal_units(std::string_view text);
  [[noreturn]] static void bad_value(std::string_view text, std::string_view wanted);

  // A column that an optional has looked at and its value has yet to take.
  std::optional<std::string_view> pending_;
  bool pending_used_ = true;
};

// One connection to a database. Failures are thrown as errors.hpp says; a key that exists already is a StoreConflict.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;
  using Connect = std::function<std::unique_ptr<SqlConnection>()>;
  using RowHandler = std::function<void(RowReader&)>;

  virtual void query(const Query& query, const RowHandler& row) = 0;
  // Returns the number of rows it changed.
  virtual std::uint64_t execute(const Query& query) = 0;
  // Runs each and gives how many rows it changed, or of a SELECT found; in as few round trips as the database allows.
  // Precondition: none depends on another, and no two change the same row.
  virtual std::vector<std::uint64_t> execute_each(const std::vector<Query>& queries) = 0;
  // Several statements without parameters.
  virtual void run_script(const std::string& sql) = 0;

  // Writes the rows that `produce` puts into the writer.
  virtual void insert(const Table& table, const std::function<void(RowWriter&)>& produce) = 0;
  // Upserts rows of several tables, in as few round trips as the database allows. Precondition: no table comes twice.
  struct Upsert {
    const Table* table;
    std::function<void(RowWriter&)> produce;
  };
  virtual void upsert_each(const std::vector<Upsert>& upserts) = 0;

  enum class Access { kRead, kWrite, kMigrate };  // kMigrate: alone, whoever else migrates
  virtual void begin(Access access) = 0;
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;

  virtual bool has_table(const std::string& name) = 0;

  // Throws StoreUnavailable or StoreLost when what is open is no longer what its name leads to. begin() for writing and
  // the commit() of it do so, too: what a commit has written can be found.
  virtual void check_in_place() {}
  // What is open, beyond what a copy of it would have in common with it; "" where a server looks after that.
  virtual std::string place() const { return ""; }

  // What follows a decimal column in ORDER BY, so that its values are compared as numbers.
  virtual std::string_view decimal_order() const = 0;

  // Whether each day's inputs are partitions of their tables.
  virtual bool partitions_days() const = 0;

  // The end of a SELECT that locks its rows until the transaction's end; "" where kWrite has locked them all.
  enum class RowLock { kKeyShare, kShare, kNoKeyUpdate };
  virtual std::string_view locking(RowLock lock) const = 0;

  // The lock that shows that a lease's holder is there; it goes with the connection. Held: by this connection or
  // another.
  virtual bool lease_is_locked() = 0;
  virtual bool try_lock_lease() = 0;  // also true when this connection has it
  // Takes it from a holder of `term`, whose sessions it ends where it can. Precondition: a transaction is open.
  virtual void seize_lease_lock(std::uint64_t term) = 0;
  virtual void unlock_lease() noexcept = 0;
  // Lets seize_lease_lock() find this session among those that write under `term`.
  virtual void note_term(std::uint64_t term) = 0;
};

// Runs a query on a connection that its owner keeps, and may open again.
using QueryRunner = std::function<void(const Query&, const SqlConnection::RowHandler&)>;

// Rolls back what is not committed when it goes.
class SqlTransaction {
 public:
  SqlTransaction(SqlConnection& connection, SqlConnection::Access access) : connection_(connection) {
    connection_.begin(access);
  }
  ~SqlTransaction() {
    if (open_) connection_.rollback();
  }
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;

  void commit() {
    connection_.commit();
    open_ = false;
  }

 private:
  SqlConnection& connection_;
  bool open_ = true;
};

}  // namespace risk::store
