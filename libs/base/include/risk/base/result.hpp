// Result<T>: a value, or the reason why there is none, for outcomes that are expected (bad input above all).
// Failures of the environment are exceptions; programmer errors are RISK_CHECK.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "risk/base/check.hpp"

namespace risk {

// The reason of a failed Result, a clause a person can read: "more than 8 decimal places".
struct Error {
  std::string reason;
  friend bool operator==(const Error&, const Error&) = default;
};

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Precondition: ok().
  const T& value() const& {
    RISK_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    RISK_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const T& operator*() const& { return value(); }
  const T* operator->() const { return &value(); }

  // Precondition: !ok().
  const E& error() const {
    RISK_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, E> state_;
};

}  // namespace risk
