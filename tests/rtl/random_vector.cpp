#include "tests/rtl/random_vector.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

namespace evenshift::rtl {
namespace {

constexpr int kDifferenceBits = 8;  // of a code minus a zero point, without its sign

class Draw {
 public:
  explicit Draw(std::mt19937& random) : random_(random) {}

  std::int64_t in(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(int of) { return in(1, of) == 1; }
  std::int64_t code() { return in(-128, 127); }
  /// Every eighth is the least or the greatest.
  std::int64_t code_or_limit() { return !chance(8) ? code() : chance(2) ? -128 : 127; }
  /// Small ones, powers of two (whose products are ties), those of a normalized scale, and any.
  std::int64_t multiplier() {
    const std::int64_t magnitude = std::array{in(0, 40), std::int64_t{1} << in(0, 30), in(1 << 30, INT32_MAX),
                                              in(0, INT32_MAX)}[static_cast<std::size_t>(in(0, 3))];
    const std::int64_t greatest = chance(30) ? INT32_MAX : magnitude;
    return chance(4) ? -greatest : greatest;
  }
  /// Any up to `most`, those where roundings change; half of them such that values of `bits` bits times the multiplier
  /// are often neither 0 nor clamped.
  std::int64_t shift(std::int64_t multiplier, int bits, std::int64_t most) {
    if (chance(10)) return std::array<std::int64_t, 6>{0, 1, 30, 31, 32, most}[static_cast<std::size_t>(in(0, 5))];
    const int width = std::bit_width(static_cast<std::uint64_t>(std::abs(multiplier)));
    return chance(2) ? in(0, most) : std::clamp<std::int64_t>(width + bits - 8 - in(-3, 5), 0, most);
  }

 private:
  std::mt19937& random_;
};

/// Lays out the command's parts behind each other, with gaps.
class Layout {
 public:
  explicit Layout(Draw& draw) : draw_(draw) {}
  std::int64_t place(std::int64_t size) {
    const std::int64_t address = end_ + draw_.in(0, 9);
    end_ = address + size;
    return address;
  }
  [[nodiscard]] std::int64_t end() const { return end_; }

 private:
  Draw& draw_;
  std::int64_t end_ = 0;
};

void put(std::vector<std::uint8_t>& bytes, std::int64_t address, std::int64_t value, int count) {
  for (int i = 0; i < count; ++i)
    bytes[static_cast<std::size_t>(address + i)] =
        static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <typename Op>
void draw_output(Draw& draw, Op& op) {
  if constexpr (requires { op.output_zero_point; }) op.output_zero_point = draw.code_or_limit();
  if (draw.chance(2)) {
    op.clamp_low = draw.code();
    op.clamp_high = draw.in(op.clamp_low, 127);
  }
}

template <typename Op>
void draw_pair(Draw& draw, Layout& layout, Op& op) {
  op.b_period = draw.in(1, draw.chance(3) ? 300 : 40);
  op.elements = op.b_period * (draw.chance(2) ? 1 : draw.in(1, 6));
  op.a_address = layout.place(op.elements);
  op.b_address = op.elements == op.b_period && draw.chance(8) ? op.a_address : layout.place(op.b_period);
  op.output_address = draw.chance(3)                                 ? op.a_address
                      : op.elements == op.b_period && draw.chance(3) ? op.b_address
                                                                     : layout.place(op.elements);
  op.zero_point_a = draw.code_or_limit();
  op.zero_point_b = draw.code_or_limit();
  draw_output(draw, op);
}

template <typename Op>
void draw_tile(Draw& draw, Layout& layout, Op& op) {
  op.input_height = draw.in(1, 7);
  op.input_width = draw.in(1, 7);
  op.output_height = draw.in(1, 5);
  op.output_width = draw.in(1, 5);
  op.channels = draw.in(1, draw.chance(3) ? 70 : 20);
  op.input_address = layout.place(op.input_height * op.input_width * op.channels);
  op.output_address = layout.place(op.output_height * op.output_width * op.channels);
}

template <typename Op>
void draw_window(Draw& draw, Op& op) {
  op.kernel_height = draw.in(1, 4);
  op.kernel_width = draw.in(1, 4);
  op.stride_height = draw.in(1, 3);
  op.stride_width = draw.in(1, 3);
  op.pad_top = draw.in(0, 3);
  op.pad_left = draw.in(0, 3);
  draw_output(draw, op);
}

void draw_operation(Draw& draw, Layout& layout, isa::Add& op) {
  draw_pair(draw, layout, op);
  op.multiplier_a = draw.multiplier();
  op.multiplier_b = draw.multiplier();
  op.shift = draw.shift(std::max(std::abs(op.multiplier_a), std::abs(op.multiplier_b)), kDifferenceBits, 63);
}

void draw_operation(Draw& draw, Layout& layout, isa::Multiply& op) {
  draw_pair(draw, layout, op);
  op.multiplier = draw.multiplier();
  op.shift = draw.shift(op.multiplier, 2 * kDifferenceBits, 63);
}

void draw_operation(Draw& draw, Layout& layout, isa::MaxPool& op) {
  draw_tile(draw, layout, op);
  draw_window(draw, op);
  op.dilation_height = draw.in(1, 3);
  op.dilation_width = draw.in(1, 3);
}

void draw_operation(Draw& draw, Layout& layout, isa::AveragePool& op) {
  draw_tile(draw, layout, op);
  draw_window(draw, op);
  op.by_count = draw.in(0, 1);
  op.input_zero_point = draw.code_or_limit();
  op.table_address = layout.place(8 * op.kernel_height * op.kernel_width);
}

void draw_operation(Draw& draw, Layout& layout, isa::Lookup& op) {
  op.elements = draw.in(1, 300);
  op.table_address = layout.place(256);
  op.input_address = layout.place(op.elements);
  op.output_address = draw.chance(2) ? op.input_address : layout.place(op.elements);
}

void draw_operation(Draw& draw, Layout& layout, isa::ParametricRelu& op) {
  op.channels = draw.in(1, 70);
  op.elements = op.channels * draw.in(1, 5);
  op.table_address = layout.place(4 * op.channels);
  op.input_address = layout.place(op.elements);
  op.output_address = draw.chance(2) ? op.input_address : layout.place(op.elements);
  op.multiplier = draw.multiplier();
  op.shift = draw.shift(op.multiplier, kDifferenceBits, 63);
  op.input_zero_point = draw.code_or_limit();
  draw_output(draw, op);
}

void draw_operation(Draw& draw, Layout& layout, isa::Gather& op) {
  draw_tile(draw, layout, op);
  op.table_address = layout.place(2 * (op.output_height + op.output_width));
}

void draw_operation(Draw& draw, Layout& layout, isa::Fill& op) {
  op.elements = draw.in(1, 300);
  op.output_address = layout.place(op.elements);
  op.value = draw.code_or_limit();
}

void fill_table(Draw&, const auto&, std::vector<std::uint8_t>&) {}

void fill_table(Draw& draw, const isa::AveragePool& op, std::vector<std::uint8_t>& bytes) {
  for (std::int64_t t = 0; t < op.kernel_height * op.kernel_width; ++t) {
    const std::int64_t multiplier = draw.multiplier();
    put(bytes, op.table_address + 8 * t, multiplier, 4);
    put(bytes, op.table_address + 8 * t + 4, draw.shift(multiplier, kDifferenceBits + 2, 62), 4);
  }
}

void fill_table(Draw& draw, const isa::ParametricRelu& op, std::vector<std::uint8_t>& bytes) {
  for (std::int64_t c = 0; c < op.channels; ++c) put(bytes, op.table_address + 4 * c, draw.multiplier(), 4);
}

void fill_table(Draw& draw, const isa::Gather& op, std::vector<std::uint8_t>& bytes) {
  for (std::int64_t y = 0; y < op.output_height; ++y)
    put(bytes, op.table_address + 2 * y, draw.in(0, op.input_height - 1), 2);
  for (std::int64_t x = 0; x < op.output_width; ++x)
    put(bytes, op.table_address + 2 * (op.output_height + x), draw.in(0, op.input_width - 1), 2);
}

template <typename Op>
void draw_command(std::mt19937& random, Draw& draw, VectorCommand& test) {
  Op op;
  Layout layout(draw);
  draw_operation(draw, layout, op);
  test.scratchpad.resize(static_cast<std::size_t>(layout.end() + draw.in(0, 5)));
  for (std::uint8_t& byte : test.scratchpad) byte = static_cast<std::uint8_t>(random());
  fill_table(draw, op, test.scratchpad);
  test.operation = op;
}

}  // namespace

VectorCommand random_vector_command(std::mt19937& random, int kind) {
  Draw draw(random);
  VectorCommand test;
  test.config.vector_unit.lanes =
      draw.chance(2) ? draw.in(1, 32) : std::array{1, 4, 8, 16, 32}[static_cast<std::size_t>(draw.in(0, 4))];
  test.config.vector_unit.pipeline_cycles = draw.in(4, 6);
  test.config.requantizer.rounding = static_cast<RoundingMode>(draw.in(0, 4));
  test.config.scratchpad.banks = draw.in(1, 8);
  test.config.scratchpad.bytes_per_bank_per_cycle = draw.in(1, 16);
  switch (kind) {
    case 0:
      draw_command<isa::Add>(random, draw, test);
      break;
    case 1:
      draw_command<isa::Multiply>(random, draw, test);
      break;
    case 2:
      draw_command<isa::MaxPool>(random, draw, test);
      break;
    case 3:
      draw_command<isa::AveragePool>(random, draw, test);
      break;
    case 4:
      draw_command<isa::Lookup>(random, draw, test);
      break;
    case 5:
      draw_command<isa::ParametricRelu>(random, draw, test);
      break;
    case 6:
      draw_command<isa::Gather>(random, draw, test);
      break;
    default:
      draw_command<isa::Fill>(random, draw, test);
  }
  return test;
}

}  // namespace evenshift::rtl
