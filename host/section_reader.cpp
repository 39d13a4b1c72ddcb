#include "host/section_reader.h"

#include <algorithm>
#include <set>

namespace evenshift::host {
namespace {

constexpr std::size_t kShownCharacters = 40;

std::string shown(const DocumentNode& node) {
  if (node.kind != DocumentNode::Kind::kScalar) return std::string(node.kind_name());
  if (node.scalar.size() <= kShownCharacters) return fmt::format("'{}'", node.scalar);
  return fmt::format("'{}...'", node.scalar.substr(0, kShownCharacters));
}

}  // namespace

SectionReader::SectionReader(Faults& faults, const DocumentNode& node, std::string path,
                             std::initializer_list<std::string_view> accepted)
    : faults_(faults), node_(node), path_(std::move(path)), accepted_(fmt::format("{}", fmt::join(accepted, ", "))) {
  if (!is_map()) {
    faults_.add(node.line, "{} must be a map with the keys {}, but is {}",
                path_.empty() ? "the document" : fmt::format("'{}'", path_), accepted_, shown(node));
    return;
  }
  std::set<std::string_view> seen;
  for (const auto& [key, value] : node.entries) {
    if (std::ranges::find(accepted, std::string_view(key)) == accepted.end())
      faults_.add(value.line, "unknown key '{}'; accepted: {}", full(key), accepted_);
    else if (!seen.insert(key).second)
      faults_.add(value.line, "key '{}' is given twice", full(key));
  }
}

std::string SectionReader::full(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

const DocumentNode* SectionReader::optional(std::string_view key) const { return node_.find(key); }

const DocumentNode* SectionReader::required(std::string_view key, std::string_view what) {
  const DocumentNode* found = node_.find(key);
  if (!found && is_map())
    faults_.add(node_.line, "key '{}' is missing: {}; accepted keys: {}", full(key), what, accepted_);
  return found;
}

void SectionReader::mistyped(const DocumentNode& node, std::string_view key, std::string_view what) {
  faults_.add(node.line, "'{}' must be {}, but is {}", full(key), what, shown(node));
}

std::optional<std::string> SectionReader::text(const DocumentNode* node, std::string_view key, std::string_view what) {
  if (!node) return std::nullopt;
  if (node->kind == DocumentNode::Kind::kScalar && !node->scalar.empty()) return node->scalar;
  mistyped(*node, key, what);
  return std::nullopt;
}

std::optional<double> SectionReader::real(const DocumentNode* node, std::string_view key) {
  if (!node) return std::nullopt;
  if (node->kind == DocumentNode::Kind::kScalar)
    if (const auto number = parse_number<double>(node->scalar)) return number;
  mistyped(*node, key, "a finite number");
  return std::nullopt;
}

std::optional<std::int64_t> SectionReader::integer(const DocumentNode* node, std::string_view key, std::int64_t least,
                                                   std::int64_t most) {
  if (!node) return std::nullopt;
  if (node->kind == DocumentNode::Kind::kScalar)
    if (const auto number = parse_number<std::int64_t>(node->scalar); number && *number >= least && *number <= most)
      return number;
  mistyped(*node, key, fmt::format("an integer from {} to {}", least, most));
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> SectionReader::integers(const DocumentNode* node, std::string_view key,
                                                                 std::string_view what, std::int64_t least,
                                                                 std::int64_t most) {
  if (!node) return std::nullopt;
  if (node->kind != DocumentNode::Kind::kSequence) {
    mistyped(*node, key, what);
    return std::nullopt;
  }
  std::vector<std::int64_t> numbers;
  for (const DocumentNode& item : node->items) {
    const auto number =
        item.kind == DocumentNode::Kind::kScalar ? parse_number<std::int64_t>(item.scalar) : std::nullopt;
    if (!number || *number < least || *number > most) {
      faults_.add(item.line > 0 ? item.line : node->line, "'{}' must be {}, each an integer from {} to {}; found {}",
                  full(key), what, least, most, shown(item));
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace evenshift::host
