#include <algorithm>
#include <array>
#include <set>

#include "sources.hpp"

namespace risk::service {
namespace {

// Of docker compose and docker, which read the same file.
constexpr std::array<std::string_view, 3> kForeignPrefixes{"COMPOSE_", "DOCKER_", "BUILDKIT_"};
constexpr std::size_t kTypingErrorsMax = 2;

std::string family_of(std::string_view name) {
  return std::string(name.substr(0, name.find('_') + 1));
}

// The beginnings that several of our names share: DB_, SMTP_, …
std::set<std::string> families_of(const std::vector<std::string>& known) {
  std::set<std::string> once, shared;
  for (const auto& name : known) {
    const auto family = family_of(name);
    if (!family.empty() && !once.insert(family).second) shared.insert(family);
  }
  return shared;
}

bool is_foreign(const std::string& name) {
  return std::any_of(kForeignPrefixes.begin(), kForeignPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace

std::vector<std::string> unknown_variables(const std::string& path, const std::map<std::string, DotenvEntry>& entries,
                                           const std::vector<std::string>& known) {
  const auto families = families_of(known);
  std::map<std::size_t, std::string> by_line;
  for (const auto& [name, entry] : entries) {
    if (is_foreign(name) || std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto meant = nearest(name, known);
    const bool is_typo = meant && edit_distance(name, *meant) <= kTypingErrorsMax;
    if (!is_typo && !families.contains(family_of(name))) continue;  // somebody else's
    by_line[entry.line] = OptionOrigin{path + ":" + std::to_string(entry.line), name}.to_string() +
                          ": unknown setting" + (meant ? ", did you mean " + *meant + "?" : ", it sets nothing");
  }
  std::vector<std::string> warnings;
  for (auto& [line, warning] : by_line) warnings.push_back(std::move(warning));
  return warnings;
}

}  // namespace risk::service
