#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

#include "risk/base/join.hpp"
#include "risk/base/text.hpp"
#include "risk/service/file.hpp"
#include "sources.hpp"

namespace risk::service {
namespace {

constexpr std::size_t kConfigBytesMax = 1024 * 1024;
constexpr std::string_view kPlainTag = "?";  // of a scalar without quotes

// Walks the file along the declared keys only, so that neither depth nor aliases can lead it astray.
class Reader {
 public:
  Reader(std::string path, std::vector<Option>& options, std::vector<std::string> foreign_sections, Mistakes& mistakes)
      : path_(std::move(path)), options_(options), foreign_(std::move(foreign_sections)), mistakes_(mistakes) {}

  void read(std::string text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.rfind(kByteOrderMark, 0) == 0) text.erase(0, kByteOrderMark.size());
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines_.push_back(line);
    try {
      const auto documents = YAML::LoadAll(text);
      if (documents.empty() || documents.front().IsNull()) return;
      if (documents.size() > 1) return mistakes_.add(place(documents[1].Mark(), ""), "a second document");
      if (!documents.front().IsMap()) {
        return mistakes_.add(place(documents.front().Mark(), ""), "not a mapping: allowed: sections of KEY: VALUE");
      }
      read_section(documents.front(), "");
    } catch (const YAML::Exception& error) {
      // What follows a colon is a piece of the file ("anchor is not defined: …"), perhaps of a password.
      mistakes_.add(place(error.mark, ""), "not valid YAML: " + error.msg.substr(0, error.msg.find(':')));
    }
  }

 private:
  OptionOrigin place(const YAML::Mark& mark, const std::string& key) const {
    return {path_ + ":" + std::to_string(mark.line + 1), printable(key)};
  }

  // yaml-cpp keeps every pair of a repeated key and finds the first: the reader of the file could not know.
  bool is_repeated(std::map<std::string, int>& lines, const YAML::Node& key, const std::string& path) {
    const int line = key.Mark().line + 1;
    const auto [known, added] = lines.emplace(key.Scalar(), line);
    if (!added) mistakes_.add(place(key.Mark(), path), "given twice; first in line " + std::to_string(known->second));
    return !added;
  }

  bool is_name(const YAML::Node& key, const std::string& section) {
    if (key.IsScalar()) return true;
    mistakes_.add(place(key.Mark(), section), "a key that is not a plain name");
    return false;
  }

  void read_section(const YAML::Node& section, const std::string& prefix) {
    std::map<std::string, int> lines;
    for (const auto& pair : section) {
      if (!is_name(pair.first, prefix)) continue;
      // A line without its colon is all key to YAML; what follows the first word may be a password.
      const std::string word = pair.first.Scalar().substr(0, pair.first.Scalar().find_first_of(" \t"));
      const std::string key = prefix.empty() ? word : prefix + "." + word;
      if (word != pair.first.Scalar()) {
        mistakes_.add(place(pair.first.Mark(), key), "not KEY: VALUE; a colon may be missing");
        continue;
      }
      if (!is_repeated(lines, pair.first, key)) read_pair(key, pair.first.Mark(), pair.second);
    }
  }

  void read_pair(const std::string& key, const YAML::Mark& mark, const YAML::Node& value) {
    const auto option = std::find_if(options_.begin(), options_.end(),
                                     [&](const Option& o) { return !key.empty() && o.spec.key == key; });
    if (option != options_.end()) return read_option(*option, place(mark, key), value);
    if (is_section(key)) {
      if (value.IsMap()) return read_section(value, key);
      if (!value.IsNull()) mistakes_.add(place(mark, key), "not a section: allowed: " + join(children_of(key), ", "));
      return;
    }
    if (!is_foreign(key)) note_unknown(key, mark);
  }

  bool is_foreign(const std::string& key) const {
    return std::any_of(foreign_.begin(), foreign_.end(), [&](const std::string& each) {
      return each == key || (each.ends_with(".*") && key.starts_with(each.substr(0, each.size() - 1)));
    });
  }

  void read_option(Option& option, const OptionOrigin& at, const YAML::Node& value) {
    if (option.kind == Option::Kind::kRecords) return read_records(option, at, value);
    if (value.IsScalar()) {
      const bool may_span_lines = option.kind == Option::Kind::kSecret && value.Tag() != kPlainTag;
      if (may_span_lines || is_one_line(at, value)) apply_text(option, at, value.Scalar(), mistakes_);
      return;
    }
    const bool is_list = option.kind == Option::Kind::kList;
    const bool is_map = option.kind == Option::Kind::kMap;
    if (is_list && value.IsSequence()) return read_list(option, at, value);
    if (is_map && value.IsMap()) return read_map(option, at, value);
    if ((is_list || is_map) && value.IsNull()) return;
    if (value.IsNull()) return mistakes_.add(at, "no value; leave the line out for the default");
    const char* const allowed = is_list  ? "a sequence, or words with commas between"
                                : is_map ? "a mapping, or NAME=VALUE,NAME=VALUE"
                                         : "one value";
    mistakes_.add(at, std::string("not a plain value: allowed: ") + allowed);
  }

  void read_list(Option& option, const OptionOrigin& at, const YAML::Node& sequence) {
    option.origin = at.where;
    std::vector<Item> items;
    for (const auto& item : sequence) {
      const OptionOrigin item_place{place(item.Mark(), "").where, at.name};
      if (!item.IsScalar()) {
        mistakes_.add(item_place, "an item that is not a plain value");
      } else if (is_one_line(item_place, item)) {
        items.push_back({item_place, item.Scalar()});
      }
    }
    apply_items(option, items, mistakes_);
  }

  void read_map(Option& option, const OptionOrigin& at, const YAML::Node& map) {
    option.origin = at.where;
    std::map<std::string, int> lines;
    for (const auto& pair : map) {
      if (!is_name(pair.first, at.name)) continue;
      const std::string& name = pair.first.Scalar();
      const OptionOrigin entry = place(pair.first.Mark(), option.spec.key + "." + name);
      if (is_repeated(lines, pair.first, option.spec.key + "." + name)) continue;
      if (!pair.second.IsScalar()) {
        mistakes_.add(entry, "not a plain value: allowed: one value");
      } else if (is_one_line(entry, pair.second)) {
        apply_entry(option, entry, name, pair.second.Scalar(), mistakes_);
      }
    }
  }

  void read_records(Option& option, const OptionOrigin& at, const YAML::Node& sequence) {
    option.origin = at.where;
    if (sequence.IsNull()) return;
    if (!sequence.IsSequence())
      return mistakes_.add(at, "not a sequence: allowed: records, each KEY: VALUE lines after a -");
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      const std::string name = option.spec.key + "[" + std::to_string(i + 1) + "]";
      const OptionOrigin record_at = place(sequence[i].Mark(), name);
      if (!sequence[i].IsMap()) {
        mistakes_.add(record_at, "not a record: allowed: KEY: VALUE lines");
        continue;
      }
      auto record = option.begin_record(name + ".");
      Reader fields(path_, record.options, {}, mistakes_);
      fields.lines_ = lines_;
      fields.read_section(sequence[i], name);
      for (const auto& check : record.checks) {
        for (const auto& line : check()) note_record_mistake(record, record_at, line);
      }
    }
  }

  // With the place of the field that it begins with, else with that of the record.
  void note_record_mistake(const OptionRecord& record, const OptionOrigin& at, const std::string& line) {
    const std::string key = at.name + "." + line.substr(0, line.find_first_of(" :"));
    const auto field = std::find_if(record.options.begin(), record.options.end(),
                                    [&](const Option& o) { return o.spec.key == key && !o.origin.empty(); });
    mistakes_.add_line((field == record.options.end() ? at.where : field->origin) + ": " + at.name + "." + line);
  }

  // A line without its colon becomes part of the value above it: caught here, and not shown, for it may be a password.
  bool is_one_line(const OptionOrigin& at, const YAML::Node& scalar) {
    const auto line = static_cast<std::size_t>(scalar.Mark().line);
    const auto column = static_cast<std::size_t>(scalar.Mark().column);
    std::string_view rest = line < lines_.size() ? std::string_view(lines_[line]) : std::string_view();
    rest.remove_prefix(std::min(column, rest.size()));
    while (!rest.empty() && (rest.front() == '&' || rest.front() == '!')) {  // an anchor, a tag
      rest.remove_prefix(std::min(rest.find(' '), rest.size()));
      rest = trimmed(rest);
    }
    const bool quoted = !rest.empty() && (rest.front() == '"' || rest.front() == '\'');
    if (quoted ? rest.find(rest.front(), 1) != std::string_view::npos : rest.rfind(scalar.Scalar(), 0) == 0)
      return true;
    mistakes_.add(at, "runs over several lines: allowed: one line, and a colon after each key");
    return false;
  }

  bool is_section(const std::string& key) const {
    return std::any_of(options_.begin(), options_.end(), [&](const Option& o) {
      return o.spec.key.size() > key.size() && o.spec.key[key.size()] == '.' && o.spec.key.rfind(key, 0) == 0;
    });
  }

  // The full keys right below a section, each once, in the order of declaration.
  std::vector<std::string> children_of(const std::string& section) const {
    const std::string prefix = section.empty() ? "" : section + ".";
    std::vector<std::string> children;
    const auto add = [&](const std::string& key) {
      if (key.empty() || key.rfind(prefix, 0) != 0) return;
      auto child = key.substr(0, key.find('.', prefix.size()));
      if (std::find(children.begin(), children.end(), child) == children.end()) children.push_back(std::move(child));
    };
    for (const auto& option : options_) add(option.spec.key);
    for (const auto& key : foreign_) add(key);
    return children;
  }

  void note_unknown(const std::string& key, const YAML::Mark& mark) {
    const auto dot = key.rfind('.');
    const auto siblings = children_of(dot == std::string::npos ? "" : key.substr(0, dot));
    auto meant = nearest(key, siblings);
    if (!meant) meant = nearest(key, every_key());
    const auto hint = meant              ? "; did you mean " + *meant + "?"
                      : siblings.empty() ? ""
                                         : ": allowed: " + join(siblings, ", ");
    mistakes_.add(place(mark, key), "unknown key" + hint);
  }

  std::vector<std::string> every_key() const {
    std::vector<std::string> keys;
    for (const auto& option : options_) keys.push_back(option.spec.key);
    return keys;
  }

  std::string path_;
  std::vector<std::string> lines_;
  std::vector<Option>& options_;
  const std::vector<std::string> foreign_;
  Mistakes& mistakes_;
};

}  // namespace

void apply_yaml(const std::string& path, std::vector<Option>& options, const std::vector<std::string>& foreign_sections,
                Mistakes& mistakes) {
  const auto text = read_small_file(path, kConfigBytesMax);
  if (!text) return mistakes.add_quoting("--config: cannot read ", path, ": " + text.error().reason);
  Reader(printable(path), options, foreign_sections, mistakes).read(*text);
}

}  // namespace risk::service
