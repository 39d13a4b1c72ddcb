#include "compiler/reconstruct/reconstruct.h"

#include "compiler/reconstruct/block_training.h"
#include "compiler/reconstruct/kept_blocks.h"

namespace evenshift::compiler {

Reconstruction reconstruct(const Graph& graph, std::span<const WeightGrid> grids,
                           std::span<const QuantParams> quantization, const CalibrationData& data,
                           const ReconstructOptions& options, const ReconstructProgress& progress) {
  std::vector<BlockGraph> blocks;
  for (const Block& block : cut_into_blocks(graph, options.max_convs)) blocks.push_back(block_graph(graph, block));
  SampleStream stream(graph, blocks, data, quantization,
                      {options.images, options.memory_bytes, options.threads, options.cancel});
  const KeptBlocks kept(options.unfinished, options.unfinished_key);
  Reconstruction result;
  result.convs.resize(grids.size());
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const BlockGraph& block = blocks[b];
    std::vector<WeightGrid> of_block;
    for (const std::size_t conv : block.conv_indices) of_block.push_back(grids[conv]);
    TrainedBlock trained;
    if (!of_block.empty()) {
      if (auto before = kept.load(b)) {
        trained = std::move(*before);
      } else {
        const BlockSamples samples =
            take_samples(block, stream, options.crop, options.seed, options.threads, options.cancel);
        trained = train_block(samples, of_block, stream.quantization(b), options);
        kept.store(b, trained);
      }
      result.blocks.push_back(
          {block.graph.nodes.front().name, block.graph.nodes.back().name, trained.loss_before, trained.loss_after});
    }
    stream.advance(dequantized(trained.convs));
    for (std::size_t i = 0; i < trained.convs.size(); ++i)
      result.convs[block.conv_indices[i]] = std::move(trained.convs[i]);
    if (progress) progress(static_cast<std::int64_t>(b + 1), static_cast<std::int64_t>(blocks.size()));
  }
  return result;
}

}  // namespace evenshift::compiler
