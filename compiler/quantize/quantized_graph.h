#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/weight_layout.h"
#include "arch/numerics/elementwise.h"
#include "arch/numerics/quantization.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Integers of a conv. weights: as Conv::weights. bias: of the accumulator, the zero-point term -z_x · Σ w included.
/// The effective scale of channel c is what isa::channel_scales makes of `layer_scale` and `channel_scales`.
struct QuantizedConv {
  int weight_bits = 8;
  std::vector<std::int8_t> weights;
  std::vector<std::int32_t> bias;
  FixedPointScale layer_scale;
  std::vector<isa::ChannelScale> channel_scales;  ///< one an output channel
  OutputRange range;
};

struct QuantizedAdd {
  AddScales scales;
  OutputRange range;
};

struct QuantizedMultiply {
  MultiplyScales scales;
  OutputRange range;
};

/// A signed multiplier and a shift, as the tables of average_pool hold them.
struct Rescale {
  std::int32_t multiplier = 0;
  std::int32_t shift = 0;
};

/// by_count[t - 1] where t taps lie inside; a single entry where the number of taps does not matter.
struct QuantizedAveragePool {
  std::int32_t input_zero_point = 0;  ///< what is subtracted from each code: z_x, or 0 where z_x = z_y need not be
  std::vector<Rescale> by_count;
  OutputRange range;
};

/// table[code + 128].
struct QuantizedLookup {
  std::array<std::int8_t, 256> table{};
};

struct QuantizedParametricRelu {
  std::int32_t multiplier = 0;
  std::vector<std::int32_t> negative_multipliers;
  std::int32_t shift = 0;
  OutputRange range;
};

/// One entry an input: how its codes become the output's; nothing where they are copied.
struct QuantizedConcat {
  std::vector<std::optional<Rescale>> rescales;
  OutputRange range;
};

/// Codes are copied: max_pool, resize, pad (with `value`), reshape.
struct QuantizedCopy {
  std::int8_t pad_code = 0;
};

using QuantizedOperator = std::variant<QuantizedCopy, QuantizedConv, QuantizedAdd, QuantizedMultiply,
                                       QuantizedAveragePool, QuantizedLookup, QuantizedParametricRelu, QuantizedConcat>;

/// A network in integers: what lowering turns into commands, and what the integer evaluator runs directly. The graph
/// has been through the passes: no affine, and reshape and softmax only at its outputs.
struct QuantizedGraph {
  Graph graph;
  NpuConfig config;
  std::vector<QuantParams> values;       ///< by ValueId
  std::vector<QuantizedOperator> nodes;  ///< beside graph.nodes
};

}  // namespace evenshift::compiler
