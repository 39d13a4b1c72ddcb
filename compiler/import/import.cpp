#include "compiler/import/import.h"

#include <fmt/ranges.h>

#include "arch/base/error.h"
#include "compiler/import/expand_qoperators.h"
#include "compiler/import/graph_inputs.h"
#include "compiler/import/import_model.h"
#include "compiler/import/node_order.h"
#include "compiler/import/operators.h"

namespace evenshift::compiler {
namespace {

using namespace importer;

constexpr std::size_t kMostLines = 40;

bool depends_on_unsupported(ImportState& state, const OnnxNode& node) {
  for (const std::string& input : node.inputs) {
    if (input.empty()) continue;
    const Binding& binding = state.bindings[input];
    if (!binding.constant && !binding.view) return true;
  }
  return false;
}

bool has_only_constants(const NodeImport& node) {
  for (std::size_t i = 0; i < node.inputs(); ++i)
    if (node.has_input(i) && !node.is_constant(i)) return false;
  return true;
}

void import_node(NodeImport& node, const OperatorEntry& entry) {
  if (has_only_constants(node) && fold_constants(node)) return;
  entry.import(node);
}

/// Whether an output of a node that has been imported is read, but not there.
bool lacks_outputs(ImportState& state, const OnnxNode& node, const std::set<std::string>& read) {
  for (const std::string& output : node.outputs) {
    const Binding& binding = state.bindings[output];
    if (!output.empty() && read.contains(output) && !binding.constant && !binding.view) return true;
  }
  return false;
}

std::set<std::string> names_read(const OnnxModel& model, const std::vector<std::size_t>& order) {
  std::set<std::string> names(model.outputs.begin(), model.outputs.end());
  for (const std::size_t index : order)
    names.insert(model.nodes[index].inputs.begin(), model.nodes[index].inputs.end());
  return names;
}

std::string qualified_type(const OnnxNode& node) {
  return printable(node.domain.empty() ? node.op_type : node.domain + "." + node.op_type);
}

std::string known_names() {
  std::string names;
  for (const OperatorEntry& entry : known_operators())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", entry.op_type);
  return names;
}

[[noreturn]] void report(std::vector<std::string> lines, bool has_unknown, const std::string& known) {
  if (lines.size() > kMostLines) {
    const std::size_t more = lines.size() - kMostLines;
    lines.resize(kMostLines);
    lines.push_back(fmt::format("and {} more", more));
  }
  if (has_unknown) lines.push_back("supported operators: " + known);
  throw Error(fmt::format("{}", fmt::join(lines, "\n")));
}

}  // namespace

namespace importer {

Graph import_model(const OnnxModel& model, const std::string& known) {
  ImportState state{model, {}, {}, {}, {}};
  state.graph.name = model.graph_name.empty() ? model.path.stem().string() : model.graph_name;
  const std::vector<std::size_t> order = node_order(model);
  add_graph_inputs(state);
  for (const auto& [name, tensor] : model.initializers)
    state.bindings[name].constant = std::shared_ptr<const TensorData>(std::shared_ptr<void>(), &tensor);
  const std::set<std::string> read = names_read(model, order);
  std::vector<std::string> lines;
  bool has_unknown = false;
  for (const std::size_t index : order) {
    const OnnxNode& node = model.nodes[index];
    NodeImport import(state, node, index);
    if (!node.refusal.empty()) {
      has_unknown |= node.op_type.empty();
      lines.push_back(fmt::format("{}: {}", import.where(), node.refusal));
      continue;
    }
    const OperatorEntry* entry = node.domain.empty() ? find_operator(node.op_type) : nullptr;
    if (entry == nullptr) {
      has_unknown = true;
      lines.push_back(fmt::format("{}: the operator {} is not supported", import.where(), qualified_type(node)));
      continue;
    }
    if (depends_on_unsupported(state, node)) continue;
    try {
      import_node(import, *entry);
      if (lacks_outputs(state, node, read)) import.unsupported(Constraint::first_output);
    } catch (const Unsupported& unsupported) {
      lines.push_back(fmt::format("{}: {}", import.where(), sentence(unsupported.constraint)));
    }
  }
  const std::vector<std::string> output_lines = add_graph_outputs(state);
  lines.insert(lines.end(), output_lines.begin(), output_lines.end());
  if (!lines.empty()) report(std::move(lines), has_unknown, known);
  verify(state.graph, "import");
  return std::move(state.graph);
}

}  // namespace importer

Graph import_onnx(const std::filesystem::path& path) {
  OnnxModel model = read_onnx(path);
  expand_qoperators(model);
  return import_model(model, known_names());
}

bool is_tflite(const std::filesystem::path& path) { return path.extension() == ".tflite"; }

Graph import_network(const std::filesystem::path& path) {
  return is_tflite(path) ? import_tflite(path) : import_onnx(path);
}

}  // namespace evenshift::compiler
