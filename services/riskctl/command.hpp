// What the commands of riskctl have in common: how they fail, and how they ask the engine.
#pragma once

#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>
#include <vector>

#include "risk/base/text.hpp"
#include "risk/wire/control.hpp"
#include "riskctl/options.hpp"

namespace risk::riskctl {

// The words make no command.
struct UsageError {
  std::string reason;
};
// It cannot be done.
struct Refusal {
  std::string reason;
};

// Throws UsageError. Precondition: there is a word.
void expect_words(const std::vector<std::string>& words, std::size_t min, std::size_t max);

// The word as a whole number; `what` it is, "ID". Throws UsageError.
template <class T>
T number(const std::string& word, const char* what) {
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) {
    throw UsageError{std::string(what) + " \"" + printable(word) + "\" is not a whole number"};
  }
  return value;
}

// The engine's answer to what was done. Throws UsageError where the command cannot be sent, Refusal where it is not
// done.
wire::CommandReply ask(const Options& options, const wire::Command& command);

}  // namespace risk::riskctl
