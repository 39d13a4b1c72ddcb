#include "tests/rtl/conv_goldens.h"

#include <algorithm>

#include "arch/datapath/golden_conv_core.h"
#include "arch/isa/codec.h"
#include "arch/isa/weight_layout.h"
#include "rtl/cosim/rtl_conv_core.h"
#include "tests/rtl/golden_words.h"
#include "tests/rtl/random_conv.h"

namespace evenshift::rtl {
namespace {

/// The accumulators [position][channel] of a command in the order in which the core drains them.
std::vector<std::uint32_t> drain_requests(const isa::Conv& conv, const NpuConfig& config,
                                          const std::vector<std::int32_t>& accumulators) {
  const std::int64_t lanes = std::min(config.conv_core.requant_lanes, config.conv_core.mac_cols);
  const std::int64_t positions = conv.output_height * conv.output_width;
  std::vector<std::uint32_t> words;
  for (const isa::ColumnBlock& block : isa::column_blocks(conv, config.conv_core.mac_cols))
    for (std::int64_t position = 0; position < positions; ++position)
      for (std::int64_t column = 0; column < block.channels; column += lanes) {
        const std::int64_t columns = std::min(lanes, block.channels - column);
        words.push_back(static_cast<std::uint32_t>(column + (columns << 16)));
        for (std::int64_t i = 0; i < columns; ++i)
          words.push_back(static_cast<std::uint32_t>(accumulators[static_cast<std::size_t>(
              position * conv.output_channels + block.first_channel + column + i)]));
      }
  return words;
}

void append_chain(std::vector<std::uint32_t>& words, ConvCommands chain) {
  const auto put = [&](auto value) { words.push_back(static_cast<std::uint32_t>(value)); };
  NpuConfig& config = chain.config;
  config.conv_core.pipeline_cycles = kPipelineCycles;
  put(config.conv_core.accumulator_entries);
  put(std::min(config.conv_core.requant_lanes, config.conv_core.mac_cols));
  put(config.requantizer.rounding);
  put(config.requantizer.requant_scale);
  put(config.requantizer.multiplier_bits);
  put(config.requantizer.shift_bits);
  put(config.scratchpad.banks * config.scratchpad.bytes_per_bank_per_cycle);
  put(chain.scratchpad.size());
  put(chain.commands.size());
  append_bytes(words, chain.scratchpad);
  datapath::GoldenConvCore core;
  core.configure(config);
  for (const isa::Conv& conv : chain.commands) {
    std::vector<std::uint8_t> encoded;
    isa::encode({.operation = conv, .tokens = {}, .layer = 0}, encoded);
    append_bytes(words, encoded);
    std::vector<std::int32_t> accumulators;  // the golden core shows them position by position
    const auto activity = core.execute(conv, chain.scratchpad, [&](auto, auto, auto, std::int32_t accumulator) {
      accumulators.push_back(accumulator);
    });
    for (const std::int64_t value : {activity.cycles, activity.weight_stall_cycles, activity.requant_stall_cycles,
                                     activity.clamped_low, activity.clamped_high})
      put(value);
    const auto requests =
        conv.finishes != 0 ? drain_requests(conv, config, accumulators) : std::vector<std::uint32_t>{};
    put(requests.size());
    words.insert(words.end(), requests.begin(), requests.end());
  }
  append_bytes(words, chain.scratchpad);
}

/// What every fifth chain is, each; random chains seldom are, and the first two may be anything.
bool is_kind(const ConvCommands& chain, int kind) {
  const isa::Conv& conv = chain.commands[0];
  const auto& core = chain.config.conv_core;
  const bool window = conv.inputs_per_group == 1 && conv.stride_width < conv.kernel_width;
  switch (kind) {
    case 2:  // several blocks of windows
      return window && conv.output_channels > core.mac_cols;
    case 3:  // windows in several stripes, whose operands take more than a cycle
      return window && conv.output_height * conv.output_width > core.accumulator_entries &&
             conv.kernel_width * conv.kernel_height * core.mac_cols >
                 chain.config.scratchpad.banks * chain.config.scratchpad.bytes_per_bank_per_cycle;
    case 4:  // groups that fill their blocks
      return conv.inputs_per_group > 1 && conv.outputs_per_group < conv.output_channels &&
             conv.outputs_per_group % core.mac_cols == 0;
    default:
      return true;
  }
}

}  // namespace

std::vector<std::uint32_t> conv_goldens(std::uint32_t seed, std::int64_t size, int chains) {
  constexpr std::size_t kMostBytes = 1 << 16;  // ScratchpadBytes of the bench
  std::mt19937 random(seed);
  std::vector<std::uint32_t> words = {static_cast<std::uint32_t>(chains)};
  for (int i = 0; i < chains;) {
    ConvCommands chain = random_conv_commands(random, size);
    if (chain.scratchpad.size() > kMostBytes || !is_kind(chain, i % 5)) continue;
    append_chain(words, std::move(chain));
    ++i;
  }
  return words;
}

}  // namespace evenshift::rtl
