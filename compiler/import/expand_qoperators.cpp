#include "compiler/import/expand_qoperators.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace evenshift::compiler::importer {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr std::size_t kNone = 99;

/// Where an operator has its operands: each is a tensor, its scale and its zero point.
struct Form {
  std::string_view domain, type, becomes;
  std::vector<std::size_t> operands;
  std::size_t result_scale = kNone;  ///< followed by the zero point
  std::size_t bias = kNone;
  bool has_weights = false;  ///< the second operand
};

const std::vector<Form>& forms() {
  static const std::vector<Form> kForms = {
      {"", "QLinearConv", "Conv", {0, 3}, 6, 8, true},
      {"", "QLinearMatMul", "MatMul", {0, 3}, 6, kNone, true},
      {kMicrosoft, "QGemm", "Gemm", {0, 3}, 7, 6, true},
      {kMicrosoft, "QLinearAdd", "Add", {0, 3}, 6},
      {kMicrosoft, "QLinearMul", "Mul", {0, 3}, 6},
      {kMicrosoft, "QLinearAveragePool", "AveragePool", {0}, 3},
      {kMicrosoft, "QLinearGlobalAveragePool", "GlobalAveragePool", {0}, 3},
      {kMicrosoft, "QLinearLeakyRelu", "LeakyRelu", {0}, 3},
      {kMicrosoft, "QLinearSigmoid", "Sigmoid", {0}, 3},
      {kMicrosoft, "QLinearSoftmax", "Softmax", {0}, 3},
  };
  return kForms;
}

class Expansion {
 public:
  Expansion(OnnxModel& model, const OnnxNode& node, const Form& form) : model_(model), node_(node), form_(form) {}

  /// The nodes that take the place of the node; nothing where it cannot be expanded.
  std::optional<std::vector<OnnxNode>> run() {
    if (node_.outputs.empty()) return std::nullopt;
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < form_.operands.size(); ++i) {
      const std::size_t at = form_.operands[i];
      inputs.push_back(dequantized({input(at), input(at + 1), input(at + 2)}, i == 1 && form_.has_weights));
    }
    if (form_.bias != kNone && !input(form_.bias).empty()) {
      const auto scale = bias_scale();
      if (!scale) return std::nullopt;
      inputs.push_back(dequantized({input(form_.bias), *scale}, false));
    }
    const bool stays_real = input(form_.result_scale).empty();
    const std::string result = stays_real ? node_.outputs[0] : made("result");
    OnnxNode real{
        node_.name, std::string(form_.becomes), "", std::move(inputs), {result}, node_.attributes, node_.op_type, ""};
    nodes_.push_back(std::move(real));
    if (!stays_real)
      nodes_.push_back({node_.name,
                        "QuantizeLinear",
                        "",
                        {result, input(form_.result_scale), input(form_.result_scale + 1)},
                        {node_.outputs[0]},
                        {},
                        node_.op_type,
                        ""});
    return std::move(nodes_);
  }

 private:
  std::string input(std::size_t index) const { return index < node_.inputs.size() ? node_.inputs[index] : ""; }
  std::string made(const char* what) { return fmt::format("{}/{}{}", node_.outputs[0], what, nodes_.size()); }

  std::string dequantized(std::vector<std::string> inputs, bool is_weights) {
    const std::string real = made("real");
    OnnxNode node{node_.name, "DequantizeLinear", "", std::move(inputs), {real}, {}, node_.op_type, ""};
    node.attributes["axis"] = is_weights ? weight_axis() : std::int64_t{0};
    nodes_.push_back(std::move(node));
    return real;
  }

  /// The axis of the weights that is the output channels.
  std::int64_t weight_axis() const {
    if (form_.becomes == "Conv") return 0;
    const auto transposed = node_.attributes.find("transB");
    const auto* value = transposed == node_.attributes.end() ? nullptr : std::get_if<std::int64_t>(&transposed->second);
    return value != nullptr && *value != 0 ? 0 : 1;
  }

  /// An initializer of the product of both operands' scales.
  std::optional<std::string> bias_scale() {
    const auto first = model_.initializers.find(input(form_.operands[0] + 1));
    const auto second = model_.initializers.find(input(form_.operands[1] + 1));
    const bool is_known = first != model_.initializers.end() && second != model_.initializers.end();
    if (!is_known || first->second.reals.size() != 1 || second->second.reals.empty()) return std::nullopt;
    TensorData product = second->second;
    product.name = made("bias_scale");
    for (float& scale : product.reals) scale *= first->second.reals[0];
    const std::string name = product.name;
    model_.initializers.insert_or_assign(name, std::move(product));
    return name;
  }

  OnnxModel& model_;
  const OnnxNode& node_;
  const Form& form_;
  std::vector<OnnxNode> nodes_;
};

}  // namespace

std::vector<std::string_view> qoperator_names() {
  std::vector<std::string_view> names;
  for (const Form& form : forms()) names.push_back(form.type);
  return names;
}

void expand_qoperators(OnnxModel& model) {
  std::vector<OnnxNode> nodes;
  for (const OnnxNode& node : model.nodes) {
    const auto form = std::ranges::find_if(
        forms(), [&](const Form& known) { return known.domain == node.domain && known.type == node.op_type; });
    auto expanded = form == forms().end() ? std::nullopt : Expansion(model, node, *form).run();
    if (!expanded)
      nodes.push_back(node);
    else
      nodes.insert(nodes.end(), std::make_move_iterator(expanded->begin()), std::make_move_iterator(expanded->end()));
  }
  model.nodes = std::move(nodes);
}

}  // namespace evenshift::compiler::importer
