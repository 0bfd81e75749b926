// A password, a token, a webhook address: a type of its own, so that it cannot reach a log, a message or a file by
// accident.
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace risk {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  bool empty() const { return value_.empty(); }
  // The one way to the text. Call it where the secret is used, and keep no copy.
  const std::string& reveal() const { return value_; }

  friend bool operator==(const Secret&, const Secret&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Secret& secret) {
    return out << (secret.empty() ? "" : "[secret]");
  }

 private:
  std::string value_;
};

}  // namespace risk
