#include "simulator/scenario/scenario.hpp"

#include <algorithm>
#include <iterator>

namespace risk::simulator {
namespace {

struct NamedPart {
  std::string_view name;
  ScenarioPart part;
};
constexpr NamedPart kParts[] = {
    {"duplicates", ScenarioPart::kDuplicates},  {"reversals", ScenarioPart::kReversals},
    {"wild-prices", ScenarioPart::kWildPrices}, {"late-fills", ScenarioPart::kLateFills},
    {"splits", ScenarioPart::kSplits},          {"renames", ScenarioPart::kRenames},
    {"prices", ScenarioPart::kPrices},          {"currencies", ScenarioPart::kCurrencies},
    {"futures", ScenarioPart::kFutures},
};
constexpr std::string_view kAll = "all", kNone = "none";

std::string joined(const Scenario& scenario, std::string_view separator) {
  std::string text;
  for (const auto& [name, part] : kParts) {
    if (scenario.has(part)) text.append(text.empty() ? "" : separator).append(name);
  }
  return text;
}

}  // namespace

Scenario Scenario::all() {
  Scenario scenario;
  for (const auto& each : kParts) scenario.add(each.part);
  return scenario;
}

std::optional<Scenario> Scenario::parse(std::string_view text) {
  if (text == kAll) return all();
  if (text == kNone) return none();
  Scenario scenario;
  while (true) {
    const auto comma = text.find(',');
    const auto name = text.substr(0, comma);
    const auto* const found =
        std::find_if(std::begin(kParts), std::end(kParts), [&](const NamedPart& each) { return each.name == name; });
    if (found == std::end(kParts) || scenario.has(found->part)) return std::nullopt;
    scenario.add(found->part);
    if (comma == text.npos) return scenario;
    text.remove_prefix(comma + 1);
  }
}

std::string Scenario::allowed() {
  return "all, none, or with commas between them some of " + joined(all(), ", ");
}

std::string Scenario::to_string() const {
  if (is_none()) return std::string(kNone);
  return *this == all() ? std::string(kAll) : joined(*this, ",");
}

}  // namespace risk::simulator
