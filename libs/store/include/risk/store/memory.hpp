// A database in this process's memory, for tests and benchmarks. Give the same one to a DatabaseConfig's stores and
// readers.
#pragma once

#include <memory>

namespace risk::store {

class MemoryDatabase;

std::shared_ptr<MemoryDatabase> make_memory_database();

}  // namespace risk::store
