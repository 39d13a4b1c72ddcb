#include "arch/config/yaml_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>

#include "arch/base/atomic_file.h"
#include "arch/base/error.h"

namespace evenshift::yaml {
namespace {

Section parse_text(const std::string& text, const std::string& where) {
  try {
    YAML::Node node = YAML::Load(text);
    if (!node.IsMap()) fail("{}: a mapping of keys is expected at the top", where);
    return {node, where, ""};
  } catch (const YAML::Exception& error) {
    fail("{}:{}: not YAML: {}", where, error.mark.line + 1, error.msg);
  }
}

}  // namespace

void Faults::throw_if_any() const {
  if (!sentences_.empty()) throw Error(fmt::format("{}", fmt::join(sentences_, "\n")));
}

bool Section::has(const std::string& key) const { return node_.IsMap() && node_[key].IsDefined(); }

YAML::Node Section::get(const std::string& key) const {
  known_.insert(key);
  if (!has(key)) return YAML::Node(YAML::NodeType::Undefined);
  return node_[key];
}

Section Section::child(const std::string& key, Faults& faults) const {
  const std::string path = path_.empty() ? key : path_ + "." + key;
  const YAML::Node node = get(key);
  if (!node.IsDefined()) {
    faults.add(fmt::format("{}: the section is missing", locate(key)));
    return {YAML::Node(YAML::NodeType::Null), where_, path};
  }
  if (!node.IsMap()) {
    faults.add(fmt::format("{}: a mapping of keys is expected", locate(key)));
    return {YAML::Node(YAML::NodeType::Null), where_, path};
  }
  return {node, where_, path};
}

void Section::refuse_unknown(Faults& faults) const {
  if (!node_.IsMap()) return;
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    const auto key = entry.first.IsScalar() ? entry.first.Scalar() : std::string("?");
    if (!known_.contains(key))
      faults.add(fmt::format("{}: unknown key; known are {}", locate(key), fmt::join(known_, ", ")));
    else if (!seen.insert(key).second)
      faults.add(fmt::format("{}: the key is given twice", locate(key)));
  }
}

std::string Section::locate(const std::string& key) const {
  const std::string full = path_.empty() ? key : path_ + "." + key;
  const int line = has(key) ? node_[key].Mark().line + 1 : node_.IsMap() ? node_.Mark().line + 1 : 0;
  return line > 0 ? fmt::format("{}:{}: {}", where_, line, full) : fmt::format("{}: {}", where_, full);
}

Section read_file(const std::filesystem::path& path) { return parse_text(read_text_file(path), path.string()); }

Section read_text(const std::string& text, const std::string& where) { return parse_text(text, where); }

void parse(const std::string& text, const std::string& location, std::int64_t& value, std::int64_t low,
           std::int64_t high, Faults& faults) {
  std::int64_t parsed = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (status != std::errc() || end != text.data() + text.size() || parsed < low || parsed > high)
    faults.add(fmt::format("{}: an integer from {} to {} is expected, not '{}'", location, low, high, text));
  else
    value = parsed;
}

void parse(const std::string& text, const std::string& location, double& value, double low, double high,
           Faults& faults) {
  double parsed = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (status != std::errc() || end != text.data() + text.size() || !(parsed >= low && parsed <= high))
    faults.add(fmt::format("{}: a number from {} to {} is expected, not '{}'", location, low, high, text));
  else
    value = parsed;
}

void parse(const std::string& text, const std::string& location, bool& value, Faults& faults) {
  if (text == "true" || text == "false")
    value = text == "true";
  else
    faults.add(fmt::format("{}: true or false is expected, not '{}'", location, text));
}

void parse(const std::string& text, const std::string& location, std::string& value, Faults& faults) {
  if (text.empty())
    faults.add(fmt::format("{}: a text is expected", location));
  else
    value = text;
}

void parse(const std::string& text, const std::string& location, RoundingMode& value, Faults& faults) {
  if (const auto mode = rounding_mode_from_string(text))
    value = *mode;
  else
    faults.add(fmt::format("{}: one of {} is expected, not '{}'", location, fmt::join(kRoundingModeNames, ", "), text));
}

void parse(const std::string& text, const std::string& location, RequantScale& value, Faults& faults) {
  if (const auto scale = requant_scale_from_string(text))
    value = *scale;
  else
    faults.add(fmt::format("{}: one of {} is expected, not '{}'", location, fmt::join(kRequantScaleNames, ", "), text));
}

void Reader::open_section(const std::string& name, bool required) {
  if (name.empty()) return;
  if (!required && !top_.has(name)) {
    sections_.emplace_back(YAML::Node(YAML::NodeType::Null), top_.where(), name);
    static_cast<void>(top_.get(name));
    return;
  }
  sections_.push_back(top_.child(name, faults_));
}

std::optional<std::string> Reader::scalar(const std::string& key) {
  const Section& section = current();
  const YAML::Node node = section.get(key);
  if (!node.IsDefined()) {
    if (required_ && section.is_map()) faults_.add(fmt::format("{}: the key is missing", section.locate(key)));
    return std::nullopt;
  }
  if (!node.IsScalar()) {
    faults_.add(fmt::format("{}: a single value is expected", section.locate(key)));
    return std::nullopt;
  }
  return node.Scalar();
}

void Reader::finish() {
  top_.refuse_unknown(faults_);
  for (const Section& section : sections_) section.refuse_unknown(faults_);
}

void Writer::section(const std::string& name) {
  indent_ = name.empty() ? "  " : "    ";
  if (!name.empty()) text_ += "  " + name + ":\n";
}

std::string Writer::to_text(double value) { return fmt::format("{}", value); }

void Writer::write(const std::string& key, const std::string& value, const char* sentence) {
  text_ += fmt::format("{}{}: {}", indent_, key, value);
  if (with_comments_) text_ += fmt::format("  # {}", sentence);
  text_ += "\n";
}

}  // namespace evenshift::yaml
