#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arch/base/error.h"
#include "host/document_node.h"

namespace evenshift::host {

/// Collects the faults of one document, to be thrown together.
class Faults {
 public:
  explicit Faults(std::string name) : name_(std::move(name)) {}

  template <typename... Args>
  void add(int line, fmt::format_string<Args...> format, Args&&... args) {
    const std::string text = fmt::format(format, std::forward<Args>(args)...);
    lines_.push_back(line > 0 ? fmt::format("{}:{}: {}", name_, line, text) : fmt::format("{}: {}", name_, text));
  }
  /// Throws Error with all faults, if there are any.
  void throw_if_any() const {
    if (lines_.size() == 1) throw Error(lines_.front());
    if (!lines_.empty())
      throw Error(fmt::format("{} has {} faults:\n  {}", name_, lines_.size(), fmt::join(lines_, "\n  ")));
  }

 private:
  std::string name_;
  std::vector<std::string> lines_;
};

/// The whole of `text` as a number, or nothing. Reals must be finite.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if constexpr (std::floating_point<Number>)
    if (!std::isfinite(number)) return std::nullopt;
  return number;
}

/// Reads the keys of one map; a fault is noted and reading goes on.
class SectionReader {
 public:
  /// `path` is "" for the whole document. Refuses unknown and repeated keys.
  SectionReader(Faults& faults, const DocumentNode& node, std::string path,
                std::initializer_list<std::string_view> accepted);

  [[nodiscard]] bool is_map() const { return node_.kind == DocumentNode::Kind::kMap; }
  [[nodiscard]] int line() const { return node_.line; }
  /// `key` with the path of the section in front: "image.mean".
  [[nodiscard]] std::string full(std::string_view key) const;

  [[nodiscard]] const DocumentNode* optional(std::string_view key) const;
  /// Notes a fault that says what `key` must be where it is missing.
  const DocumentNode* required(std::string_view key, std::string_view what);

  /// Notes "'key' must be WHAT, but is ...".
  void mistyped(const DocumentNode& node, std::string_view key, std::string_view what);

  std::optional<std::string> text(const DocumentNode* node, std::string_view key, std::string_view what);
  std::optional<double> real(const DocumentNode* node, std::string_view key);
  std::optional<std::int64_t> integer(const DocumentNode* node, std::string_view key, std::int64_t least,
                                      std::int64_t most);
  /// A list of integers, each from `least` to `most`; `what` describes the whole list.
  std::optional<std::vector<std::int64_t>> integers(const DocumentNode* node, std::string_view key,
                                                    std::string_view what, std::int64_t least, std::int64_t most);
  /// One of the named values.
  template <typename Value>
  std::optional<Value> choice(const DocumentNode* node, std::string_view key,
                              std::initializer_list<std::pair<std::string_view, Value>> values) {
    if (!node) return std::nullopt;
    for (const auto& [word, value] : values)
      if (node->kind == DocumentNode::Kind::kScalar && node->scalar == word) return value;
    std::vector<std::string_view> words;
    for (const auto& [word, value] : values) words.push_back(word);
    mistyped(*node, key, fmt::format("one of {}", fmt::join(words, ", ")));
    return std::nullopt;
  }

  Faults& faults() { return faults_; }

 private:
  Faults& faults_;
  const DocumentNode& node_;
  std::string path_;
  std::string accepted_;
};

}  // namespace evenshift::host
