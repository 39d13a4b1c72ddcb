#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace evenshift::host {

struct DocumentEntry;

/// A YAML or JSON document as plain values that remember where they stood, so that one schema reads both.
struct DocumentNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  int line = 0;                        ///< counted from 1; 0 where there is no text (JSON)
  std::string scalar;                  ///< kScalar: the value as written
  std::vector<DocumentNode> items;     ///< kSequence
  std::vector<DocumentEntry> entries;  ///< kMap, in the order of the file; keys may repeat

  /// The first entry named `key`, or null.
  [[nodiscard]] const DocumentNode* find(std::string_view key) const;
  /// "a map", "a list", "a scalar", "nothing": for messages.
  [[nodiscard]] std::string_view kind_name() const;
};

/// A key of a map and what stands under it.
struct DocumentEntry {
  std::string first;
  DocumentNode second;
};

/// Parses YAML. Throws Error with `name`, the line and the parser's reason; also for more than one document, for keys
/// that are not scalars, for nesting deeper than 32 and for more than a million values (aliases are expanded).
DocumentNode document_from_yaml(const std::string& text, const std::string& name);

/// The same from JSON; lines are 0. Throws Error naming `name` for nesting deeper than 32.
DocumentNode document_from_json(const nlohmann::json& json, const std::string& name);

}  // namespace evenshift::host
