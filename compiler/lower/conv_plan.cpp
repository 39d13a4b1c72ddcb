#include "compiler/lower/conv_plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "arch/base/check.h"
#include "arch/datapath/conv_timing.h"
#include "arch/isa/weight_layout.h"
#include "compiler/lower/constant_pool.h"
#include "compiler/lower/tile_copy.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kMaxField16 = 65535;      ///< what a command's 16-bit sizes hold
constexpr std::int64_t kMaxReduction = 1 << 24;  ///< of one command, see isa::command_fault
constexpr std::int64_t kMaxSlots = 64;           ///< of a pool
constexpr std::int64_t kCyclesOfCommand = 48;    ///< what a command is taken to cost besides its work
/// Biases and scales, or weights, that take at most this part of the scratchpad are loaded at once.
constexpr std::int64_t kWholeShare = 16;

constexpr std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

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

/// How often each size of tile occurs along one axis.
using SizeCounts = std::vector<std::pair<std::int64_t, std::int64_t>>;

SizeCounts parts_of(std::int64_t total, std::int64_t size) {
  SizeCounts counts;
  if (total >= size) counts.emplace_back(size, total / size);
  if (total % size != 0) counts.emplace_back(total % size, 1);
  return counts;
}

SizeCounts input_parts(const WindowAxis& axis, std::int64_t tile) {
  std::map<std::int64_t, std::int64_t> counts;
  for (std::int64_t first = 0; first < axis.output; first += tile)
    ++counts[input_span(axis, first, std::min(tile, axis.output - first)).count];
  return {counts.begin(), counts.end()};
}

class Search {
 public:
  Search(const ConvShape& shape, const NpuConfig& config, std::int64_t budget_bytes)
      : shape_(shape), config_(config), budget_bytes_(budget_bytes) {}

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

  /// Scratchpad bytes of a plan, whose slot sizes it fills in.
  std::int64_t measure(ConvPlan& plan) const {
    const std::int64_t tile_inputs = plan.groups * (plan.whole_input ? shape_.inputs_per_group : plan.inputs);
    const std::int64_t channels = plan.groups * plan.outputs;
    plan.input_slot_bytes =
        most_inputs(shape_.rows, plan.tile_height) * most_inputs(shape_.columns, plan.tile_width) * tile_inputs;
    plan.output_slot_bytes = plan.tile_height * plan.tile_width * channels;
    plan.weight_slot_bytes = plan.whole_weights ? all_weight_bytes(plan) : largest_weight_bytes(plan);
    plan.bias_slot_bytes = plan.whole_params ? 4 * shape_.output_channels() : 4 * channels;
    plan.scale_slot_bytes =
        plan.whole_params ? all_scale_bytes(plan) : isa::packed_scale_bytes(config_.requantizer, channels);
    return plan.scratchpad_bytes =
               plan.input_slots * align_up(plan.input_slot_bytes) +
               plan.weight_slots * align_up(plan.weight_slot_bytes) +
               plan.param_slots * (align_up(plan.bias_slot_bytes) + align_up(plan.scale_slot_bytes)) +
               plan.output_slots * align_up(plan.output_slot_bytes);
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

  std::int64_t largest_weight_bytes(const ConvPlan& plan) const {
    return weight_bytes(plan, plan.groups, plan.outputs, plan.inputs);
  }

  std::int64_t weight_bytes(const ConvPlan& plan, std::int64_t groups, std::int64_t outputs,
                            std::int64_t inputs) const {
    return isa::packed_weight_bytes(conv_command(shape_, plan, 1, 1, groups, outputs, inputs),
                                    config_.conv_core.mac_cols);
  }

  std::int64_t all_weight_bytes(const ConvPlan& plan) const {
    std::int64_t bytes = 0;
    for (const auto& [groups, group_count] : parts_of(shape_.groups, plan.groups))
      for (const auto& [outputs, output_count] : parts_of(shape_.outputs_per_group, plan.outputs))
        for (const auto& [inputs, input_count] : parts_of(shape_.inputs_per_group, plan.inputs))
          bytes += group_count * output_count * input_count * weight_bytes(plan, groups, outputs, inputs);
    return bytes;
  }

  std::int64_t all_scale_bytes(const ConvPlan& plan) const {
    std::int64_t bytes = 0;
    for (const auto& [groups, group_count] : parts_of(shape_.groups, plan.groups))
      for (const auto& [outputs, output_count] : parts_of(shape_.outputs_per_group, plan.outputs))
        bytes += group_count * output_count * isa::packed_scale_bytes(config_.requantizer, groups * outputs);
    return bytes;
  }

  void try_slots(ConvPlan plan, bool small) {
    if (plan.groups * plan.outputs > kMaxField16 || plan.inputs > kMaxField16 ||
        plan.inputs * shape_.rows.kernel * shape_.columns.kernel > kMaxReduction)
      return;
    const ConvTiles tiles = tiles_of(shape_, plan);
    const std::int64_t all_weights = tiles.channel() * tiles.reduction_parts;
    plan.whole_weights = all_weights == 1 || all_weight_bytes(plan) * kWholeShare <= config_.scratchpad.size_bytes;
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
        measure(plan);
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
        return measure(plan) <= budget_bytes_ &&
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
        measure(plan);
        estimate(plan);
        if (!best_ || plan.cycles < best_->cycles) best_ = plan;
      }
    }
  }

  std::int64_t compute_cycles(const ConvPlan& plan) {
    std::int64_t cycles = 0;
    for (const auto& [height, height_count] : parts_of(shape_.rows.output, plan.tile_height))
      for (const auto& [width, width_count] : parts_of(shape_.columns.output, plan.tile_width))
        for (const auto& [groups, group_count] : parts_of(shape_.groups, plan.groups))
          for (const auto& [outputs, output_count] : parts_of(shape_.outputs_per_group, plan.outputs))
            cycles += height_count * width_count * group_count * output_count *
                      reduction_cycles(plan, height, width, groups, outputs);
    return cycles;
  }

  /// Cycles of the commands that continue each other over all parts of the reduction; the last one finishes.
  std::int64_t reduction_cycles(const ConvPlan& plan, std::int64_t height, std::int64_t width, std::int64_t groups,
                                std::int64_t outputs) {
    const std::int64_t before_last = ceil_divide(shape_.inputs_per_group, plan.inputs) - 1;
    const std::int64_t last = shape_.inputs_per_group - before_last * plan.inputs;
    std::int64_t cycles = command_cycles(plan, height, width, groups, outputs, last, true);
    if (before_last > 0)
      cycles += before_last * command_cycles(plan, height, width, groups, outputs, plan.inputs, false);
    return cycles;
  }

  std::int64_t command_cycles(const ConvPlan& plan, std::int64_t height, std::int64_t width, std::int64_t groups,
                              std::int64_t outputs, std::int64_t inputs, bool finishes) {
    const auto [at, is_new] =
        timings_.try_emplace({height, width, groups, outputs, inputs, finishes, plan.whole_input}, 0);
    if (is_new) {
      isa::Conv command = conv_command(shape_, plan, height, width, groups, outputs, inputs);
      command.finishes = finishes;
      at->second = datapath::conv_timing(command, config_).cycles;
    }
    return at->second;
  }

  CopyCost copy_of_tiles(const SizeCounts& heights, const SizeCounts& widths, std::int64_t channels,
                         std::int64_t row_stride, std::int64_t pixel_stride) const {
    CopyCost sum;
    for (const auto& [height, height_count] : heights)
      for (const auto& [width, width_count] : widths) {
        const Box box{.height = height, .width = width, .channels = channels};
        const CopyCost one = copy_cost(config_, box, row_stride, pixel_stride);
        sum.commands += one.commands * height_count * width_count;
        sum.cycles += one.cycles * height_count * width_count;
        sum.bytes += one.bytes * height_count * width_count;
      }
    return sum;
  }

  void estimate(ConvPlan& plan) {
    const ConvTiles tiles = tiles_of(shape_, plan);
    const std::int64_t input_parts_count = plan.whole_input ? 1 : tiles.reduction_parts;
    const std::int64_t blocks = tiles.channel();

    // Passes over the spatial tiles of an input channel block, and over all weights.
    std::int64_t input_passes = tiles.output_blocks;
    if (plan.channels_outside ? plan.input_slots >= tiles.spatial() * input_parts_count
                              : plan.input_slots >= input_parts_count)
      input_passes = 1;
    std::int64_t weight_passes = tiles.spatial();
    if (plan.whole_weights || (plan.channels_outside ? plan.weight_slots >= tiles.reduction_parts
                                                     : plan.weight_slots >= blocks * tiles.reduction_parts))
      weight_passes = 1;
    const std::int64_t param_passes =
        plan.whole_params || plan.channels_outside || plan.param_slots >= blocks ? 1 : tiles.spatial();

    // An input channel block at a time, weighted by how many there are of a size.
    CopyCost input;
    const SizeCounts in_heights = input_parts(shape_.rows, plan.tile_height);
    const SizeCounts in_widths = input_parts(shape_.columns, plan.tile_width);
    for (const auto& [groups, group_count] : parts_of(shape_.groups, plan.groups))
      for (const auto& [inputs, part_count] :
           parts_of(shape_.inputs_per_group, plan.whole_input ? shape_.inputs_per_group : plan.inputs)) {
        const CopyCost one =
            copy_of_tiles(in_heights, in_widths, groups * inputs, shape_.input_row_stride, shape_.input_pixel_stride);
        input.commands += one.commands * group_count * part_count * input_passes;
        input.cycles += one.cycles * group_count * part_count * input_passes;
        input.bytes += one.bytes * group_count * part_count * input_passes;
      }
    CopyCost output;
    for (const auto& [groups, group_count] : parts_of(shape_.groups, plan.groups))
      for (const auto& [outputs, part_count] : parts_of(shape_.outputs_per_group, plan.outputs)) {
        const CopyCost one = copy_of_tiles(parts_of(shape_.rows.output, plan.tile_height),
                                           parts_of(shape_.columns.output, plan.tile_width), groups * outputs,
                                           shape_.output_row_stride, shape_.output_pixel_stride);
        output.commands += one.commands * group_count * part_count;
        output.cycles += one.cycles * group_count * part_count;
        output.bytes += one.bytes * group_count * part_count;
      }
    if (shape_.input_stays) input = {};
    const std::int64_t weight_loads = plan.whole_weights ? 1 : blocks * tiles.reduction_parts * weight_passes;
    const std::int64_t weight_cycles = weight_loads * dma_cycles(config_, 1, plan.weight_slot_bytes);
    const std::int64_t param_loads = plan.whole_params ? 1 : blocks * param_passes;
    const std::int64_t param_cycles =
        param_loads * (dma_cycles(config_, 1, plan.bias_slot_bytes) + dma_cycles(config_, 1, plan.scale_slot_bytes));

    plan.loaded_bytes = input.bytes + all_weight_bytes(plan) * weight_passes +
                        (4 * shape_.output_channels() + all_scale_bytes(plan)) * param_passes;
    plan.stored_bytes = output.bytes;
    const std::int64_t convs = tiles.spatial() * blocks * tiles.reduction_parts;
    plan.commands = convs + input.commands + output.commands + weight_loads + 2 * param_loads;

    const std::int64_t last = output.cycles / (tiles.spatial() * blocks);
    const std::int64_t first = input.cycles / std::max<std::int64_t>(1, convs) + weight_cycles / weight_loads / 2;
    const std::int64_t overhead = first + last + kCyclesOfCommand * plan.commands;
    const std::int64_t load_cycles = input.cycles + weight_cycles + param_cycles;
    const std::int64_t transfer_cycles =
        std::max({load_cycles, output.cycles, (plan.loaded_bytes + plan.stored_bytes) / config_.dram.bytes_per_cycle});
    plan.cycles = std::max(transfer_cycles, ideal_cycles()) + overhead;
    if (best_ && plan.cycles >= best_->cycles) return;  // it can only get worse
    plan.compute_cycles = compute_cycles(plan);

    // Loads are done one after the other: a single slot that one of them waits for keeps all of them from running
    // beside the conv core.
    std::int64_t serial = plan.compute_cycles;
    if ((plan.input_slots == 1 && tiles.spatial() * tiles.group_blocks * input_parts_count > 1) ||
        (plan.weight_slots == 1 && weight_loads > 1) ||
        (!plan.whole_params && plan.param_slots == 1 && param_loads > 1))
      serial += load_cycles;
    if (plan.output_slots == 1 && tiles.spatial() * blocks > 1) serial += output.cycles;
    plan.cycles = std::max(serial, transfer_cycles) + overhead;
  }

  /// Cycles of the conv core if all of the array always worked.
  std::int64_t ideal_cycles() const {
    return shape_.rows.output * shape_.columns.output * shape_.output_channels() * shape_.inputs_per_group *
           shape_.rows.kernel * shape_.columns.kernel / (config_.conv_core.mac_rows * config_.conv_core.mac_cols);
  }

  ConvShape shape_;
  NpuConfig config_;
  std::int64_t budget_bytes_;
  std::optional<ConvPlan> best_;
  std::map<std::array<std::int64_t, 7>, std::int64_t> timings_;
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
  return Search(shape, config_, 0).measure(smallest);
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
