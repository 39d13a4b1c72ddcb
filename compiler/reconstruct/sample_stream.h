#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/base/parallel.h"
#include "arch/numerics/quantization.h"
#include "compiler/calibrate/calibrate.h"
#include "compiler/reconstruct/blocks.h"
#include "compiler/reconstruct/graph_run.h"

namespace evenshift::compiler {

/// An image at the inputs of a block, in the float network and in the quantized one.
struct ImageState {
  std::vector<Floats> float_inputs;
  std::vector<Floats> quantized_inputs;
};

/// Takes calibration images through the blocks of a network, in floats and quantized side by side. What it holds is at
/// most `memory_bytes`: the states before a block are kept where they fit, and computed again from the images, or from
/// the last states that did, where they do not.
class SampleStream {
 public:
  struct Options {
    std::int64_t images = 0;  ///< of the calibration data, evenly spaced
    std::int64_t memory_bytes = 0;
    int threads = 0;
    const CancelFlag* cancel = nullptr;
  };

  SampleStream(const Graph& graph, const std::vector<BlockGraph>& blocks, const CalibrationData& data,
               std::span<const QuantParams> quantization, const Options& options);

  [[nodiscard]] std::int64_t images() const { return images_; }
  /// Quantization of the values of block `index`, by its ValueId; none where the network's activations are floats.
  [[nodiscard]] std::span<const QuantParams> quantization(std::size_t index) const { return quantization_[index]; }

  /// Image `image` at the first block that `advance` has not passed. Any thread.
  [[nodiscard]] ImageState state(std::int64_t image) const;

  /// Passes a block, whose convs have `quantized` parameters from here on.
  void advance(std::vector<ConvParameters> quantized);

 private:
  [[nodiscard]] ImageState first_state(std::int64_t image) const;

  const std::vector<BlockGraph>& blocks_;
  const CalibrationData& data_;
  Options options_;
  std::int64_t images_;
  std::vector<QuantParams> input_quantization_;
  std::vector<std::vector<QuantParams>> quantization_;
  std::vector<std::vector<ConvParameters>> float_parameters_;
  std::vector<std::vector<ConvParameters>> quantized_parameters_;  ///< of the blocks that were passed
  std::vector<ImageState> kept_;                                   ///< by image, at the inputs of block kept_block_
  std::size_t kept_block_ = 0;
};

}  // namespace evenshift::compiler
