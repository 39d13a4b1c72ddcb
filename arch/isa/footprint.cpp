#include "arch/isa/footprint.h"

#include <fmt/format.h>

#include "arch/base/ceil_divide.h"
#include "arch/isa/weight_layout.h"

namespace evenshift::isa {
namespace {

Access rows_of(Memory memory, bool writes, std::int64_t address, std::int64_t rows, std::int64_t row_bytes,
               std::int64_t stride) {
  if (rows == 1 || stride == row_bytes) return {memory, writes, address, 1, rows * row_bytes, 0};
  return {memory, writes, address, rows, row_bytes, stride};
}

Access bytes_of(bool writes, std::int64_t address, std::int64_t size) {
  return {Memory::scratchpad, writes, address, 1, size, 0};
}

std::vector<Access> touched(const Load& op, const NpuConfig&) {
  return {rows_of(Memory::dram, false, op.dram_address, op.rows, op.row_bytes, op.dram_stride),
          rows_of(Memory::scratchpad, true, op.scratchpad_address, op.rows, op.row_bytes, op.scratchpad_stride)};
}

std::vector<Access> touched(const Store& op, const NpuConfig&) {
  return {rows_of(Memory::scratchpad, false, op.scratchpad_address, op.rows, op.row_bytes, op.scratchpad_stride),
          rows_of(Memory::dram, true, op.dram_address, op.rows, op.row_bytes, op.dram_stride)};
}

std::vector<Access> touched(const Conv& op, const NpuConfig& config) {
  const std::int64_t input_channels = op.output_channels / op.outputs_per_group * op.inputs_per_group;
  std::vector<Access> accesses = {
      rows_of(Memory::scratchpad, false, op.input_address, op.input_height,
              (op.input_width - 1) * op.input_pixel_stride + input_channels, op.input_row_stride),
      bytes_of(false, op.weight_address, packed_weight_bytes(op, config.conv_core.mac_cols))};
  if (op.continues == 0) accesses.push_back(bytes_of(false, op.bias_address, 4 * op.output_channels));
  if (op.finishes == 0) return accesses;
  if (const auto scale_bytes = packed_scale_bytes(config.requantizer, op.output_channels); scale_bytes > 0)
    accesses.push_back(bytes_of(false, op.scale_address, scale_bytes));
  if (op.output_pixel_stride == op.output_channels) {
    accesses.push_back(rows_of(Memory::scratchpad, true, op.output_address, op.output_height,
                               op.output_width * op.output_channels, op.output_row_stride));
  } else if (op.output_row_stride == op.output_width * op.output_pixel_stride) {
    accesses.push_back(rows_of(Memory::scratchpad, true, op.output_address, op.output_height * op.output_width,
                               op.output_channels, op.output_pixel_stride));
  } else {
    for (std::int64_t y = 0; y < op.output_height; ++y)
      accesses.push_back(rows_of(Memory::scratchpad, true, op.output_address + y * op.output_row_stride,
                                 op.output_width, op.output_channels, op.output_pixel_stride));
  }
  return accesses;
}

std::vector<Access> touched_by_pair(std::int64_t a, std::int64_t b, std::int64_t output, std::int64_t elements,
                                    std::int64_t b_period) {
  return {bytes_of(false, a, elements), bytes_of(false, b, b_period), bytes_of(true, output, elements)};
}

std::vector<Access> touched(const Add& op, const NpuConfig&) {
  return touched_by_pair(op.a_address, op.b_address, op.output_address, op.elements, op.b_period);
}

std::vector<Access> touched(const Multiply& op, const NpuConfig&) {
  return touched_by_pair(op.a_address, op.b_address, op.output_address, op.elements, op.b_period);
}

template <typename Op>
std::vector<Access> touched_by_window(const Op& op, std::int64_t table_bytes) {
  std::vector<Access> accesses = {bytes_of(false, op.input_address, op.input_height * op.input_width * op.channels)};
  if constexpr (requires { op.table_address; }) accesses.push_back(bytes_of(false, op.table_address, table_bytes));
  accesses.push_back(bytes_of(true, op.output_address, op.output_height * op.output_width * op.channels));
  return accesses;
}

std::vector<Access> touched(const MaxPool& op, const NpuConfig&) { return touched_by_window(op, 0); }

std::vector<Access> touched(const AveragePool& op, const NpuConfig&) {
  return touched_by_window(op, 8 * (op.by_count != 0 ? op.kernel_height * op.kernel_width : 1));
}

std::vector<Access> touched(const Gather& op, const NpuConfig&) {
  return touched_by_window(op, 2 * (op.output_height + op.output_width));
}

std::vector<Access> touched(const Lookup& op, const NpuConfig&) {
  return {bytes_of(false, op.input_address, op.elements), bytes_of(false, op.table_address, 256),
          bytes_of(true, op.output_address, op.elements)};
}

std::vector<Access> touched(const ParametricRelu& op, const NpuConfig&) {
  return {bytes_of(false, op.input_address, op.elements), bytes_of(false, op.table_address, 4 * op.channels),
          bytes_of(true, op.output_address, op.elements)};
}

std::vector<Access> touched(const Fill& op, const NpuConfig&) {
  return {bytes_of(true, op.output_address, op.elements)};
}

std::vector<Access> touched(const Sync&, const NpuConfig&) { return {}; }

/// Fields that may be 0; all others that are sizes, counts or steps must be at least 1.
bool may_be_zero(std::string_view name) {
  return name.ends_with("address") || name.ends_with("stride") || name.starts_with("pad_") ||
         name.starts_with("zero_point") || name.ends_with("zero_point") || name.starts_with("clamp") ||
         name.starts_with("multiplier") || name == "shift" || name == "continues" || name == "finishes" ||
         name == "by_count" || name == "value";
}

template <typename Op>
std::optional<std::string> zero_field(const Op& op) {
  std::optional<std::string> fault;
  for_each_field<Op>([&](const auto& field) {
    if (!fault && op.*field.member == 0 && !may_be_zero(field.name)) fault = fmt::format("{} is 0", field.name);
  });
  return fault;
}

template <typename Op>
std::optional<std::string> own_fault(const Op& op, [[maybe_unused]] const NpuConfig& config) {
  if constexpr (requires { op.clamp_low; })
    if (op.clamp_low > op.clamp_high)
      return fmt::format("clamp_low {} is above clamp_high {}", op.clamp_low, op.clamp_high);
  if constexpr (requires { op.b_period; })
    if (op.elements % op.b_period != 0)
      return fmt::format("elements {} is no multiple of b_period {}", op.elements, op.b_period);
  if constexpr (std::is_same_v<Op, ParametricRelu>)
    if (op.elements % op.channels != 0)
      return fmt::format("elements {} is no multiple of channels {}", op.elements, op.channels);
  if constexpr (requires { op.kernel_height; }) {
    if (op.kernel_height * op.kernel_width > 65536)
      return fmt::format("a kernel of {} x {} has more than 65536 taps", op.kernel_height, op.kernel_width);
  }
  if constexpr (std::is_same_v<Op, Conv>) {
    if (op.weight_bits < 2 || op.weight_bits > 8) return fmt::format("weight_bits {} is not 2 to 8", op.weight_bits);
    if (op.output_channels % op.outputs_per_group != 0)
      return fmt::format("output_channels {} is no multiple of outputs_per_group {}", op.output_channels,
                         op.outputs_per_group);
    if (op.inputs_per_group * op.kernel_height * op.kernel_width > (1 << 24))
      return fmt::format("a reduction over {} elements is longer than 2^24",
                         op.inputs_per_group * op.kernel_height * op.kernel_width);
    if (op.continues != 0 || op.finishes == 0) {
      if (op.output_channels != op.outputs_per_group)
        return "a command that continues or does not finish has more than one group";
      const std::int64_t entries =
          op.output_height * op.output_width * ceil_divide(op.output_channels, config.conv_core.mac_cols);
      if (entries > config.conv_core.accumulator_entries)
        return fmt::format("{} accumulator entries are needed and {} are there", entries,
                           config.conv_core.accumulator_entries);
    }
  }
  return std::nullopt;
}

/// Vector commands read and write several elements in a cycle, so what they write may lie on what they read only where
/// each element is written behind its own reading: in place.
template <typename Op>
std::optional<std::string> overlap_fault(const std::vector<Access>& accesses) {
  constexpr bool kElementwise = requires(Op op) { op.elements; };
  for (const Access& output : accesses)
    for (const Access& input : accesses) {
      if (!output.writes || input.writes || output.end() <= input.address || input.end() <= output.address) continue;
      if (kElementwise && output.address == input.address && output.end() == input.end()) continue;
      return fmt::format("it writes bytes {} to {} and reads {} to {}: they overlap, and not in place", output.address,
                         output.end(), input.address, input.end());
    }
  return std::nullopt;
}

}  // namespace

std::vector<Access> footprint(const Operation& operation, const NpuConfig& config) {
  return std::visit([&](const auto& op) { return touched(op, config); }, operation);
}

std::optional<std::string> command_fault(const Operation& operation, const NpuConfig& config, std::int64_t dram_bytes) {
  return std::visit(
      [&]<typename Op>(const Op& op) -> std::optional<std::string> {
        if (auto fault = zero_field(op)) return fault;
        if (auto fault = own_fault(op, config)) return fault;
        for (const Access& access : touched(op, config)) {
          const std::int64_t size = access.memory == Memory::dram ? dram_bytes : config.scratchpad.size_bytes;
          if (access.address < 0 || access.end() > size)
            return fmt::format("it {} bytes {} to {} of a {} of {} bytes", access.writes ? "writes" : "reads",
                               access.address, access.end(), access.memory == Memory::dram ? "DRAM" : "scratchpad",
                               size);
        }
        if constexpr (Op::kUnit == Unit::compute && !std::is_same_v<Op, Conv>)
          return overlap_fault<Op>(touched(op, config));
        else
          return std::nullopt;
      },
      operation);
}

}  // namespace evenshift::isa
