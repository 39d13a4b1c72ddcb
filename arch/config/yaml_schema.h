#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "arch/numerics/requantize.h"

/// Strict reading of YAML: unknown, missing and ill-typed keys are refused by name, all faults are collected, then
/// thrown once.
namespace evenshift::yaml {

/// Every fault found so far; `throw_if_any` joins them into one Error, a line each.
class Faults {
 public:
  void add(std::string sentence) { sentences_.push_back(std::move(sentence)); }
  [[nodiscard]] bool empty() const { return sentences_.empty(); }
  [[nodiscard]] const std::vector<std::string>& sentences() const { return sentences_; }
  void throw_if_any() const;

 private:
  std::vector<std::string> sentences_;
};

/// A mapping of a file. Keys that were not asked for by the time `refuse_unknown` is called are faults.
class Section {
 public:
  /// `path` is the dotted key of the mapping ("" at the top); `where` is the file's name.
  Section(YAML::Node node, std::string where, std::string path)
      : node_(std::move(node)), where_(std::move(where)), path_(std::move(path)) {}

  [[nodiscard]] bool has(const std::string& key) const;
  [[nodiscard]] bool is_map() const { return node_.IsMap(); }
  /// The mapping under `key`; a fault and an empty section when it is missing or not a mapping.
  [[nodiscard]] Section child(const std::string& key, Faults& faults) const;
  /// The node under `key`, null when missing. Marks it as known.
  [[nodiscard]] YAML::Node get(const std::string& key) const;
  void refuse_unknown(Faults& faults) const;
  /// "file.yaml:12: npu.conv_core.mac_rows"
  [[nodiscard]] std::string locate(const std::string& key) const;
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  YAML::Node node_;
  std::string where_;
  std::string path_;
  mutable std::set<std::string> known_;
};

/// The top mapping of a file or of a text. Throws Error for a file that cannot be read or is not YAML.
Section read_file(const std::filesystem::path& path);
Section read_text(const std::string& text, const std::string& where);

// Parse one scalar; on failure add "<location>: <what is allowed>, not '<text>'" and leave `value` alone.
void parse(const std::string& text, const std::string& location, std::int64_t& value, std::int64_t low,
           std::int64_t high, Faults& faults);
void parse(const std::string& text, const std::string& location, double& value, double low, double high,
           Faults& faults);
void parse(const std::string& text, const std::string& location, bool& value, Faults& faults);
void parse(const std::string& text, const std::string& location, std::string& value, Faults& faults);
void parse(const std::string& text, const std::string& location, RoundingMode& value, Faults& faults);
void parse(const std::string& text, const std::string& location, RequantScale& value, Faults& faults);

/// Reads required fields of `section` through a `visit_…` function of a config struct.
class Reader {
 public:
  Reader(const Section& top, Faults& faults, bool required = true) : top_(top), faults_(faults), required_(required) {}
  void section(const std::string& name) { open_section(name, required_); }
  /// A section that may be missing: its fields keep their values.
  void optional_section(const std::string& name) { open_section(name, false); }
  template <typename T, typename... Rest>
  void field(const std::string& key, T& value, Rest&&... rest) {
    if (const auto text = scalar(key)) parse_with(*text, current().locate(key), value, std::forward<Rest>(rest)...);
  }
  /// Refuses unknown keys of every visited section.
  void finish();

 private:
  template <typename T>
  void parse_with(const std::string& text, const std::string& location, T& value, const char*) {
    parse(text, location, value, faults_);
  }
  template <typename T, typename Bound>
  void parse_with(const std::string& text, const std::string& location, T& value, Bound low, Bound high, const char*) {
    parse(text, location, value, static_cast<T>(low), static_cast<T>(high), faults_);
  }
  void open_section(const std::string& name, bool required);
  std::optional<std::string> scalar(const std::string& key);
  const Section& current() const { return sections_.empty() ? top_ : sections_.back(); }

  const Section& top_;
  Faults& faults_;
  bool required_;
  std::vector<Section> sections_;
};

/// Sets the one field that `key` names, as "section.key" or as "key" alone.
class Setter {
 public:
  Setter(std::string key, std::string value, Faults& faults)
      : key_(std::move(key)), value_(std::move(value)), faults_(faults) {}
  void section(const std::string& name) { section_ = name; }
  void optional_section(const std::string& name) { section(name); }
  template <typename T, typename... Rest>
  void field(const std::string& key, T& value, Rest&&... rest) {
    const std::string full = section_.empty() ? key : section_ + "." + key;
    if (key_ != full && key_ != key) return;
    ++matches_;
    parse_with(value, std::forward<Rest>(rest)...);
  }
  /// How many fields had that name: 0 when none; more than 1 when a bare key is not unique.
  [[nodiscard]] int matches() const { return matches_; }

 private:
  template <typename T>
  void parse_with(T& value, const char*) {
    parse(value_, "--set " + key_, value, faults_);
  }
  template <typename T, typename Bound>
  void parse_with(T& value, Bound low, Bound high, const char*) {
    parse(value_, "--set " + key_, value, static_cast<T>(low), static_cast<T>(high), faults_);
  }

  std::string key_;
  std::string value_;
  Faults& faults_;
  std::string section_;
  int matches_ = 0;
};

/// Writes fields as YAML text, two spaces an indentation level, below `root`.
class Writer {
 public:
  explicit Writer(const std::string& root, bool with_comments = false)
      : text_(root + ":\n"), with_comments_(with_comments) {}
  void section(const std::string& name);
  void optional_section(const std::string& name) { section(name); }
  template <typename T, typename... Rest>
  void field(const std::string& key, const T& value, Rest&&... rest) {
    write(key, to_text(value), last(std::forward<Rest>(rest)...));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static const char* last(const char* sentence) { return sentence; }
  template <typename Bound>
  static const char* last(Bound, Bound, const char* sentence) {
    return sentence;
  }
  static std::string to_text(std::int64_t value) { return std::to_string(value); }
  static std::string to_text(double value);
  static std::string to_text(bool value) { return value ? "true" : "false"; }
  static std::string to_text(const std::string& value) { return value; }
  static std::string to_text(RoundingMode value) { return std::string(to_string(value)); }
  static std::string to_text(RequantScale value) { return std::string(to_string(value)); }
  void write(const std::string& key, const std::string& value, const char* sentence);

  std::string text_;
  std::string indent_ = "  ";
  bool with_comments_;
};

}  // namespace evenshift::yaml
