// Questions to the database, off the I/O threads: a few threads, each with a connection of its own, take jobs from a
// bounded queue. While the database is away every job is answered 503 at once; a thread tries to connect at most once
// a second. The pool starts before the database exists.
//
// Threads: submit() may be called from any; jobs and their answers run on the pool's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dashboard-gateway/http/http.hpp"
#include "risk/service/metrics.hpp"
#include "risk/service/repeated_log.hpp"
#include "risk/store/reader.hpp"

namespace risk::gateway {

using OpenReader = std::function<std::unique_ptr<store::Reader>()>;

struct DatabasePoolOptions {
  std::size_t threads = 4;
  std::size_t jobs_queued_max = 256;
  std::chrono::milliseconds reconnect_interval{1000};
};

class DatabasePool {
 public:
  using Job = std::function<HttpResponse(store::Reader&)>;

  DatabasePool(DatabasePoolOptions options, OpenReader open_reader, service::Metrics& metrics);
  ~DatabasePool();  // stop()

  // Answers with what the job returns; 503 when the queue is full or the database away, 500 when a question fails.
  // `instance` is the path that was asked for.
  void submit(Job job, std::string instance, Respond respond);

  // Answers what is queued, then ends the threads. Idempotent; what is submitted later is answered 503.
  void stop();

 private:
  struct Task {
    Job job;
    std::string instance;
    Respond respond;
  };
  struct Connection {
    std::unique_ptr<store::Reader> reader;
    std::chrono::steady_clock::time_point retry_at;
    std::string away;  // why there is no reader
  };
  void work();
  HttpResponse answer(Connection& connection, const Task& task);
  void connect(Connection& connection);

  const DatabasePoolOptions options_;
  const OpenReader open_reader_;
  service::Counter& errors_;
  service::RepeatedLog failed_log_{service::LogLevel::kError, "request failed"};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace risk::gateway
