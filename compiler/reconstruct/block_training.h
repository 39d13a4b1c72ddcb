#pragma once

#include <span>
#include <vector>

#include "compiler/reconstruct/block_samples.h"
#include "compiler/reconstruct/reconstruct.h"

namespace evenshift::compiler {

struct TrainedBlock {
  std::vector<ReconstructedConv> convs;
  double loss_before = 0;  ///< with nearest weights
  double loss_after = 0;
};

/// Trains the convs of one block on its samples: see reconstruct. `quantization` is by ValueId of the block.
TrainedBlock train_block(const BlockSamples& data, std::span<const WeightGrid> grids,
                         std::span<const QuantParams> quantization, const ReconstructOptions& options);

/// What the convs compute with.
std::vector<ConvParameters> dequantized(const std::vector<ReconstructedConv>& convs);

}  // namespace evenshift::compiler
