#include "tests/rtl/conv_goldens.h"

#include <fmt/format.h>

#include <algorithm>

#include "arch/datapath/golden_conv_core.h"
#include "arch/isa/codec.h"
#include "rtl/cosim/rtl_conv_core.h"
#include "tests/rtl/random_conv.h"

namespace evenshift::rtl {
namespace {

void append_bytes(std::vector<std::uint32_t>& words, const std::vector<std::uint8_t>& bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 4 == 0) words.push_back(0);
    words.back() |= static_cast<std::uint32_t>(bytes[i]) << (8 * (i % 4));
  }
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
    const auto activity = core.execute(conv, chain.scratchpad);
    for (const std::int64_t value : {activity.cycles, activity.weight_stall_cycles, activity.requant_stall_cycles,
                                     activity.clamped_low, activity.clamped_high})
      put(value);
  }
  append_bytes(words, chain.scratchpad);
}

}  // namespace

std::vector<std::uint32_t> conv_goldens(std::uint32_t seed, std::int64_t size, int chains) {
  constexpr std::size_t kMostBytes = 1 << 16;  // ScratchpadBytes of the bench
  std::mt19937 random(seed);
  std::vector<std::uint32_t> words = {static_cast<std::uint32_t>(chains)};
  for (int i = 0; i < chains;) {
    ConvCommands chain = random_conv_commands(random, size);
    if (chain.scratchpad.size() > kMostBytes) continue;
    append_chain(words, std::move(chain));
    ++i;
  }
  return words;
}

std::string readmemh_text(const std::vector<std::uint32_t>& words) {
  std::string text;
  for (const std::uint32_t word : words) text += fmt::format("{:08x}\n", word);
  return text;
}

}  // namespace evenshift::rtl
