#include "compiler/lower/vector_estimate.h"

#include <algorithm>

namespace evenshift::compiler {

std::int64_t vector_cycles(const LayerView& layer, std::int64_t work) {
  const NpuConfig& config = layer.config();
  std::int64_t loaded = 0;
  for (std::size_t i = 0; i < layer.node.inputs.size(); ++i)
    if (!layer.input_stays(i)) loaded += layer.input(i).elements();
  const std::int64_t stored = layer.output().elements();
  const std::int64_t load = loaded / config.dma.bytes_per_cycle;
  const std::int64_t store = stored / config.dma.bytes_per_cycle;
  return std::max({work / config.vector_unit.lanes, load, store, (loaded + stored) / config.dram.bytes_per_cycle}) +
         (load + store) / 4;
}

}  // namespace evenshift::compiler
