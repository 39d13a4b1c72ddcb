#include "compiler/export/qdq_model.h"

#include <algorithm>
#include <map>

#include "compiler/export/onnx_writer.h"
#include "compiler/export/qdq_operators.h"

namespace evenshift::compiler {
namespace {

using Ints = std::vector<std::int64_t>;

bool is_gelu(const Node& node) {
  const auto* activation = std::get_if<Activation>(&node.op);
  return activation != nullptr && activation->function == Function::gelu;
}

Ints dimensions_of(const Shape& s) { return {1, s.channels, s.height, s.width}; }

/// Whether 4 dimensions are those of the shape with its channels last.
bool is_channels_last(const Value& value) {
  const Shape& s = value.shape;
  return value.dimensions != dimensions_of(s) && value.dimensions == Ints{1, s.height, s.width, s.channels};
}

class QdqModel {
 public:
  explicit QdqModel(const QuantizedGraph& network)
      : network_(network),
        graph_(network.graph),
        writer_(graph_.name, std::ranges::any_of(graph_.nodes, is_gelu) ? 20 : 13),
        names_(graph_.values.size()) {}

  std::vector<std::uint8_t> bytes() {
    // The names of the interface are taken first: nothing else may have them.
    for (const ValueId input : graph_.inputs) writer_.unique(graph_.value(input).name);
    for (const ValueId output : graph_.outputs) output_names_.push_back(writer_.unique(graph_.value(output).name));
    for (const ValueId input : graph_.inputs) add_input(input);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) add_node(n);
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) add_output(graph_.outputs[i], output_names_[i]);
    return writer_.serialized();
  }

 private:
  std::string& name(ValueId value) { return names_[static_cast<std::size_t>(value)]; }
  const QuantParams& params(ValueId value) const { return network_.values[static_cast<std::size_t>(value)]; }

  void add_input(ValueId id) {
    const Value& value = graph_.value(id);
    writer_.input(value.name, value.dimensions);
    std::string image = value.name;
    if (is_channels_last(value))
      image = writer_.node("Transpose", {image}, image + "/channels_first", {{"perm", Ints{0, 3, 1, 2}}});
    else if (value.dimensions != dimensions_of(value.shape))
      image = writer_.node("Reshape", {image, writer_.integers(image + "/shape", dimensions_of(value.shape))},
                           image + "/image");
    name(id) = quantized(image, id);
  }

  void add_node(std::size_t index) {
    const Node& node = graph_.nodes[index];
    QdqNode qdq{network_, index, {}};
    for (const ValueId input : node.inputs) qdq.inputs.push_back(name(input));
    const std::string result = add_operator(writer_, qdq);
    const bool is_host = std::holds_alternative<Softmax>(node.op) || host_made_[node.inputs[0]];
    host_made_[node.output] = is_host;
    name(node.output) = is_host ? result : quantized(result, node.output);
  }

  void add_output(ValueId id, const std::string& output) {
    const Value& value = graph_.value(id);
    writer_.output(output, value.dimensions);
    if (is_channels_last(value))
      writer_.node_for(output, "Transpose", {name(id)}, {{"perm", Ints{0, 2, 3, 1}}});
    else if (value.dimensions != dimensions_of(value.shape))
      writer_.node_for(output, "Reshape", {name(id), writer_.integers(output + "/shape", value.dimensions)});
    else
      writer_.node_for(output, "Identity", {name(id)});
  }

  /// The value rounded to its codes; ends of fewer than 8 bits are Clips.
  std::string quantized(std::string value, ValueId id) {
    const QuantParams& p = params(id);
    const std::string base = graph_.value(id).name;
    if (p.bits < 8) {
      const auto limit = [&](std::int32_t code, const char* suffix) {
        return writer_.floats(base + suffix, {}, {static_cast<float>((code - p.zero_point) * p.scale)});
      };
      value = writer_.node("Clip", {value, limit(p.min_code(), "/least"), limit(p.max_code(), "/most")},
                           base + "/codes_range");
    }
    const std::string scale = writer_.floats(base + "/scale", {}, {static_cast<float>(p.scale)});
    const std::string zero = writer_.bytes(base + "/zero_point", {}, {static_cast<std::int8_t>(p.zero_point)});
    const std::string codes = writer_.node("QuantizeLinear", {value, scale, zero}, base + "/codes");
    return writer_.node("DequantizeLinear", {codes, scale, zero}, base + "/real");
  }

  const QuantizedGraph& network_;
  const Graph& graph_;
  OnnxWriter writer_;
  std::vector<std::string> names_;  ///< of the real values, by ValueId
  std::vector<std::string> output_names_;
  std::map<ValueId, bool> host_made_;
};

}  // namespace

std::vector<std::uint8_t> qdq_model(const QuantizedGraph& network) { return QdqModel(network).bytes(); }

}  // namespace evenshift::compiler
