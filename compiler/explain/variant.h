#pragma once

#include <optional>
#include <vector>

#include "arch/numerics/quantization.h"
#include "compiler/explain/likeness.h"
#include "compiler/ir/graph.h"
#include "compiler/reference/float_tensor.h"
#include "compiler/weights/plan_weights.h"

namespace evenshift::compiler {

/// The inputs of some images: [image][input of the graph].
using Images = std::vector<std::vector<FloatTensor>>;

/// A graph down to its first output: without the softmax there, which the host computes, and without nodes that lead
/// elsewhere.
Graph first_output_graph(const Graph& graph);

/// How a value is rounded to its codes.
enum class CodeRounding : std::uint8_t { nearest, down };

/// Rounds numbers to the codes of `params` and back.
void round_to_codes(const QuantParams& params, CodeRounding rounding, std::span<float> values);

/// A network that computes in floats, but with some of what quantization does: other weights, and values rounded to
/// codes.
struct Variant {
  Graph graph;                                     ///< with the weights that it has
  std::vector<std::optional<QuantParams>> values;  ///< by ValueId, those that are rounded; or empty: none
  CodeRounding rounding = CodeRounding::nearest;
};

/// Every value rounded.
std::vector<std::optional<QuantParams>> all_rounded(const std::vector<QuantParams>& params);

/// The outputs of a graph with one output, of every image. The same bytes for any number of threads. Throws Cancelled.
Outputs evaluate(const Variant& variant, const Images& images, const WorkContext& work);

/// Whether a node copies codes, so that it has no rounding of its own.
bool copies_codes(const Node& node);

/// Each input of a node once.
std::vector<ValueId> distinct_inputs(const Node& node);

/// Values that are there once the first `nodes` nodes are computed, and that later nodes read, ascending.
std::vector<ValueId> alive_after(const Graph& graph, std::size_t nodes);

}  // namespace evenshift::compiler
