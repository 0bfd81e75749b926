// Reads YAML along the keys that are asked for, and notes every mistake with its place. Neither depth nor aliases can
// lead it astray, for nothing else is walked.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace risk::ingest {

// The mistakes of one file, in the order found.
class YamlMistakes {
 public:
  explicit YamlMistakes(std::string file) : file_(std::move(file)) {}

  // "desk.yaml:12: fields.price: …"
  void add(const YAML::Node& where, const std::string& key, const std::string& problem);
  // Of no line.
  void add(const std::string& problem) { lines_.push_back(file_ + ": " + problem); }
  // Of no file.
  void add_line(std::string line) { lines_.push_back(std::move(line)); }

  bool empty() const { return lines_.empty(); }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::string file_;
  std::vector<std::string> lines_;
};

// A node with the path that leads to it, "fields.price".
class YamlValue {
 public:
  YamlValue(YAML::Node node, std::string path, YamlMistakes& mistakes)
      : node_(std::move(node)), path_(std::move(path)), mistakes_(&mistakes) {}

  void fail(const std::string& problem) const { mistakes_->add(node_, path_, problem); }
  const std::string& path() const { return path_; }
  bool is_map() const { return node_.IsMap(); }
  bool is_scalar() const { return node_.IsScalar(); }

  // Each notes a mistake where the node is none of its kind; no value then.
  std::optional<std::string> text() const;  // may be empty
  std::optional<bool> flag() const;         // true or false
  std::optional<int> number(int min, int max) const;
  std::vector<std::string> texts(bool may_be_empty = false) const;    // one, or a sequence
  std::vector<std::pair<std::string, YamlValue>> entries() const;     // of a mapping, each key once
  std::vector<std::pair<std::string, std::string>> text_map() const;  // a mapping of texts
  std::vector<YamlValue> items() const;                               // of a sequence

 private:
  YAML::Node node_;
  std::string path_;
  YamlMistakes* mistakes_;
};

// A mapping of which all keys are known.
class YamlSection {
 public:
  // Notes every key that is not one of `keys`.
  YamlSection(const YamlValue& value, const std::vector<std::string_view>& keys);

  const YamlValue* find(std::string_view key) const;

 private:
  std::vector<std::pair<std::string, YamlValue>> entries_;
};

// The one document of `text`, a mapping; no value: it is none, which is noted.
std::optional<YamlValue> read_yaml(std::string_view text, YamlMistakes& mistakes);

}  // namespace risk::ingest
