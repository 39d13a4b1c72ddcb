#include "host/document_node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "arch/base/error.h"

namespace evenshift::host {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxValues = 1'000'000;

std::size_t count_values(const DocumentNode& node) {
  std::size_t count = 1;
  for (const DocumentNode& item : node.items) count += count_values(item);
  for (const auto& [key, value] : node.entries) count += count_values(value);
  return count;
}

/// Counts values and depth, so that neither deep nesting nor aliases to aliases can exhaust the memory.
class Limits {
 public:
  explicit Limits(const std::string& name) : name_(name) {}

  void check_depth(std::size_t depth) const {
    if (depth > kMaxDepth) fail("{}: nested deeper than {} levels", name_, kMaxDepth);
  }
  void add(std::size_t values) {
    values_ += values;
    if (values_ > kMaxValues) fail("{}: more than {} values", name_, kMaxValues);
  }

 private:
  const std::string& name_;
  std::size_t values_ = 0;
};

/// Builds the nodes from the parser's events, one document only: yaml-cpp 0.7 does not end on some broken texts when it
/// is asked for all documents.
class YamlBuilder : public YAML::EventHandler {
 public:
  explicit YamlBuilder(const std::string& name) : name_(name), limits_(name) {}

  DocumentNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    begin({DocumentNode::Kind::kNull, mark.line + 1, {}, {}, {}}, anchor);
    end();
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& value) override {
    begin({DocumentNode::Kind::kScalar, mark.line + 1, value, {}, {}}, anchor);
    end();
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) fail("{}:{}: an alias stands within what it names", name_, mark.line + 1);
    limits_.add(count_values(target->second));
    open_.push_back({target->second, YAML::NullAnchor, std::nullopt});
    open_.back().node.line = mark.line + 1;
    end();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin({DocumentNode::Kind::kSequence, mark.line + 1, {}, {}, {}}, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin({DocumentNode::Kind::kMap, mark.line + 1, {}, {}, {}}, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    DocumentNode node;
    YAML::anchor_t anchor;
    std::optional<DocumentNode> key;  ///< of a map, while its value is awaited
  };

  void begin(DocumentNode node, YAML::anchor_t anchor) {
    limits_.check_depth(open_.size());
    limits_.add(1);
    open_.push_back({std::move(node), anchor, std::nullopt});
  }

  void end() {
    DocumentNode node = std::move(open_.back().node);
    const YAML::anchor_t anchor = open_.back().anchor;
    open_.pop_back();
    if (anchor != YAML::NullAnchor) {
      limits_.add(count_values(node));
      anchors_[anchor] = node;
    }
    if (open_.empty())
      root_ = std::move(node);
    else if (open_.back().node.kind == DocumentNode::Kind::kSequence)
      open_.back().node.items.push_back(std::move(node));
    else
      add_to_map(open_.back(), std::move(node));
  }

  void add_to_map(Open& map, DocumentNode node) {
    if (!map.key) {
      if (node.kind != DocumentNode::Kind::kScalar) fail("{}:{}: a key must be a plain word", name_, node.line);
      map.key = std::move(node);
      return;
    }
    node.line = map.key->line;  // where the user looks
    map.node.entries.push_back({std::move(map.key->scalar), std::move(node)});
    map.key.reset();
  }

  const std::string& name_;
  Limits limits_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, DocumentNode> anchors_;
  DocumentNode root_;
};

/// Whether a second document follows.
class DocumentProbe : public YamlBuilder {
 public:
  using YamlBuilder::YamlBuilder;
  void OnDocumentStart(const YAML::Mark& mark) override { line = mark.line + 1; }
  int line = 0;
};

DocumentNode from_json(const nlohmann::json& json, Limits& limits, std::size_t depth) {
  limits.check_depth(depth);
  limits.add(1);
  DocumentNode node;
  if (json.is_array()) {
    node.kind = DocumentNode::Kind::kSequence;
    for (const auto& item : json) node.items.push_back(from_json(item, limits, depth + 1));
  } else if (json.is_object()) {
    node.kind = DocumentNode::Kind::kMap;
    for (const auto& [key, value] : json.items()) node.entries.push_back({key, from_json(value, limits, depth + 1)});
  } else if (!json.is_null() && !json.is_discarded()) {
    node.kind = DocumentNode::Kind::kScalar;
    node.scalar = json.is_string() ? json.get<std::string>()
                                   : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return node;
}

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
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    YamlBuilder builder(name);
    if (!parser.HandleNextDocument(builder)) return {};
    DocumentProbe second(name);
    if (parser.HandleNextDocument(second))
      fail("{}:{}: something follows the end of the YAML document that begins the file", name, second.line);
    return builder.take();
  } catch (const YAML::Exception& exception) {
    fail("{}:{}: not valid YAML: {}", name, std::max(exception.mark.line, 0) + 1, exception.msg);
  }
}

DocumentNode document_from_json(const nlohmann::json& json, const std::string& name) {
  Limits limits(name);
  return from_json(json, limits, 0);
}

}  // namespace evenshift::host
