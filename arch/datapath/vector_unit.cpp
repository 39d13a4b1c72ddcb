#include "arch/datapath/vector_unit.h"

#include <algorithm>

#include "arch/base/error.h"
#include "arch/datapath/clamp_counter.h"
#include "arch/datapath/vector_timing.h"
#include "arch/datapath/vector_work.h"
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

/// The clamp of a command; one without has the whole range of codes.
template <typename Op>
OutputRange range_of(const Op& op) {
  OutputRange range;
  if constexpr (requires { op.clamp_low; })
    range = {0, static_cast<std::int32_t>(op.clamp_low), static_cast<std::int32_t>(op.clamp_high)};
  if constexpr (requires { op.output_zero_point; }) range.zero_point = static_cast<std::int32_t>(op.output_zero_point);
  return range;
}

/// A table's shift; round_shift is defined for 0 to 62 with the largest sums.
int checked_shift(std::int64_t shift) {
  if (shift < 0 || shift > 62) fail("a table of an average_pool command asks for a shift of {}; 0 to 62 can be", shift);
  return static_cast<int>(shift);
}

/// Calls pair(i, j) for every element i and the element j = i mod period that goes with it.
template <typename Pair>
void for_each_pair(std::int64_t elements, std::int64_t period, Pair&& pair) {
  for (std::int64_t first = 0; first < elements; first += period)
    for (std::int64_t j = 0; j < period; ++j) pair(first + j, j);
}

void run(const isa::Add& op, RoundingMode mode, Codes codes, ClampCounter& clamp) {
  const AddScales scales{static_cast<std::int32_t>(op.zero_point_a), static_cast<std::int32_t>(op.zero_point_b),
                         static_cast<std::int32_t>(op.multiplier_a), static_cast<std::int32_t>(op.multiplier_b),
                         static_cast<int>(op.shift)};
  for_each_pair(op.elements, op.b_period, [&](std::int64_t i, std::int64_t j) {
    codes.set(op.output_address + i, clamp(scaled_add(codes[op.a_address + i], codes[op.b_address + j], scales, mode)));
  });
}

void run(const isa::Multiply& op, RoundingMode mode, Codes codes, ClampCounter& clamp) {
  const MultiplyScales scales{static_cast<std::int32_t>(op.zero_point_a), static_cast<std::int32_t>(op.zero_point_b),
                              static_cast<std::int32_t>(op.multiplier), static_cast<int>(op.shift)};
  for_each_pair(op.elements, op.b_period, [&](std::int64_t i, std::int64_t j) {
    codes.set(op.output_address + i,
              clamp(scaled_multiply(codes[op.a_address + i], codes[op.b_address + j], scales, mode)));
  });
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

void run(const isa::MaxPool& op, RoundingMode, Codes codes, ClampCounter& clamp) {
  std::int64_t out = op.output_address;
  for (std::int64_t y = 0; y < op.output_height; ++y)
    for (std::int64_t x = 0; x < op.output_width; ++x)
      for (std::int64_t c = 0; c < op.channels; ++c, ++out) {
        std::int64_t greatest = -128;
        for_each_tap(op, y, x,
                     [&](std::int64_t pixel) { greatest = std::max<std::int64_t>(greatest, codes[pixel + c]); });
        codes.set(out, clamp(greatest));
      }
}

void run(const isa::AveragePool& op, RoundingMode mode, Codes codes, ClampCounter& clamp) {
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
        codes.set(out, clamp(scaled_value(sum, multiplier, shift, mode)));
      }
    }
}

void run(const isa::Lookup& op, RoundingMode, Codes codes, ClampCounter&) {
  for (std::int64_t i = 0; i < op.elements; ++i)
    codes.set(op.output_address + i, codes[op.table_address + codes[op.input_address + i] + 128]);
}

void run(const isa::ParametricRelu& op, RoundingMode mode, Codes codes, ClampCounter& clamp) {
  for_each_pair(op.elements, op.channels, [&](std::int64_t i, std::int64_t c) {
    const std::int32_t value = codes[op.input_address + i] - static_cast<std::int32_t>(op.input_zero_point);
    const std::int32_t multiplier =
        value >= 0 ? static_cast<std::int32_t>(op.multiplier) : codes.int32(op.table_address + 4 * c);
    codes.set(op.output_address + i, clamp(scaled_value(value, multiplier, static_cast<int>(op.shift), mode)));
  });
}

void run(const isa::Gather& op, RoundingMode, Codes codes, ClampCounter&) {
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

void run(const isa::Fill& op, RoundingMode, Codes codes, ClampCounter&) {
  for (std::int64_t i = 0; i < op.elements; ++i) codes.set(op.output_address + i, static_cast<std::int8_t>(op.value));
}

}  // namespace

VectorActivity execute_vector(const isa::Operation& operation, const NpuConfig& config,
                              std::span<std::uint8_t> scratchpad) {
  VectorActivity activity;
  std::visit(
      [&](const auto& op) {
        if constexpr (kIsVector<std::decay_t<decltype(op)>>) {
          ClampCounter clamp(range_of(op));
          run(op, config.requantizer.rounding, Codes(scratchpad), clamp);
          activity.elements = outputs_of(op);
          activity.clamped_low = clamp.low();
          activity.clamped_high = clamp.high();
        }
      },
      operation);
  activity.cycles = vector_timing(operation, config);
  return activity;
}

}  // namespace evenshift::datapath
