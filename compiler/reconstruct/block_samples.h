#pragma once

#include <vector>

#include "compiler/reconstruct/sample_stream.h"

namespace evenshift::compiler {

/// What a block is trained on: its input in the quantized network, its output in the float network. Of large local
/// blocks, crops.
struct BlockSamples {
  struct Sample {
    std::vector<Floats> inputs;   ///< (c, y, x)
    std::vector<Floats> targets;  ///< by output of the block
    /// Output rows and columns that the crop's edges do not reach; the others do not count.
    std::int64_t top = 0, bottom = 0, left = 0, right = 0;
  };
  Graph graph;  ///< the block, for inputs of the samples' size
  std::vector<Sample> samples;
};

/// One sample an image, or two crops of `crop` outputs a side (without their margins) where the block is local and its
/// output larger than that. Positions depend on `seed` and the image alone.
BlockSamples take_samples(const BlockGraph& block, const SampleStream& stream, std::int64_t crop, std::uint64_t seed,
                          int threads, const CancelFlag* cancel);

/// Σ over the outputs and samples [first, end) in `order` of (output - target)², where it counts, with its gradient
/// with respect to the weights and biases added to `gradients`, unless that is null. `count` is the number of numbers
/// that count.
struct BlockError {
  double squares = 0;
  double count = 0;
};
BlockError block_error(const BlockSamples& data, std::span<const std::size_t> samples,
                       const std::vector<ConvParameters>& parameters, std::span<const QuantParams> quantization,
                       std::vector<ConvParameters>* gradients);

/// Σ x · xᵀ of the inputs of conv `conv` (among those of the block) over some samples, [groups][taps][taps].
Floats input_moments(const BlockSamples& data, std::span<const std::size_t> samples,
                     const std::vector<ConvParameters>& parameters, std::span<const QuantParams> quantization,
                     std::size_t conv);

}  // namespace evenshift::compiler
