#include "tests/rtl/vector_coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "arch/datapath/vector_work.h"
#include "arch/numerics/elementwise.h"

namespace evenshift::rtl {
namespace {

struct CountersOfKinds {
  std::vector<const char*> kinds;
  std::vector<const char*> names;
};

const std::vector<CountersOfKinds>& counters_of_kinds() {
  static const std::vector<CountersOfKinds> list = {
      {{"add", "multiply", "max_pool", "average_pool", "lookup", "parametric_relu", "gather", "fill"},
       {"last beat of a row partly filled", "last beat of a row full", "row of several beats", "one lane",
        "beats wait for the scratchpad"}},
      {{"add", "multiply", "lookup", "parametric_relu"}, {"in place"}},
      {{"add", "multiply"},
       {"in the second operand's place", "repeated operand", "both operands are one", "second difference -255",
        "second difference 255"}},
      {{"add", "multiply", "parametric_relu", "max_pool", "average_pool"},
       {"code raised by the clamp", "code lowered by the clamp", "code at the lower limit", "code at the upper limit"}},
      {{"add", "multiply", "parametric_relu", "average_pool"},
       {"shift 0", "shift 1", "shift 62", "negative multiplier", "multiplier 0", "multiplier 2^31 - 1",
        "multiplier 1 - 2^31"}},
      {{"add", "multiply", "parametric_relu"}, {"shift 63", "difference -255", "difference 255"}},
      {{"multiply"},
       {"scaled-up product saturates, negative", "scaled-up product saturates, positive",
        "tie of the first rounding, negative", "tie of the first rounding, positive", "tflite_double, shift 30",
        "tflite_double, shift 31", "tflite_double, shift 32"}},
      {{"parametric_relu"}, {"negative multiplier of a negative value", "difference 0", "last channel's multiplier"}},
      {{"max_pool", "average_pool"},
       {"tap above the tile", "tap below the tile", "tap left of the tile", "tap right of the tile",
        "window without a tap", "taps wait for the scratchpad, outputs or not",
        "only outputs make beats wait for the scratchpad"}},
      {{"max_pool"}, {"dilated rows", "dilated columns", "greatest code -128", "greatest code 127"}},
      {{"average_pool"},
       {"one entry for windows of different taps", "entry of a window without a tap", "entry of 1 taps",
        "entry of 2 taps", "entry of 3 taps", "entry of 4 taps", "entry of 6 taps", "entry of 8 taps",
        "entry of 9 taps", "entry of 12 taps", "entry of 16 taps"}},
      {{"lookup"}, {"first entry", "last entry"}},
      {{"gather"},
       {"first row", "last row", "first column", "last column", "row again", "column again",
        "several rows and columns"}},
      {{"fill"}, {"-128", "127"}},
  };
  return list;
}

constexpr std::array<const char*, 4> kRoundingKinds = {"add", "multiply", "parametric_relu", "average_pool"};

const char* sign_of(std::int64_t value) { return value < 0 ? "negative" : "positive"; }

std::int64_t code_at(const VectorCommand& test, std::int64_t address) {
  return static_cast<std::int8_t>(test.scratchpad[static_cast<std::size_t>(address)]);
}

/// A little-endian integer of `bytes` bytes, without a sign.
std::uint32_t word_at(const VectorCommand& test, std::int64_t address, int bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i)
    value |= static_cast<std::uint32_t>(test.scratchpad[static_cast<std::size_t>(address + i)]) << (8 * i);
  return value;
}

}  // namespace

VectorCoverage::VectorCoverage() {
  for (const auto& [kinds, names] : counters_of_kinds())
    for (const char* kind : kinds)
      for (const char* name : names) add_counter(fmt::format("{}: {}", kind, name));
  for (const auto mode : kRoundingModeNames) {
    for (const char* kind : counters_of_kinds()[0].kinds) add_counter(fmt::format("{}: {}", kind, mode));
    for (const char* kind : kRoundingKinds)
      for (const int value : {-1, 1}) add_counter(fmt::format("{}: tie, {}, {}", kind, mode, sign_of(value)));
  }
}

void VectorCoverage::reach(const std::string& what, bool condition) {
  if (condition) count(kind_ + ": " + what);
}

void VectorCoverage::command(const VectorCommand& test) {
  kind_ = isa::name_of(test.operation);
  reach(std::string(to_string(test.config.requantizer.rounding)));
  std::visit(
      [&]<typename Op>(const Op& op) {
        if constexpr (datapath::kIsVector<Op>) {
          beats(op, test.config);
          values(op, test);
        }
      },
      test.operation);
}

template <typename Op>
void VectorCoverage::beats(const Op& op, const NpuConfig& config) {
  const std::int64_t lanes = config.vector_unit.lanes;
  const std::int64_t bandwidth = config.scratchpad.banks * config.scratchpad.bytes_per_bank_per_cycle;
  const std::int64_t row = datapath::row_elements_of(op);
  const std::int64_t beat = std::min(row, lanes);
  const bool waits = beat * (datapath::operands_of(op) + 1) > bandwidth;
  reach("last beat of a row partly filled", row % lanes != 0);
  reach("last beat of a row full", row % lanes == 0);
  reach("row of several beats", row > lanes);
  reach("one lane", lanes == 1);
  reach("beats wait for the scratchpad", waits);
  if constexpr (requires { op.kernel_height; }) {
    const bool several = datapath::taps_of(op) > 1;
    reach("taps wait for the scratchpad, outputs or not", several && beat > bandwidth);
    reach("only outputs make beats wait for the scratchpad", several && waits && beat <= bandwidth);
  }
  if constexpr (
      requires { op.elements; } && requires { op.input_address; })
    reach("in place", op.output_address == op.input_address);
}

/// Elements of two operands.
template <typename Op>
void VectorCoverage::pair(const Op& op) {
  reach("in place", op.output_address == op.a_address);
  reach("in the second operand's place", op.output_address == op.b_address);
  reach("both operands are one", op.a_address == op.b_address);
  reach("repeated operand", op.elements > op.b_period);
}

/// A value before zero point and clamp.
template <typename Op>
void VectorCoverage::output(const Op& op, std::int64_t value) {
  if constexpr (requires { op.output_zero_point; }) value += op.output_zero_point;
  reach("code raised by the clamp", value < op.clamp_low);
  reach("code lowered by the clamp", value > op.clamp_high);
  reach("code at the lower limit", value == op.clamp_low);
  reach("code at the upper limit", value == op.clamp_high);
}

void VectorCoverage::scale(std::int64_t multiplier, std::int64_t shift) {
  for (const int reached : {0, 1, 62, 63}) reach(fmt::format("shift {}", reached), shift == reached);
  reach("negative multiplier", multiplier < 0);
  reach("multiplier 0", multiplier == 0);
  reach("multiplier 2^31 - 1", multiplier == INT32_MAX);
  reach("multiplier 1 - 2^31", multiplier == -INT32_MAX);
}

/// A code minus a zero point.
void VectorCoverage::difference(std::int64_t value) {
  reach("difference -255", value == -255);
  reach("difference 255", value == 255);
}

/// A value before its rounding shift.
void VectorCoverage::tie(std::int64_t value, std::int64_t shift, RoundingMode mode) {
  if (is_tie(value, static_cast<int>(shift))) reach(fmt::format("tie, {}, {}", to_string(mode), sign_of(value)));
}

/// Differences multiplied.
void VectorCoverage::product(std::int32_t product, const isa::Multiply& op, RoundingMode mode) {
  if (mode != RoundingMode::tflite_double) return tie(product * op.multiplier, op.shift, mode);
  const std::int64_t first_shift = std::min<std::int64_t>(op.shift, 31);
  const std::int64_t scaled_up = product * (std::int64_t{1} << (31 - first_shift));
  const std::int64_t saturated = clamp_to(scaled_up, INT32_MIN, INT32_MAX);
  reach(fmt::format("scaled-up product saturates, {}", sign_of(product)), saturated != scaled_up);
  reach(fmt::format("tie of the first rounding, {}", sign_of(saturated * op.multiplier)),
        is_tie(saturated * op.multiplier, 31));
  tie(round_shift(saturated * op.multiplier, 31, RoundingMode::half_up), op.shift - first_shift, mode);
}

/// Calls window(addresses of the pixels of the taps inside the tile) for every output pixel.
template <typename Op, typename Window>
void VectorCoverage::windows(const Op& op, std::int64_t dilation_height, std::int64_t dilation_width, Window&& window) {
  std::vector<std::int64_t> pixels;
  for (std::int64_t y = 0; y < op.output_height; ++y)
    for (std::int64_t x = 0; x < op.output_width; ++x) {
      pixels.clear();
      for (std::int64_t tap = 0; tap < datapath::taps_of(op); ++tap) {
        const std::int64_t row = y * op.stride_height + tap / op.kernel_width * dilation_height - op.pad_top;
        const std::int64_t column = x * op.stride_width + tap % op.kernel_width * dilation_width - op.pad_left;
        reach("tap above the tile", row < 0);
        reach("tap below the tile", row >= op.input_height);
        reach("tap left of the tile", column < 0);
        reach("tap right of the tile", column >= op.input_width);
        if (row >= 0 && row < op.input_height && column >= 0 && column < op.input_width)
          pixels.push_back(op.input_address + (row * op.input_width + column) * op.channels);
      }
      reach("window without a tap", pixels.empty());
      window(pixels);
    }
}

void VectorCoverage::values(const isa::Add& op, const VectorCommand& test) {
  pair(op);
  scale(op.multiplier_a, op.shift);
  scale(op.multiplier_b, op.shift);
  for (std::int64_t i = 0; i < op.elements; ++i) {
    const std::int64_t a = code_at(test, op.a_address + i) - op.zero_point_a;
    const std::int64_t b = code_at(test, op.b_address + i % op.b_period) - op.zero_point_b;
    const std::int64_t sum = a * op.multiplier_a + b * op.multiplier_b;
    difference(a);
    reach("second difference -255", b == -255);
    reach("second difference 255", b == 255);
    tie(sum, op.shift, test.config.requantizer.rounding);
    output(op, round_shift(sum, static_cast<int>(op.shift), test.config.requantizer.rounding));
  }
}

void VectorCoverage::values(const isa::Multiply& op, const VectorCommand& test) {
  const RoundingMode mode = test.config.requantizer.rounding;
  pair(op);
  scale(op.multiplier, op.shift);
  for (const int shift : {30, 31, 32})
    reach(fmt::format("tflite_double, shift {}", shift), mode == RoundingMode::tflite_double && op.shift == shift);
  const MultiplyScales scales{static_cast<std::int32_t>(op.zero_point_a), static_cast<std::int32_t>(op.zero_point_b),
                              static_cast<std::int32_t>(op.multiplier), static_cast<int>(op.shift)};
  for (std::int64_t i = 0; i < op.elements; ++i) {
    const std::int64_t a = code_at(test, op.a_address + i);
    const std::int64_t b = code_at(test, op.b_address + i % op.b_period);
    difference(a - op.zero_point_a);
    reach("second difference -255", b - op.zero_point_b == -255);
    reach("second difference 255", b - op.zero_point_b == 255);
    product(static_cast<std::int32_t>((a - op.zero_point_a) * (b - op.zero_point_b)), op, mode);
    output(op, scaled_multiply(static_cast<std::int8_t>(a), static_cast<std::int8_t>(b), scales, mode));
  }
}

void VectorCoverage::values(const isa::MaxPool& op, const VectorCommand& test) {
  reach("dilated rows", op.dilation_height > 1 && op.kernel_height > 1);
  reach("dilated columns", op.dilation_width > 1 && op.kernel_width > 1);
  windows(op, op.dilation_height, op.dilation_width, [&](const std::vector<std::int64_t>& pixels) {
    for (std::int64_t c = 0; c < op.channels; ++c) {
      std::int64_t greatest = -128;
      for (const std::int64_t pixel : pixels) greatest = std::max(greatest, code_at(test, pixel + c));
      reach("greatest code -128", greatest == -128 && !pixels.empty());
      reach("greatest code 127", greatest == 127);
      output(op, greatest);
    }
  });
}

void VectorCoverage::values(const isa::AveragePool& op, const VectorCommand& test) {
  const RoundingMode mode = test.config.requantizer.rounding;
  std::int64_t fewest = datapath::taps_of(op);
  windows(op, 1, 1, [&](const std::vector<std::int64_t>& pixels) {
    const auto taps = static_cast<std::int64_t>(pixels.size());
    fewest = std::min(fewest, taps);
    reach("entry of a window without a tap", op.by_count != 0 && taps == 0);
    if (op.by_count != 0 && taps != 0) reach(fmt::format("entry of {} taps", taps));
    const std::int64_t entry = op.table_address + (op.by_count != 0 ? 8 * std::max<std::int64_t>(taps - 1, 0) : 0);
    const auto multiplier = static_cast<std::int32_t>(word_at(test, entry, 4));
    const auto shift = static_cast<int>(word_at(test, entry + 4, 4));
    scale(multiplier, shift);
    for (std::int64_t c = 0; c < op.channels; ++c) {
      std::int64_t sum = 0;
      for (const std::int64_t pixel : pixels) sum += code_at(test, pixel + c) - op.input_zero_point;
      tie(sum * multiplier, shift, mode);
      output(op, round_shift(sum * multiplier, shift, mode));
    }
  });
  reach("one entry for windows of different taps", op.by_count == 0 && fewest < datapath::taps_of(op));
}

void VectorCoverage::values(const isa::Lookup& op, const VectorCommand& test) {
  for (std::int64_t i = 0; i < op.elements; ++i) {
    reach("first entry", code_at(test, op.input_address + i) == -128);
    reach("last entry", code_at(test, op.input_address + i) == 127);
  }
}

void VectorCoverage::values(const isa::ParametricRelu& op, const VectorCommand& test) {
  const RoundingMode mode = test.config.requantizer.rounding;
  for (std::int64_t i = 0; i < op.elements; ++i) {
    const std::int64_t channel = i % op.channels;
    const std::int64_t value = code_at(test, op.input_address + i) - op.input_zero_point;
    const std::int64_t negative = static_cast<std::int32_t>(word_at(test, op.table_address + 4 * channel, 4));
    const std::int64_t multiplier = value < 0 ? negative : op.multiplier;
    difference(value);
    scale(multiplier, op.shift);
    reach("difference 0", value == 0);
    reach("negative multiplier of a negative value", value < 0 && negative < 0);
    reach("last channel's multiplier", value < 0 && channel + 1 == op.channels);
    tie(value * multiplier, op.shift, mode);
    output(op, round_shift(value * multiplier, static_cast<int>(op.shift), mode));
  }
}

void VectorCoverage::values(const isa::Gather& op, const VectorCommand& test) {
  const auto indices = [&](std::int64_t first, std::int64_t number, std::int64_t size, const std::string& what) {
    std::int64_t before = -1;
    for (std::int64_t i = first; i < first + number; ++i) {
      const std::int64_t index = word_at(test, op.table_address + 2 * i, 2);
      reach("first " + what, index == 0);
      reach("last " + what, index + 1 == size);
      reach(what + " again", index == before);
      before = index;
    }
  };
  reach("several rows and columns", op.output_height > 1 && op.output_width > 1);
  indices(0, op.output_height, op.input_height, "row");
  indices(op.output_height, op.output_width, op.input_width, "column");
}

void VectorCoverage::values(const isa::Fill& op, const VectorCommand&) {
  reach("-128", op.value == -128);
  reach("127", op.value == 127);
}

}  // namespace evenshift::rtl
