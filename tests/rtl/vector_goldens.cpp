#include "tests/rtl/vector_goldens.h"

#include <array>

#include "arch/base/error.h"
#include "arch/datapath/vector_timing.h"
#include "arch/datapath/vector_unit.h"
#include "arch/isa/codec.h"
#include "rtl/cosim/rtl_vector_unit.h"
#include "tests/rtl/golden_words.h"
#include "tests/rtl/random_vector.h"

namespace evenshift::rtl {
namespace {

void append_command(std::vector<std::uint32_t>& words, VectorCommand test) {
  const auto put = [&](auto value) { words.push_back(static_cast<std::uint32_t>(value)); };
  std::vector<std::uint8_t> encoded;
  isa::encode({.operation = test.operation, .tokens = {}, .layer = 0}, encoded);
  put(test.config.vector_unit.lanes);
  put(test.config.requantizer.rounding);
  put(test.config.scratchpad.banks * test.config.scratchpad.bytes_per_bank_per_cycle);
  put(encoded.size() / 4);
  put(test.scratchpad.size());
  append_bytes(words, encoded);
  append_bytes(words, test.scratchpad);
  bool fault = false;
  datapath::VectorActivity activity;
  try {
    activity = datapath::execute_vector(test.operation, test.config, test.scratchpad);
  } catch (const Error&) {
    fault = true;
  }
  for (const std::int64_t value : {std::int64_t{fault}, datapath::vector_timing(test.operation, test.config),
                                   activity.clamped_low, activity.clamped_high})
    put(value);
  append_bytes(words, test.scratchpad);
}

/// Makes an entry of the command's table one that cannot be, if it has such a table.
void spoil_table(std::mt19937& random, VectorCommand& test) {
  const auto put_16 = [&](std::int64_t address, std::int64_t value) {
    test.scratchpad[static_cast<std::size_t>(address)] = static_cast<std::uint8_t>(value);
    test.scratchpad[static_cast<std::size_t>(address + 1)] = static_cast<std::uint8_t>(value >> 8);
  };
  if (const auto* gather = std::get_if<isa::Gather>(&test.operation)) {
    const bool row = random() % 2 == 0;
    const std::int64_t indices = row ? gather->output_height : gather->output_width;
    const std::int64_t index = (row ? 0 : gather->output_height) + random() % indices;
    put_16(gather->table_address + 2 * index, row ? gather->input_height : gather->input_width);
  } else if (const auto* pool = std::get_if<isa::AveragePool>(&test.operation)) {
    // The least shift that cannot be, or one whose lower half could.
    const std::int64_t entries = pool->by_count != 0 ? pool->kernel_height * pool->kernel_width : 1;
    const std::int64_t entry = random() % entries;
    put_16(pool->table_address + 8 * entry + (random() % 4 != 0 ? 4 : 6), 63);
  }
}

/// Makes ties of many products: the first rounding of tflite_double has them up to a shift of 31, the second one
/// beyond.
void make_ties(std::mt19937& random, isa::Multiply& multiply) {
  const std::int64_t exponent = random() % 2 == 0 ? 30 : random() % 31;
  multiply.multiplier = std::int64_t{1} << exponent;
  multiply.shift = exponent + 1 + random() % 6;
  multiply.output_zero_point = 0;
  multiply.clamp_low = -128;
  multiply.clamp_high = 127;
}

/// Kinds of random_vector_command: more often those that have more to go wrong.
constexpr std::array kKindsOfBench = {0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7};

/// A random command that the bench has room and time for.
VectorCommand draw_for_bench(std::mt19937& random) {
  constexpr std::int64_t kLanes = 4;  // Lanes and ScratchpadBytes of the bench
  constexpr std::size_t kMostBytes = 1 << 14;
  constexpr std::int64_t kMostCycles = 400;
  const int kind = kKindsOfBench[random() % kKindsOfBench.size()];
  while (true) {
    VectorCommand test = random_vector_command(random, kind);
    auto& unit = test.config.vector_unit;
    unit.lanes = 1 + (unit.lanes - 1) % kLanes;
    unit.pipeline_cycles = kVectorPipelineCycles;
    if (auto* multiply = std::get_if<isa::Multiply>(&test.operation); multiply != nullptr && random() % 2 == 0) {
      test.config.requantizer.rounding = RoundingMode::tflite_double;
      make_ties(random, *multiply);
    }
    if (random() % 2 == 0) {  // otherwise it seldom is less than what a beat costs
      test.config.scratchpad.banks = 1;
      test.config.scratchpad.bytes_per_bank_per_cycle = 1 + random() % (3 * kLanes);
    }
    if (test.scratchpad.size() <= kMostBytes && datapath::vector_timing(test.operation, test.config) <= kMostCycles)
      return test;
  }
}

}  // namespace

std::vector<std::uint32_t> vector_goldens(std::uint32_t seed, int commands) {
  std::mt19937 random(seed);
  std::vector<std::uint32_t> words;
  for (int i = 0; i < commands; ++i) {
    VectorCommand test = draw_for_bench(random);
    if (random() % 3 == 0) spoil_table(random, test);
    append_command(words, std::move(test));
  }
  words.push_back(0);
  return words;
}

}  // namespace evenshift::rtl
