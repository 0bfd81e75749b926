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

// What the name of the database leads to is not the database that was opened, or that is known to have been there:
// what is written would not be found again. It takes a person to say which is the right one.
class StoreLost : public StoreError {
 public:
  using StoreError::StoreError;
};

// The schema is not one that this program can work with.
class SchemaError : public StoreError {
 public:
  using StoreError::StoreError;
};

}  // namespace risk::store
