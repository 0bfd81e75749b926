#include "dashboard-gateway/api/database_pool.hpp"

#include <exception>

#include "risk/base/text.hpp"

namespace risk::gateway {

DatabasePool::DatabasePool(DatabasePoolOptions options, OpenReader open_reader, service::Metrics& metrics)
    : options_(options),
      open_reader_(std::move(open_reader)),
      errors_(metrics.counter("gateway_database_errors_total", "Questions the database did not answer.")) {
  for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
}

DatabasePool::~DatabasePool() {
  stop();
}

void DatabasePool::submit(Job job, std::string instance, Respond respond) {
  {
    std::lock_guard lock(mutex_);
    if (!stopping_ && tasks_.size() < options_.jobs_queued_max) {
      tasks_.push_back({std::move(job), std::move(instance), std::move(respond)});
      changed_.notify_one();
      return;
    }
  }
  respond(problem(503, "too many requests wait for the database", instance));
}

void DatabasePool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void DatabasePool::work() {
  Connection connection;
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task.respond(answer(connection, task));
  }
}

void DatabasePool::connect(Connection& connection) {
  if (connection.reader || std::chrono::steady_clock::now() < connection.retry_at) return;
  try {
    connection.reader = open_reader_();
  } catch (const store::StoreError& error) {
    connection.away = error.what();
    connection.retry_at = std::chrono::steady_clock::now() + options_.reconnect_interval;
  }
}

HttpResponse DatabasePool::answer(Connection& connection, const Task& task) {
  try {
    connect(connection);
    if (connection.reader) return task.job(*connection.reader);
  } catch (const store::StoreUnavailable& error) {
    connection.reader.reset();
    connection.away = error.what();
    connection.retry_at = std::chrono::steady_clock::now() + options_.reconnect_interval;
  } catch (const std::exception& error) {
    errors_.add();
    failed_log_.tell({{"path", task.instance}, {"error", std::string_view(error.what())}});
    return problem(500, "the question to the database failed; the gateway's log says why", task.instance);
  }
  errors_.add();
  return problem(503, "the database is not available: " + without_folders(connection.away), task.instance);
}

}  // namespace risk::gateway
