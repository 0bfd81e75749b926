#include "yaml_reader.hpp"

#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <sstream>

#include "risk/base/join.hpp"
#include "risk/base/text.hpp"

namespace risk::ingest {
namespace {

class IgnoredEvents : public YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// YAML::Load() leaves what stands behind the first document unread, and YAML::LoadAll() never ends where that is no
// document ("a ]").
bool has_second_document(const std::string& text) {
  std::istringstream input(text);
  YAML::Parser parser(input);
  IgnoredEvents ignored;
  return parser.HandleNextDocument(ignored) && parser.HandleNextDocument(ignored);
}

}  // namespace

void YamlMistakes::add(const YAML::Node& where, const std::string& key, const std::string& problem) {
  lines_.push_back(file_ + ":" + std::to_string(where.Mark().line + 1) + ": " +
                   (key.empty() ? "" : printable(key) + ": ") + problem);
}

std::optional<std::string> YamlValue::text() const {
  if (!node_.IsScalar()) {
    fail(node_.IsNull() ? "no value" : "one text is allowed");
    return std::nullopt;
  }
  if (!is_valid_utf8(node_.Scalar())) {
    fail("not valid UTF-8");
    return std::nullopt;
  }
  return node_.Scalar();
}

std::optional<bool> YamlValue::flag() const {
  const auto word = text();
  if (!word) return std::nullopt;
  if (*word != "true" && *word != "false") {
    fail("value \"" + printable(*word) + "\": allowed: true, false");
    return std::nullopt;
  }
  return *word == "true";
}

std::optional<int> YamlValue::number(int min, int max) const {
  const auto word = text();
  if (!word) return std::nullopt;
  const auto value = parse_whole<int>(*word);
  if (!value || *value < min || *value > max) {
    fail("value \"" + printable(*word) + "\": allowed: a whole number from " + std::to_string(min) + " to " +
         std::to_string(max));
    return std::nullopt;
  }
  return value;
}

std::vector<std::string> YamlValue::texts(bool may_be_empty) const {
  std::vector<std::string> found;
  const auto add = [&found, may_be_empty](const YamlValue& value) {
    auto word = value.text();
    if (!word) return;
    if (word->empty() && !may_be_empty) return value.fail("an empty text");
    found.push_back(*std::move(word));
  };
  if (node_.IsSequence()) {
    for (const YamlValue& item : items()) add(item);
    if (found.empty() && node_.size() == 0) fail("an empty list");
  } else {
    add(*this);
  }
  return found;
}

std::vector<std::pair<std::string, YamlValue>> YamlValue::entries() const {
  std::vector<std::pair<std::string, YamlValue>> found;
  if (!node_.IsMap()) {
    fail("not a mapping of KEY: VALUE");
    return found;
  }
  for (const auto& pair : node_) {
    if (!pair.first.IsScalar() || !is_valid_utf8(pair.first.Scalar())) {
      mistakes_->add(pair.first, path_, "a key that is not a text");
      continue;
    }
    const std::string& key = pair.first.Scalar();
    const std::string path = path_.empty() ? key : path_ + "." + key;
    const bool is_known = std::any_of(found.begin(), found.end(), [&key](const auto& e) { return e.first == key; });
    if (is_known) {
      mistakes_->add(pair.first, path, "given twice");
      continue;
    }
    found.emplace_back(key, YamlValue(pair.second, path, *mistakes_));
  }
  return found;
}

std::vector<std::pair<std::string, std::string>> YamlValue::text_map() const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [key, value] : entries()) {
    if (auto word = value.text()) found.emplace_back(key, *std::move(word));
  }
  return found;
}

std::vector<YamlValue> YamlValue::items() const {
  std::vector<YamlValue> found;
  if (!node_.IsSequence()) {
    fail("not a list");
    return found;
  }
  for (const auto& item : node_) found.emplace_back(item, path_, *mistakes_);
  return found;
}

YamlSection::YamlSection(const YamlValue& value, const std::vector<std::string_view>& keys)
    : entries_(value.entries()) {
  for (const auto& [key, entry] : entries_) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      entry.fail("unknown key: allowed: " + join(keys, ", "));
    }
  }
}

const YamlValue* YamlSection::find(std::string_view key) const {
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [key](const auto& e) { return e.first == key; });
  return entry == entries_.end() ? nullptr : &entry->second;
}

std::optional<YamlValue> read_yaml(std::string_view text, YamlMistakes& mistakes) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  try {
    if (has_second_document(std::string(text))) {
      mistakes.add("something stands behind the end of the first document");
      return std::nullopt;
    }
    const YAML::Node document = YAML::Load(std::string(text));
    if (!document.IsMap()) {
      mistakes.add("not a mapping of KEY: VALUE");
      return std::nullopt;
    }
    return YamlValue(document, "", mistakes);
  } catch (const YAML::Exception& error) {
    mistakes.add("line " + std::to_string(error.mark.line + 1) + ": not valid YAML: " + printable(error.msg));
    return std::nullopt;
  }
}

}  // namespace risk::ingest
