// A PostgreSQL server made for one test run: its own data in a temporary folder, a Unix socket there and a free TCP
// port, gone when the object goes. Built from what the distribution installs (/usr/lib/postgresql/*/bin); as root it
// runs as user postgres. Roles risk_engine and risk_reader are those of sql/postgres/roles.sql, with the passwords
// below.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace risk::test {

class PostgresCluster {
 public:
  static constexpr char kEnginePassword[] = "engine 'quoted' password";
  static constexpr char kReaderPassword[] = "reader password";

  // Why no cluster can be made here, or nothing when one can.
  static std::optional<std::string> missing();

  // Throws std::runtime_error with the server's output when it does not start. Precondition: !missing().
  PostgresCluster();
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  std::uint16_t port() const { return port_; }                               // on 127.0.0.1, with passwords
  const std::string& folder() const { return folder_; }                      // of the Unix socket, trusted
  std::string make_database();                                               // returns its name
  std::string run_sql(const std::string& database, const std::string& sql);  // as superuser; the output of psql -At

  void stop();  // as after kill -9: nothing is flushed
  void start();

 private:
  std::string folder_;
  std::uint16_t port_ = 0;
  int databases_ = 0;
  bool running_ = false;
};

}  // namespace risk::test
