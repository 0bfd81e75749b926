// The parameters of a request, each judged as it is read. The first mistake is kept, named with the parameter and its
// value; read all parameters, then ask problem(). A parameter that nobody read is a mistake too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/timestamp.hpp"
#include "risk/engine/types.hpp"

namespace risk::gateway {

class Query {
 public:
  explicit Query(std::string_view raw);  // as after the '?'

  std::optional<std::string> text(std::string_view name);
  std::optional<std::string> id(std::string_view name);  // as text, but a possible client id or symbol
  std::optional<std::uint64_t> whole(std::string_view name, std::uint64_t min, std::uint64_t max);
  std::optional<Timestamp> time(std::string_view name);
  // One of `names`; no value when absent or wrong.
  std::optional<std::string_view> word(std::string_view name, std::span<const std::string_view> names);

  // Names of the enumeration E, separated by commas, each once; empty when absent or wrong.
  template <class E>
  std::vector<E> enums(std::string_view name, std::span<const std::string_view> names) {
    std::vector<E> values;
    for (const std::string_view known : words(name, names)) values.push_back(*engine::parse_enum<E>(known));
    return values;
  }

  std::optional<std::string> problem() const;

 private:
  struct Parameter {
    std::string name;
    std::string value;
    bool read = false;
  };
  std::vector<std::string_view> words(std::string_view name, std::span<const std::string_view> names);
  void mistake(std::string text);

  std::vector<Parameter> parameters_;
  std::optional<std::string> first_mistake_;
};

}  // namespace risk::gateway
