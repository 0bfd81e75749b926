// What can go wrong with a database, as far as a caller does something different about it.
#pragma once

#include <stdexcept>

namespace risk::store {

// The statement or the data: trying again does not help.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The database cannot be reached or went away (or a SQLite file is locked or full): try again on a new connection.
class StoreUnavailable : public StoreError {
 public:
  using StoreError::StoreError;
};

// Another writer moved the cursors, or has taken the lease.
class StoreConflict : public StoreError {
 public:
  using StoreError::StoreError;
};

// The schema is not one that this program can work with.
class SchemaError : public StoreError {
 public:
  using StoreError::StoreError;
};

}  // namespace risk::store
