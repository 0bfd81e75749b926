// What a simulation with a scenario publishes in so much time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "simulator/generator.hpp"

namespace risk::simulator {

inline constexpr Timestamp kStart{1'726'821'360'000'000'000};  // 2024-09-20T08:36:00Z

struct Timed {
  std::chrono::nanoseconds due;
  wire::Input input;
};

inline Scenario of(const char* names) {
  return Scenario::parse(names).value();
}

inline GeneratorOptions options_of(const char* names, std::uint64_t seed = 1) {
  return {.seed = seed, .id_prefix = "T" + std::to_string(seed) + "-", .scenario = of(names)};
}

inline std::vector<Timed> generate(const GeneratorOptions& options, std::chrono::nanoseconds time,
                                   Timestamp start = kStart) {
  Generator generator(options, start);
  std::vector<Timed> all;
  Timed next;
  while ((next.due = generator.next(next.input)) < time) all.push_back(next);
  return all;
}

template <class T>
std::vector<T> all_of(const std::vector<Timed>& all) {
  std::vector<T> found;
  for (const auto& each : all) {
    if (const auto* value = std::get_if<T>(&each.input)) found.push_back(*value);
  }
  return found;
}

inline double number(Quantity quantity) {
  return static_cast<double>(quantity.units()) / kDecimalScale;
}
inline double number(Price price) {
  return static_cast<double>(price.units()) / kDecimalScale;
}
inline bool is_listed_for_the_flow(const std::string& symbol) {
  const auto listings = make_listings(30);
  return std::any_of(listings.begin(), listings.end(), [&](const auto& each) { return each.symbol.text == symbol; });
}

}  // namespace risk::simulator
