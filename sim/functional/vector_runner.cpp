#include "sim/functional/vector_runner.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "arch/datapath/vector_unit.h"

namespace evenshift::sim {
namespace {

/// Shorter periods of a repeated operand are not worth a call each.
constexpr std::int64_t kLeastPeriod = 8;
/// round_shift's range for the sums of average_pool.
constexpr std::int32_t kMaxTableShift = 62;

template <typename Op>
OutputRange range_of(const Op& op) {
  return {static_cast<std::int32_t>(op.output_zero_point), static_cast<std::int32_t>(op.clamp_low),
          static_cast<std::int32_t>(op.clamp_high)};
}

/// Nothing that is written first lies in what is read later: equal addresses are safe element by element.
bool apart(std::int64_t output, std::int64_t output_size, std::int64_t input, std::int64_t input_size) {
  return output + output_size <= input || input + input_size <= output;
}

/// What the functions below need; each returns false where it leaves the command to datapath::execute_vector.
struct Context {
  const Kernels& kernels;
  RoundingMode mode;
  std::int8_t* codes;

  [[nodiscard]] std::int32_t int32(std::int64_t address) const {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i)
      value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(codes[address + i])) << (8 * i);
    return static_cast<std::int32_t>(value);
  }
};

template <typename Op, typename Kernel>
bool run_pairs(const Op& op, std::int8_t* codes, Kernel&& kernel) {
  const bool a_safe =
      op.a_address == op.output_address || apart(op.output_address, op.elements, op.a_address, op.elements);
  const bool b_safe = (op.b_address == op.output_address && op.b_period == op.elements) ||
                      apart(op.output_address, op.elements, op.b_address, op.b_period);
  if (!a_safe || !b_safe || op.b_period < std::min(kLeastPeriod, op.elements)) return false;
  for (std::int64_t i = 0; i < op.elements; i += op.b_period)
    kernel(codes + op.output_address + i, codes + op.a_address + i, codes + op.b_address, op.b_period);
  return true;
}

bool run(const isa::Add& op, const Context& context) {
  const AddScales scales{static_cast<std::int32_t>(op.zero_point_a), static_cast<std::int32_t>(op.zero_point_b),
                         static_cast<std::int32_t>(op.multiplier_a), static_cast<std::int32_t>(op.multiplier_b),
                         static_cast<int>(op.shift)};
  return run_pairs(op, context.codes,
                   [&](std::int8_t* out, const std::int8_t* a, const std::int8_t* b, std::int64_t count) {
                     context.kernels.add(out, a, b, count, scales, range_of(op), context.mode);
                   });
}

bool run(const isa::Multiply& op, const Context& context) {
  const MultiplyScales scales{static_cast<std::int32_t>(op.zero_point_a), static_cast<std::int32_t>(op.zero_point_b),
                              static_cast<std::int32_t>(op.multiplier), static_cast<int>(op.shift)};
  return run_pairs(op, context.codes,
                   [&](std::int8_t* out, const std::int8_t* a, const std::int8_t* b, std::int64_t count) {
                     context.kernels.multiply(out, a, b, count, scales, range_of(op), context.mode);
                   });
}

/// Calls pixel(output, taps inside the tile) for every output pixel.
template <typename Op, typename Pixel>
void for_each_window(const Op& op, std::int8_t* codes, Pixel&& pixel) {
  std::int64_t dilation_height = 1;
  std::int64_t dilation_width = 1;
  if constexpr (requires { op.dilation_height; }) {
    dilation_height = op.dilation_height;
    dilation_width = op.dilation_width;
  }
  std::vector<const std::int8_t*> taps(static_cast<std::size_t>(op.kernel_height * op.kernel_width));
  std::int8_t* out = codes + op.output_address;
  for (std::int64_t y = 0; y < op.output_height; ++y) {
    for (std::int64_t x = 0; x < op.output_width; ++x, out += op.channels) {
      std::size_t count = 0;
      for (std::int64_t ky = 0; ky < op.kernel_height; ++ky) {
        const std::int64_t iy = y * op.stride_height + ky * dilation_height - op.pad_top;
        if (iy < 0 || iy >= op.input_height) continue;
        for (std::int64_t kx = 0; kx < op.kernel_width; ++kx) {
          const std::int64_t ix = x * op.stride_width + kx * dilation_width - op.pad_left;
          if (ix >= 0 && ix < op.input_width)
            taps[count++] = codes + op.input_address + (iy * op.input_width + ix) * op.channels;
        }
      }
      pixel(out, std::span(taps).first(count));
    }
  }
}

template <typename Op>
bool windows_apart(const Op& op) {
  return apart(op.output_address, op.output_height * op.output_width * op.channels, op.input_address,
               op.input_height * op.input_width * op.channels);
}

bool run(const isa::MaxPool& op, const Context& context) {
  if (!windows_apart(op)) return false;
  for_each_window(op, context.codes, [&](std::int8_t* out, std::span<const std::int8_t*> taps) {
    context.kernels.max_taps(out, taps.data(), static_cast<std::int64_t>(taps.size()), op.channels,
                             static_cast<std::int32_t>(op.clamp_low), static_cast<std::int32_t>(op.clamp_high));
  });
  return true;
}

bool run(const isa::AveragePool& op, const Context& context) {
  const std::int64_t entries = op.by_count != 0 ? op.kernel_height * op.kernel_width : 1;
  if (!windows_apart(op) ||
      !apart(op.output_address, op.output_height * op.output_width * op.channels, op.table_address, 8 * entries))
    return false;
  std::vector<std::pair<std::int32_t, std::int32_t>> table;
  for (std::int64_t t = 0; t < entries; ++t) {
    table.emplace_back(context.int32(op.table_address + 8 * t), context.int32(op.table_address + 8 * t + 4));
    if (table.back().second < 0 || table.back().second > kMaxTableShift) return false;
  }
  for_each_window(op, context.codes, [&](std::int8_t* out, std::span<const std::int8_t*> taps) {
    const auto [multiplier, shift] = table[op.by_count != 0 && !taps.empty() ? taps.size() - 1 : 0];
    context.kernels.sum_taps(out, taps.data(), static_cast<std::int64_t>(taps.size()), op.channels,
                             static_cast<std::int32_t>(op.input_zero_point), multiplier, shift, range_of(op),
                             context.mode);
  });
  return true;
}

bool run(const isa::Lookup& op, const Context& context) {
  if (!apart(op.output_address, op.elements, op.table_address, 256) ||
      (op.output_address != op.input_address && !apart(op.output_address, op.elements, op.input_address, op.elements)))
    return false;
  std::array<std::int8_t, 256> table{};
  std::copy_n(context.codes + op.table_address, table.size(), table.begin());
  std::rotate(table.begin(), table.begin() + 128, table.end());  // the entry of code 0 first
  const std::int8_t* in = context.codes + op.input_address;
  std::int8_t* out = context.codes + op.output_address;
  for (std::int64_t i = 0; i < op.elements; ++i) out[i] = table[static_cast<std::uint8_t>(in[i])];
  return true;
}

bool run(const isa::Fill& op, const Context& context) {
  std::memset(context.codes + op.output_address, static_cast<int>(op.value), static_cast<std::size_t>(op.elements));
  return true;
}

template <typename Op>
bool run(const Op&, const Context&) {
  return false;
}

}  // namespace

void run_vector(const isa::Operation& operation, const NpuConfig& config, const Kernels& kernels,
                std::span<std::uint8_t> scratchpad) {
  const Context context{kernels, config.requantizer.rounding, reinterpret_cast<std::int8_t*>(scratchpad.data())};
  const bool done = std::visit([&](const auto& op) { return run(op, context); }, operation);
  if (!done) datapath::execute_vector(operation, config, scratchpad);
}

}  // namespace evenshift::sim
