#include "compiler/lower/conv_cost.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "arch/base/ceil_divide.h"
#include "arch/datapath/conv_timing.h"
#include "arch/isa/weight_layout.h"
#include "compiler/lower/constant_pool.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kCyclesOfCommand = 48;  ///< what a command is taken to cost besides its work

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

/// All tiles of these heights and widths with so many channels, `times` over.
CopyCost copies(const NpuConfig& config, const SizeCounts& heights, const SizeCounts& widths, std::int64_t channels,
                std::int64_t row_stride, std::int64_t pixel_stride, std::int64_t times) {
  CopyCost sum;
  for (const auto& [height, height_count] : heights)
    for (const auto& [width, width_count] : widths) {
      const Box box{.height = height, .width = width, .channels = channels};
      sum += copy_cost(config, box, row_stride, pixel_stride) * (height_count * width_count * times);
    }
  return sum;
}

/// `count` loads of contiguous bytes, none where there are no bytes.
CopyCost loads_of(const NpuConfig& config, std::int64_t bytes, std::int64_t count) {
  if (bytes == 0) return {};
  return CopyCost{1, dma_cycles(config, 1, bytes), bytes} * count;
}

}  // namespace

std::int64_t ConvCost::measure(ConvPlan& plan) const {
  const std::int64_t tile_inputs = plan.groups * (plan.whole_input ? shape_.inputs_per_group : plan.inputs);
  const std::int64_t channels = plan.groups * plan.outputs;
  plan.input_slot_bytes =
      most_inputs(shape_.rows, plan.tile_height) * most_inputs(shape_.columns, plan.tile_width) * tile_inputs;
  plan.output_slot_bytes = plan.tile_height * plan.tile_width * channels;
  plan.weight_slot_bytes =
      plan.whole_weights ? all_weight_bytes(plan) : weight_bytes(plan, plan.groups, plan.outputs, plan.inputs);
  plan.bias_slot_bytes = plan.whole_params ? 4 * shape_.output_channels() : 4 * channels;
  plan.scale_slot_bytes =
      plan.whole_params ? all_scale_bytes(plan) : isa::packed_scale_bytes(config_.requantizer, channels);
  return plan.scratchpad_bytes = plan.input_slots * align_up(plan.input_slot_bytes) +
                                 plan.weight_slots * align_up(plan.weight_slot_bytes) +
                                 plan.param_slots * (align_up(plan.bias_slot_bytes) + align_up(plan.scale_slot_bytes)) +
                                 plan.output_slots * align_up(plan.output_slot_bytes);
}

std::int64_t ConvCost::weight_bytes(const ConvPlan& plan, std::int64_t groups, std::int64_t outputs,
                                    std::int64_t inputs) const {
  return isa::packed_weight_bytes(conv_command(shape_, plan, 1, 1, groups, outputs, inputs),
                                  config_.conv_core.mac_cols);
}

std::int64_t ConvCost::all_weight_bytes(const ConvPlan& plan) const {
  std::int64_t bytes = 0;
  for (const auto& [groups, group_count] : parts_of(shape_.groups, plan.groups))
    for (const auto& [outputs, output_count] : parts_of(shape_.outputs_per_group, plan.outputs))
      for (const auto& [inputs, input_count] : parts_of(shape_.inputs_per_group, plan.inputs))
        bytes += group_count * output_count * input_count * weight_bytes(plan, groups, outputs, inputs);
  return bytes;
}

std::int64_t ConvCost::all_scale_bytes(const ConvPlan& plan) const {
  std::int64_t bytes = 0;
  for (const auto& [groups, group_count] : parts_of(shape_.groups, plan.groups))
    for (const auto& [outputs, output_count] : parts_of(shape_.outputs_per_group, plan.outputs))
      bytes += group_count * output_count * isa::packed_scale_bytes(config_.requantizer, groups * outputs);
  return bytes;
}

std::int64_t ConvCost::compute_cycles(const ConvPlan& plan) {
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
std::int64_t ConvCost::reduction_cycles(const ConvPlan& plan, std::int64_t height, std::int64_t width,
                                        std::int64_t groups, std::int64_t outputs) {
  const std::int64_t before_last = ceil_divide(shape_.inputs_per_group, plan.inputs) - 1;
  const std::int64_t last = shape_.inputs_per_group - before_last * plan.inputs;
  std::int64_t cycles = command_cycles(plan, height, width, groups, outputs, last, true);
  if (before_last > 0) cycles += before_last * command_cycles(plan, height, width, groups, outputs, plan.inputs, false);
  return cycles;
}

std::int64_t ConvCost::command_cycles(const ConvPlan& plan, std::int64_t height, std::int64_t width,
                                      std::int64_t groups, std::int64_t outputs, std::int64_t inputs, bool finishes) {
  const auto [at, is_new] =
      timings_.try_emplace({height, width, groups, outputs, inputs, finishes, plan.whole_input}, 0);
  if (is_new) {
    isa::Conv command = conv_command(shape_, plan, height, width, groups, outputs, inputs);
    command.finishes = finishes;
    at->second = datapath::conv_timing(command, config_).cycles;
  }
  return at->second;
}

CopyCost ConvCost::input_copies(const ConvPlan& plan) const {
  CopyCost sum;
  if (shape_.input_stays) return sum;
  const SizeCounts heights = input_parts(shape_.rows, plan.tile_height);
  const SizeCounts widths = input_parts(shape_.columns, plan.tile_width);
  const std::int64_t inputs_of_tile = plan.whole_input ? shape_.inputs_per_group : plan.inputs;
  for (const auto& [groups, group_count] : parts_of(shape_.groups, plan.groups))
    for (const auto& [inputs, part_count] : parts_of(shape_.inputs_per_group, inputs_of_tile))
      sum += copies(config_, heights, widths, groups * inputs, shape_.input_row_stride, shape_.input_pixel_stride,
                    group_count * part_count);
  return sum;
}

CopyCost ConvCost::output_copies(const ConvPlan& plan) const {
  CopyCost sum;
  const SizeCounts heights = parts_of(shape_.rows.output, plan.tile_height);
  const SizeCounts widths = parts_of(shape_.columns.output, plan.tile_width);
  for (const auto& [groups, group_count] : parts_of(shape_.groups, plan.groups))
    for (const auto& [outputs, part_count] : parts_of(shape_.outputs_per_group, plan.outputs))
      sum += copies(config_, heights, widths, groups * outputs, shape_.output_row_stride, shape_.output_pixel_stride,
                    group_count * part_count);
  return sum;
}

ConvCost::Transfers ConvCost::transfers_of(const ConvPlan& plan, const ConvTiles& tiles) const {
  const std::int64_t input_parts_of_tile = plan.whole_input ? 1 : tiles.reduction_parts;
  const std::int64_t blocks = tiles.channel();
  // How often the input of a channel block, all weights and all parameters are loaded.
  const bool input_remains = plan.channels_outside ? plan.input_slots >= tiles.spatial() * input_parts_of_tile
                                                   : plan.input_slots >= input_parts_of_tile;
  const bool weights_remain =
      plan.whole_weights || (plan.channels_outside ? plan.weight_slots >= tiles.reduction_parts
                                                   : plan.weight_slots >= blocks * tiles.reduction_parts);
  const bool params_remain = plan.whole_params || plan.channels_outside || plan.param_slots >= blocks;
  const std::int64_t weight_passes = weights_remain ? 1 : tiles.spatial();
  const std::int64_t param_passes = params_remain ? 1 : tiles.spatial();
  const std::int64_t param_loads = plan.whole_params ? 1 : blocks * param_passes;

  Transfers result;
  result.input = input_copies(plan) * (input_remains ? 1 : tiles.output_blocks);
  result.weights = loads_of(config_, plan.weight_slot_bytes,
                            plan.whole_weights ? 1 : blocks * tiles.reduction_parts * weight_passes);
  result.weights.bytes = all_weight_bytes(plan) * weight_passes;
  result.params = loads_of(config_, plan.bias_slot_bytes, param_loads);
  result.params += loads_of(config_, plan.scale_slot_bytes, param_loads);
  result.params.bytes = (4 * shape_.output_channels() + all_scale_bytes(plan)) * param_passes;
  result.output = output_copies(plan);
  return result;
}

void ConvCost::estimate(ConvPlan& plan, std::int64_t limit) {
  const ConvTiles tiles = tiles_of(shape_, plan);
  const Transfers transfers = transfers_of(plan, tiles);
  CopyCost loads = transfers.input;
  loads += transfers.weights;
  loads += transfers.params;
  const std::int64_t results = tiles.spatial() * tiles.channel();
  const std::int64_t convs = results * tiles.reduction_parts;
  plan.loaded_bytes = loads.bytes;
  plan.stored_bytes = transfers.output.bytes;
  plan.commands = convs + loads.commands + transfers.output.commands;

  const std::int64_t first = transfers.input.cycles / convs +
                             transfers.weights.cycles / std::max<std::int64_t>(1, transfers.weights.commands) / 2;
  const std::int64_t last = transfers.output.cycles / results;
  const std::int64_t overhead = first + last + kCyclesOfCommand * plan.commands;
  const std::int64_t transfer_cycles = std::max(
      {loads.cycles, transfers.output.cycles, (plan.loaded_bytes + plan.stored_bytes) / config_.dram.bytes_per_cycle});
  plan.cycles = std::max(transfer_cycles, ideal_cycles()) + overhead;
  if (plan.cycles >= limit) return;
  plan.compute_cycles = compute_cycles(plan);

  // Loads are done one after the other: a single slot that one of them waits for keeps all of them from running beside
  // the conv core.
  const std::int64_t input_tiles =
      tiles.spatial() * tiles.group_blocks * (plan.whole_input ? 1 : tiles.reduction_parts);
  std::int64_t serial = plan.compute_cycles;
  if ((plan.input_slots == 1 && input_tiles > 1) || (plan.weight_slots == 1 && transfers.weights.commands > 1) ||
      (!plan.whole_params && plan.param_slots == 1 && transfers.params.commands > 2))
    serial += loads.cycles;
  if (plan.output_slots == 1 && results > 1) serial += transfers.output.cycles;
  plan.cycles = std::max(serial, transfer_cycles) + overhead;
}

/// Cycles of the conv core if all of the array always worked.
std::int64_t ConvCost::ideal_cycles() const {
  return shape_.rows.output * shape_.columns.output * shape_.output_channels() * shape_.inputs_per_group *
         shape_.rows.kernel * shape_.columns.kernel / (config_.conv_core.mac_rows * config_.conv_core.mac_cols);
}

}  // namespace evenshift::compiler
