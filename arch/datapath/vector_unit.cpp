#include "arch/datapath/vector_unit.h"

#include <algorithm>

#include "arch/base/error.h"
#include "arch/numerics/elementwise.h"

namespace evenshift::datapath {
namespace {

/// The scratchpad as signed codes and little-endian integers.
class Codes {
 public:
  explicit Codes(std::span<std::uint8_t> bytes) : bytes_(bytes.data()) {}
  std::int8_t operator[](std::int64_t address) const { return static_cast<std::int8_t>(bytes_[address]); }
  void set(std::int64_t address, std::int8_t code) { bytes_[address] = static_cast<std::uint8_t>(code); }
  [[nodiscard]] std::int32_t int32(std::int64_t address) const {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(bytes_[address + i]) << (8 * i);
    return static_cast<std::int32_t>(value);
  }
  [[nodiscard]] std::int64_t uint16(std::int64_t address) const { return bytes_[address] | bytes_[address + 1] << 8; }

 private:
  std::uint8_t* bytes_;
};

template <typename Op>
OutputRange range_of(const Op& op) {
  return {static_cast<std::int32_t>(op.output_zero_point), static_cast<std::int32_t>(op.clamp_low),
          static_cast<std::int32_t>(op.clamp_high)};
}

/// A table's shift; round_shift is defined for 0 to 62 with the largest sums.
int checked_shift(std::int64_t shift) {
  if (shift < 0 || shift > 62) fail("a table of an average_pool command asks for a shift of {}; 0 to 62 can be", shift);
  return static_cast<int>(shift);
}

void run(const isa::Add& op, RoundingMode mode, Codes codes) {
  const AddScales scales{static_cast<std::int32_t>(op.zero_point_a), static_cast<std::int32_t>(op.zero_point_b),
                         static_cast<std::int32_t>(op.multiplier_a), static_cast<std::int32_t>(op.multiplier_b),
                         static_cast<int>(op.shift)};
  for (std::int64_t i = 0; i < op.elements; ++i)
    codes.set(op.output_address + i,
              add(codes[op.a_address + i], codes[op.b_address + i % op.b_period], scales, range_of(op), mode));
}

void run(const isa::Multiply& op, RoundingMode mode, Codes codes) {
  const MultiplyScales scales{static_cast<std::int32_t>(op.zero_point_a), static_cast<std::int32_t>(op.zero_point_b),
                              static_cast<std::int32_t>(op.multiplier), static_cast<int>(op.shift)};
  for (std::int64_t i = 0; i < op.elements; ++i)
    codes.set(op.output_address + i,
              multiply(codes[op.a_address + i], codes[op.b_address + i % op.b_period], scales, range_of(op), mode));
}

/// Calls tap(address of the pixel) for every tap of output (y, x) that lies inside the tile.
template <typename Op, typename Tap>
void for_each_tap(const Op& op, std::int64_t y, std::int64_t x, Tap&& tap) {
  std::int64_t dilation_height = 1;
  std::int64_t dilation_width = 1;
  if constexpr (requires { op.dilation_height; }) {
    dilation_height = op.dilation_height;
    dilation_width = op.dilation_width;
  }
  for (std::int64_t ky = 0; ky < op.kernel_height; ++ky) {
    const std::int64_t iy = y * op.stride_height + ky * dilation_height - op.pad_top;
    if (iy < 0 || iy >= op.input_height) continue;
    for (std::int64_t kx = 0; kx < op.kernel_width; ++kx) {
      const std::int64_t ix = x * op.stride_width + kx * dilation_width - op.pad_left;
      if (ix >= 0 && ix < op.input_width) tap(op.input_address + (iy * op.input_width + ix) * op.channels);
    }
  }
}

void run(const isa::MaxPool& op, RoundingMode, Codes codes) {
  std::int64_t out = op.output_address;
  for (std::int64_t y = 0; y < op.output_height; ++y)
    for (std::int64_t x = 0; x < op.output_width; ++x)
      for (std::int64_t c = 0; c < op.channels; ++c, ++out) {
        std::int64_t greatest = -128;
        for_each_tap(op, y, x,
                     [&](std::int64_t pixel) { greatest = std::max<std::int64_t>(greatest, codes[pixel + c]); });
        codes.set(out, static_cast<std::int8_t>(clamp_to(greatest, op.clamp_low, op.clamp_high)));
      }
}

void run(const isa::AveragePool& op, RoundingMode mode, Codes codes) {
  std::int64_t out = op.output_address;
  for (std::int64_t y = 0; y < op.output_height; ++y)
    for (std::int64_t x = 0; x < op.output_width; ++x) {
      std::int64_t taps = 0;
      for_each_tap(op, y, x, [&](std::int64_t) { ++taps; });
      const std::int64_t entry = op.table_address + (op.by_count != 0 ? 8 * std::max<std::int64_t>(taps - 1, 0) : 0);
      const std::int32_t multiplier = codes.int32(entry);
      const int shift = checked_shift(codes.int32(entry + 4));
      for (std::int64_t c = 0; c < op.channels; ++c, ++out) {
        std::int32_t sum = 0;
        for_each_tap(op, y, x, [&](std::int64_t pixel) {
          sum += codes[pixel + c] - static_cast<std::int32_t>(op.input_zero_point);
        });
        codes.set(out, rescale(sum, multiplier, shift, range_of(op), mode));
      }
    }
}

void run(const isa::Lookup& op, RoundingMode, Codes codes) {
  for (std::int64_t i = 0; i < op.elements; ++i)
    codes.set(op.output_address + i, codes[op.table_address + codes[op.input_address + i] + 128]);
}

void run(const isa::ParametricRelu& op, RoundingMode mode, Codes codes) {
  for (std::int64_t i = 0; i < op.elements; ++i) {
    const std::int32_t value = codes[op.input_address + i] - static_cast<std::int32_t>(op.input_zero_point);
    const std::int32_t multiplier =
        value >= 0 ? static_cast<std::int32_t>(op.multiplier) : codes.int32(op.table_address + 4 * (i % op.channels));
    codes.set(op.output_address + i, rescale(value, multiplier, static_cast<int>(op.shift), range_of(op), mode));
  }
}

void run(const isa::Gather& op, RoundingMode, Codes codes) {
  std::int64_t out = op.output_address;
  for (std::int64_t y = 0; y < op.output_height; ++y) {
    const std::int64_t row = codes.uint16(op.table_address + 2 * y);
    for (std::int64_t x = 0; x < op.output_width; ++x) {
      const std::int64_t column = codes.uint16(op.table_address + 2 * (op.output_height + x));
      if (row >= op.input_height || column >= op.input_width)
        fail("a table of a gather command names pixel ({}, {}) of a tile of {} x {}", row, column, op.input_height,
             op.input_width);
      for (std::int64_t c = 0; c < op.channels; ++c, ++out)
        codes.set(out, codes[op.input_address + (row * op.input_width + column) * op.channels + c]);
    }
  }
}

void run(const isa::Fill& op, RoundingMode, Codes codes) {
  for (std::int64_t i = 0; i < op.elements; ++i) codes.set(op.output_address + i, static_cast<std::int8_t>(op.value));
}

template <typename Op>
std::int64_t outputs_of(const Op& op) {
  if constexpr (requires { op.elements; })
    return op.elements;
  else
    return op.output_height * op.output_width * op.channels;
}

template <typename Op>
std::int64_t work_of(const Op& op) {
  if constexpr (requires { op.kernel_height; })
    return outputs_of(op) * op.kernel_height * op.kernel_width;
  else
    return outputs_of(op);
}

template <typename Op>
constexpr bool kIsVector =
    Op::kUnit == isa::Unit::compute && !std::is_same_v<Op, isa::Conv> && !std::is_same_v<Op, isa::Sync>;

}  // namespace

VectorActivity execute_vector(const isa::Operation& operation, const NpuConfig& config,
                              std::span<std::uint8_t> scratchpad) {
  VectorActivity activity;
  std::visit(
      [&](const auto& op) {
        if constexpr (kIsVector<std::decay_t<decltype(op)>>) {
          run(op, config.requantizer.rounding, Codes(scratchpad));
          activity.elements = outputs_of(op);
        }
      },
      operation);
  activity.cycles = vector_timing(operation, config);
  return activity;
}

std::int64_t vector_timing(const isa::Operation& operation, const NpuConfig& config) {
  return std::visit(
      [&](const auto& op) -> std::int64_t {
        if constexpr (kIsVector<std::decay_t<decltype(op)>>)
          return config.vector_unit.pipeline_cycles +
                 (work_of(op) + config.vector_unit.lanes - 1) / config.vector_unit.lanes;
        else
          return 0;
      },
      operation);
}

}  // namespace evenshift::datapath
