#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/calibrate/channel_statistics.h"
#include "compiler/equalize/factor_bounds.h"
#include "compiler/ir/graph.h"

namespace evenshift::compiler {

struct ValueChannel {
  ValueId value = -1;
  std::int64_t channel = 0;
};

/// An output channel of a conv where it produces, an input channel where it reads.
struct ConvChannel {
  std::size_t node = 0;
  std::int64_t channel = 0;
};

/// Channels of values that one positive factor C scales without changing the network: with the producers' weights and
/// biases · C, all members are · C, and with the readers' weights · 1/C nothing else moves.
struct ScaleGroup {
  std::vector<ValueChannel> members;   ///< in order of ValueId
  std::vector<ConvChannel> producers;  ///< in topological order, one at least
  std::vector<ConvChannel> readers;
  FactorBounds bounds;
};

/// The groups of a canonical graph. Channels that an operator ties to each other are in one group:
///
///     conv              ties nothing: it produces its outputs and reads its inputs. Depthwise, grouped and dense
///     convs,
///                       flattening included, are no exception
///     add, subtract     operands and result, a broadcast operand (C, 1, 1) too
///     multiply          one operand keeps factor 1 (the second, unless the first has to), the other and the result are
///                       tied
///     max_pool, average_pool, resize, parametric_relu, leaky_relu, abs, negate, a padding with 0
///                       input and result, as f(C · x) = C · f(x)
///     concat            each input's channels and their places in the result
///     clamps            a limit of 0 and none are homogeneous; others see clamp_bounds
///     all else          input and result keep factor 1: functions that are not homogeneous, reshapes and softmax at
///                       outputs
///
/// Graph inputs, graph outputs and values whose quantization parameters are given keep factor 1, and so does every
/// group that one of these is in. Source: the graph rules of "Same, Same But Different", arXiv:1902.01917, section 4,
/// carried on to all operators.
class ScaleGroups {
 public:
  /// Without `statistics` (no values), clamps with a limit that is finite and not 0 keep factor 1.
  ScaleGroups(const Graph& graph, const ActivationStatistics& statistics, ClampRule rule);

  /// Those that may have another factor than 1, in order of their first producer and its channels.
  [[nodiscard]] const std::vector<ScaleGroup>& groups() const { return groups_; }

  /// Index of the group of a channel; nothing where it keeps factor 1.
  [[nodiscard]] std::optional<std::size_t> group_of(ValueId value, std::int64_t channel) const;

  /// Indices of groups whose values are tied to each other in some channel (all channels of a layer, of a residual
  /// chain, of the branches of a concat), in order of their first producer.
  [[nodiscard]] const std::vector<std::vector<std::size_t>>& bundles() const { return bundles_; }

  /// By ValueId, a number that is the same for values whose codes share one range: input and result of max_pool,
  /// resize, padding and concat.
  [[nodiscard]] const std::vector<std::size_t>& range_classes() const { return range_classes_; }

 private:
  std::vector<std::size_t> first_channels_;  ///< by ValueId, index of channel 0 in group_by_channel_
  std::vector<std::optional<std::size_t>> group_by_channel_;
  std::vector<ScaleGroup> groups_;
  std::vector<std::vector<std::size_t>> bundles_;
  std::vector<std::size_t> range_classes_;
};

}  // namespace evenshift::compiler
