#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "arch/base/parallel.h"
#include "arch/numerics/quantization.h"
#include "compiler/calibrate/calibrate.h"
#include "compiler/ir/graph.h"
#include "compiler/reconstruct/weight_training.h"

namespace evenshift::compiler {

struct ReconstructOptions {
  WeightTrainingOptions weights;
  bool error_feedback = true;  ///< start from feed_errors_back instead of the float weights
  bool train_bias = true;
  double bias_learning_rate = 1e-2;  ///< in units of the rounding noise of a channel's output
  std::int64_t max_convs = 2;        ///< of a block, see cut_into_blocks
  std::int64_t images = 512;         ///< of the calibration data, at most
  std::int64_t crop = 8;             ///< outputs a side that large blocks are cropped to; 0: whole images
  std::int64_t iterations = 150;     ///< steps a block
  std::int64_t batch = 32;           ///< samples a step
  std::int64_t memory_bytes = std::int64_t{1} << 30;  ///< for the images' states between two blocks
  std::uint64_t seed = 1;
  int threads = 0;  ///< 0: all of the machine's
  const CancelFlag* cancel = nullptr;
  /// Trained blocks are kept here, and taken from here where `unfinished_key` is the same; empty: nowhere. The key must
  /// name all that the result depends on.
  std::filesystem::path unfinished;
  std::uint64_t unfinished_key = 0;
};

/// A conv as reconstruction leaves it.
struct ReconstructedConv {
  TrainedWeights weights;
  std::vector<float> bias;
};

/// Mean squared error of a block's outputs over its samples, weights nearest on the given grids, and trained.
struct BlockReport {
  std::string first_node;
  std::string last_node;
  double loss_before = 0;
  double loss_after = 0;
};

struct Reconstruction {
  std::vector<ReconstructedConv> convs;  ///< in the order of the nodes
  std::vector<BlockReport> blocks;
};

/// Called with the number of blocks that are done, of how many.
using ReconstructProgress = std::function<void(std::int64_t done, std::int64_t blocks)>;

/// Trains the convs of a canonical graph block by block (cut_into_blocks) in the order of the data, so that each
/// block's output, computed with quantized weights from what the quantized blocks before it make, comes as near as it
/// can to the block's output in the float network:
///
///     loss = mean of (y_quantized(x_quantized) - y_float(x_float))²
///
/// (BRECQ, arXiv:2102.05426, with the asymmetric input of AdaRound, arXiv:2004.10568). `grids`: those of each
/// conv, in the order of the nodes; where exponents are trained, with power-of-two scales (msqe_grid). `quantization`:
/// QuantParams by ValueId, as from value_params, or none to leave activations in floats. Of nearest weights, weights
/// with error feedback and trained weights, a block keeps those with the least loss. Deterministic for any number of
/// threads and any instruction set. Memory: memory_bytes, and the samples of one block: images × the elements of its
/// input and output, twice that of crops. Throws Error where there is no image, and Cancelled.
Reconstruction reconstruct(const Graph& graph, std::span<const WeightGrid> grids,
                           std::span<const QuantParams> quantization, const CalibrationData& data,
                           const ReconstructOptions& options, const ReconstructProgress& progress = {});

}  // namespace evenshift::compiler
