#include "compiler/lower/conv_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "arch/base/ceil_divide.h"
#include "compiler/lower/constant_pool.h"
#include "compiler/lower/conv_cost.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kMaxReduction = 1 << 24;  ///< of one command, see isa::command_fault
constexpr std::int64_t kMaxSlots = 64;           ///< of a pool
/// Biases and scales, or weights, that take at most this part of the scratchpad are loaded at once.
constexpr std::int64_t kWholeShare = 16;

/// Sizes of equal parts that `total` can be cut into, the whole first, multiples of `multiple` but for the whole;
/// with `small`, down to 1.
std::vector<std::int64_t> part_sizes(std::int64_t total, std::int64_t multiple, bool small) {
  std::vector<std::int64_t> sizes = {total};
  for (std::int64_t parts = 2; sizes.back() > multiple; parts += std::max<std::int64_t>(1, parts / 2)) {
    const std::int64_t size = std::min(align_up(ceil_divide(total, parts), multiple), total);
    if (size < sizes.back()) sizes.push_back(size);
  }
  if (small)
    for (std::int64_t size = sizes.back() / 2; size >= 1; size /= 2) sizes.push_back(size);
  return sizes;
}

class Search {
 public:
  Search(const ConvShape& shape, const NpuConfig& config, std::int64_t budget_bytes)
      : shape_(shape), config_(config), budget_bytes_(budget_bytes), cost_(shape, config) {}

  std::optional<ConvPlan> best(bool small) {
    best_.reset();
    for (const auto& [groups, outputs] : channel_blocks(small))
      for (const std::int64_t inputs : part_sizes(shape_.inputs_per_group, config_.conv_core.mac_rows, small))
        for (const bool whole_input : {true, false})
          if ((whole_input || (inputs < shape_.inputs_per_group && !shape_.input_stays)) &&
              (groups == 1 || inputs == shape_.inputs_per_group))
            try_slots({.groups = groups, .outputs = outputs, .inputs = inputs, .whole_input = whole_input}, small);
    return best_;
  }

 private:
  std::vector<std::pair<std::int64_t, std::int64_t>> channel_blocks(bool small) const {
    const std::int64_t columns = config_.conv_core.mac_cols;
    std::vector<std::pair<std::int64_t, std::int64_t>> blocks;
    if (shape_.groups > 1)
      for (const std::int64_t groups :
           part_sizes(shape_.groups, std::max<std::int64_t>(1, columns / shape_.outputs_per_group), small))
        if (groups > 1) blocks.emplace_back(groups, shape_.outputs_per_group);
    for (const std::int64_t outputs : part_sizes(shape_.outputs_per_group, columns, small))
      blocks.emplace_back(1, outputs);
    return blocks;
  }

  void try_slots(ConvPlan plan, bool small) {
    if (plan.groups * plan.outputs > kMaxField16 || plan.inputs > kMaxField16 ||
        plan.inputs * shape_.rows.kernel * shape_.columns.kernel > kMaxReduction)
      return;
    const ConvTiles tiles = tiles_of(shape_, plan);
    const std::int64_t all_weights = tiles.channel() * tiles.reduction_parts;
    plan.whole_weights =
        all_weights == 1 || cost_.all_weight_bytes(plan) * kWholeShare <= config_.scratchpad.size_bytes;
    for (const bool channels_outside : {false, true}) {
      if (channels_outside && tiles.channel() == 1) continue;
      std::vector<std::int64_t> weight_slots = {1};
      if (!plan.whole_weights) {
        weight_slots.push_back(2);
        if (channels_outside && tiles.reduction_parts > 2) weight_slots.push_back(tiles.reduction_parts);
        if (!channels_outside && all_weights > 2) weight_slots.push_back(all_weights);
      }
      for (const std::int64_t weights : weight_slots) {
        if (weights > kMaxSlots) continue;
        plan.channels_outside = channels_outside;
        plan.weight_slots = weights;
        plan.whole_params = true;
        plan.param_slots = 1;
        plan.tile_height = plan.tile_width = 1;
        cost_.measure(plan);
        if (tiles.channel() > 1 &&
            (plan.bias_slot_bytes + plan.scale_slot_bytes) * kWholeShare > config_.scratchpad.size_bytes) {
          plan.whole_params = false;
          plan.param_slots =
              plan.whole_weights || weights == all_weights ? tiles.channel() : std::min<std::int64_t>(weights, 2);
        }
        for (const std::int64_t inputs : slot_counts(shape_.input_stays))
          for (const std::int64_t outputs : slot_counts(shape_.output_stays)) {
            plan.input_slots = inputs;
            plan.output_slots = outputs;
            try_spatial(plan, small);
          }
      }
    }
  }

  static std::vector<std::int64_t> slot_counts(bool stays) {
    return stays ? std::vector<std::int64_t>{0} : std::vector<std::int64_t>{2, 1};
  }

  void try_spatial(ConvPlan plan, bool small) {
    for (const std::int64_t width : part_sizes(shape_.columns.output, 8, small)) {
      plan.tile_width = width;
      const auto fits = [&](std::int64_t height) {
        plan.tile_height = height;
        const std::int64_t entries = height * width * ceil_divide(plan.outputs, config_.conv_core.mac_cols);
        return cost_.measure(plan) <= budget_bytes_ &&
               (plan.inputs == shape_.inputs_per_group || entries <= config_.conv_core.accumulator_entries) &&
               height <= kMaxField16 && width <= kMaxField16 && most_inputs(shape_.rows, height) <= kMaxField16 &&
               most_inputs(shape_.columns, width) <= kMaxField16;
      };
      std::int64_t greatest = 0;  // by bisection: what fits is monotone in the height
      for (std::int64_t low = 1, high = shape_.rows.output; low <= high;) {
        const std::int64_t middle = (low + high) / 2;
        if (fits(middle)) {
          greatest = middle;
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      if (greatest == 0) continue;
      std::int64_t parts = ceil_divide(shape_.rows.output, greatest);
      for (int step = 0, last = 0; step < 4 && parts <= shape_.rows.output; ++step, parts *= 2) {
        const std::int64_t height = ceil_divide(shape_.rows.output, parts);
        if (height == last) break;
        last = static_cast<int>(height);
        plan.tile_height = height;
        cost_.measure(plan);
        cost_.estimate(plan, best_ ? best_->cycles : std::numeric_limits<std::int64_t>::max());
        if (!best_ || plan.cycles < best_->cycles) best_ = plan;
      }
    }
  }

  ConvShape shape_;
  NpuConfig config_;
  std::int64_t budget_bytes_;
  ConvCost cost_;
  std::optional<ConvPlan> best_;
};

}  // namespace

ConvTiles tiles_of(const ConvShape& shape, const ConvPlan& plan) {
  return {ceil_divide(shape.rows.output, plan.tile_height), ceil_divide(shape.columns.output, plan.tile_width),
          ceil_divide(shape.groups, plan.groups), ceil_divide(shape.outputs_per_group, plan.outputs),
          ceil_divide(shape.inputs_per_group, plan.inputs)};
}

isa::Conv conv_command(const ConvShape& shape, const ConvPlan& plan, std::int64_t height, std::int64_t width,
                       std::int64_t groups, std::int64_t outputs, std::int64_t inputs) {
  isa::Conv conv;
  conv.output_height = height;
  conv.output_width = width;
  conv.output_channels = groups * outputs;
  conv.outputs_per_group = outputs;
  conv.inputs_per_group = inputs;
  conv.input_pixel_stride = plan.whole_input ? groups * shape.inputs_per_group : groups * inputs;
  conv.output_pixel_stride = conv.output_channels;
  conv.output_row_stride = width * conv.output_channels;
  conv.kernel_height = shape.rows.kernel;
  conv.kernel_width = shape.columns.kernel;
  conv.stride_height = shape.rows.stride;
  conv.stride_width = shape.columns.stride;
  conv.dilation_height = shape.rows.dilation;
  conv.dilation_width = shape.columns.dilation;
  conv.weight_bits = shape.weight_bits;
  return conv;
}

const std::optional<ConvPlan>& ConvPlanner::find(const ConvShape& shape, std::int64_t budget_bytes) {
  std::vector<std::int64_t> key = {budget_bytes,
                                   shape.groups,
                                   shape.inputs_per_group,
                                   shape.outputs_per_group,
                                   shape.weight_bits,
                                   shape.input_row_stride,
                                   shape.input_pixel_stride,
                                   shape.output_row_stride,
                                   shape.output_pixel_stride,
                                   shape.input_stays,
                                   shape.output_stays};
  for (const WindowAxis& axis : {shape.rows, shape.columns})
    for (const std::int64_t value : {axis.input, axis.output, axis.kernel, axis.stride, axis.dilation, axis.pad})
      key.push_back(value);
  const auto [at, is_new] = plans_.try_emplace(std::move(key));
  if (is_new) {
    Search search(shape, config_, budget_bytes);
    at->second = search.best(false);
    if (!at->second) at->second = search.best(true);
  }
  return at->second;
}

std::int64_t ConvPlanner::smallest_bytes(const ConvShape& shape) const {
  ConvPlan smallest{.tile_height = 1,
                    .tile_width = 1,
                    .groups = 1,
                    .outputs = 1,
                    .inputs = 1,
                    .whole_input = false,
                    .whole_params = false};
  return ConvCost(shape, config_).measure(smallest);
}

std::string to_string(const ConvShape& shape, const ConvPlan& plan) {
  const ConvTiles tiles = tiles_of(shape, plan);
  std::string text = fmt::format("{} tiles of {} x {} x {}", tiles.spatial() * tiles.channel(), plan.tile_height,
                                 plan.tile_width, plan.groups * plan.outputs);
  if (tiles.reduction_parts > 1) text += fmt::format(", {} parts of {} inputs", tiles.reduction_parts, plan.inputs);
  if (tiles.spatial() > 1 && tiles.channel() > 1)
    text += plan.channels_outside ? ", channel blocks outside" : ", spatial tiles outside";
  return text +
         fmt::format(", slots {} input {} weight {} output", plan.input_slots, plan.weight_slots, plan.output_slots) +
         (shape.input_stays ? ", input in place" : "");
}

}  // namespace evenshift::compiler
