#include "host/document_node.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "arch/base/error.h"

namespace evenshift::host {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxValues = 1'000'000;

/// Counts values and depth, so that aliases to aliases cannot fill the memory.
class Converter {
 public:
  explicit Converter(const std::string& name) : name_(name) {}

  DocumentNode convert(const YAML::Node& yaml, int depth) {
    DocumentNode node = begin(depth);
    node.line = yaml.Mark().line + 1;
    if (yaml.IsScalar()) {
      node.kind = DocumentNode::Kind::kScalar;
      node.scalar = yaml.Scalar();
    } else if (yaml.IsSequence()) {
      node.kind = DocumentNode::Kind::kSequence;
      for (const auto& item : yaml) node.items.push_back(convert(item, depth + 1));
    } else if (yaml.IsMap()) {
      node.kind = DocumentNode::Kind::kMap;
      for (const auto& entry : yaml) {
        const int line = entry.first.Mark().line + 1;
        if (!entry.first.IsScalar()) fail("{}:{}: a key must be a plain word", name_, line);
        node.entries.emplace_back(entry.first.Scalar(), convert(entry.second, depth + 1));
        node.entries.back().second.line = line;  // the line of the key is where the user looks
      }
    }
    return node;
  }

  DocumentNode convert(const nlohmann::json& json, int depth) {
    DocumentNode node = begin(depth);
    if (json.is_array()) {
      node.kind = DocumentNode::Kind::kSequence;
      for (const auto& item : json) node.items.push_back(convert(item, depth + 1));
    } else if (json.is_object()) {
      node.kind = DocumentNode::Kind::kMap;
      for (const auto& [key, value] : json.items()) node.entries.emplace_back(key, convert(value, depth + 1));
    } else if (!json.is_null() && !json.is_discarded()) {
      node.kind = DocumentNode::Kind::kScalar;
      node.scalar = json.is_string() ? json.get<std::string>()
                                     : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
    return node;
  }

 private:
  DocumentNode begin(int depth) {
    if (depth > kMaxDepth) fail("{}: nested deeper than {} levels", name_, kMaxDepth);
    if (++values_ > kMaxValues) fail("{}: more than {} values", name_, kMaxValues);
    return {};
  }

  const std::string& name_;
  std::size_t values_ = 0;
};

}  // namespace

const DocumentNode* DocumentNode::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, [](const auto& entry) -> std::string_view { return entry.first; });
  return found == entries.end() ? nullptr : &found->second;
}

std::string_view DocumentNode::kind_name() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a scalar";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "unknown";
}

DocumentNode document_from_yaml(const std::string& text, const std::string& name) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      fail("{}:{}: a second YAML document begins here; one is expected", name, documents[1].Mark().line + 1);
    if (documents.empty()) return {};
    return Converter(name).convert(documents.front(), 0);
  } catch (const YAML::Exception& exception) {
    fail("{}:{}: not valid YAML: {}", name, std::max(exception.mark.line, 0) + 1, exception.msg);
  }
}

DocumentNode document_from_json(const nlohmann::json& json, const std::string& name) {
  return Converter(name).convert(json, 0);
}

}  // namespace evenshift::host
