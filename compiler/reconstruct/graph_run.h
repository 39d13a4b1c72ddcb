#pragma once

#include <span>
#include <vector>

#include "arch/numerics/quantization.h"
#include "compiler/reconstruct/batch.h"

namespace evenshift::compiler {

/// Weights and biases of the convs of a graph, in the order of the nodes.
std::vector<ConvParameters> parameters_of(const Graph& graph);

/// Zeros of the same sizes.
std::vector<ConvParameters> zeros_like(const std::vector<ConvParameters>& parameters);

/// Adds b to a.
void accumulate(std::vector<ConvParameters>& a, const std::vector<ConvParameters>& b);

/// One batch of images on its way through a graph and back. Computes in the caller's thread, the same bytes on every
/// machine. Every operator but Softmax.
class GraphRun {
 public:
  /// `parameters` stand for the convs' own. `quantization`, by ValueId, or none at all: what a node makes is rounded to
  /// those codes (fake quantization); gradients pass straight through, and are 0 where a clamp or the codes' range cut.
  GraphRun(const Graph& graph, const std::vector<ConvParameters>& parameters, std::span<const QuantParams> quantization,
           std::int64_t images);

  /// Of a graph input, to be filled before forward; of other values, what forward made.
  Floats& value(ValueId id) { return values_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] BatchShape shape(ValueId id) const { return {graph_.value(id).shape, images_}; }

  void forward();

  /// Takes the gradients of some values, usually of the outputs, back to the weights and biases, and adds those to
  /// `gradients`. Graph inputs get none.
  struct Seed {
    ValueId value = -1;
    Floats gradient;
  };
  void backward(std::vector<Seed> seeds, std::vector<ConvParameters>& gradients);

 private:
  const Graph& graph_;
  const std::vector<ConvParameters>& parameters_;
  std::span<const QuantParams> quantization_;
  std::int64_t images_;
  std::vector<Floats> values_;         ///< by ValueId
  std::vector<Floats> before_limits_;  ///< by node, where it has a clamp or codes
};

/// round to the codes of `params`, and back: what an executor makes of a value.
void fake_quantize(const QuantParams& params, std::span<float> values);

}  // namespace evenshift::compiler
