#pragma once

#include <cstdint>
#include <tuple>
#include <variant>

/// The command set of the machine. One struct a command; beside each, in `fields`, the one table from which encoder,
/// decoder, disassembler, reference documentation, C header and SystemVerilog constants come.
///
/// Tensors in the scratchpad are HWC: byte (y, x, c) of a tile is at address + y · row_stride + x · pixel_stride + c.
/// All addresses and strides are in bytes. A command of the vector unit may write over what it reads only in place:
/// each output of an element over that very element (isa::command_fault).
namespace evenshift::isa {

enum class Unit : std::uint8_t { load, compute, store };

/// What every command begins with, in this order: opcode (8 bits), tokens (8), layer (16).
///
/// Tokens order the three units. Each ordered pair of units has a counter of tokens. Before a command starts, its unit
/// takes one token from each counter that the command waits for; after it has ended (its last byte is written), it puts
/// one into each that it signals. `wait_a`/`signal_a` name the first of the other two units, `_b` the second, in the
/// order load, compute, store.
struct Tokens {
  bool wait_a = false;
  bool wait_b = false;
  bool signal_a = false;
  bool signal_b = false;
  friend bool operator==(const Tokens&, const Tokens&) = default;
};

/// The unit that `_a` (index 0) or `_b` (index 1) of a command of `unit` means.
constexpr Unit other_unit(Unit unit, int index) {
  if (unit == Unit::load) return index == 0 ? Unit::compute : Unit::store;
  if (unit == Unit::compute) return index == 0 ? Unit::load : Unit::store;
  return index == 0 ? Unit::load : Unit::compute;
}

/// One row of a command's table. `is_signed` fields are two's complement.
template <typename Command>
struct Field {
  const char* name;
  int bits;
  bool is_signed;
  std::int64_t Command::*member;
  const char* sentence;
};

#define EVENSHIFT_FIELD(member, bits, is_signed, sentence) \
  Field<Self> { #member, bits, is_signed, &Self::member, sentence }

struct Load {
  static constexpr const char* kName = "load";
  static constexpr const char* kSentence = "Copies rows of bytes from DRAM into the scratchpad.";
  static constexpr std::uint8_t kOpcode = 0x01;
  static constexpr Unit kUnit = Unit::load;

  std::int64_t dram_address = 0, scratchpad_address = 0, rows = 1, row_bytes = 0, dram_stride = 0,
               scratchpad_stride = 0;

  using Self = Load;
  static constexpr auto fields =
      std::make_tuple(EVENSHIFT_FIELD(dram_address, 32, false, "first byte of the first row in DRAM"),
                      EVENSHIFT_FIELD(scratchpad_address, 32, false, "first byte of the first row in the scratchpad"),
                      EVENSHIFT_FIELD(rows, 20, false, "number of rows, at least 1"),
                      EVENSHIFT_FIELD(row_bytes, 28, false, "bytes of a row, at least 1"),
                      EVENSHIFT_FIELD(dram_stride, 32, false, "from one row to the next in DRAM"),
                      EVENSHIFT_FIELD(scratchpad_stride, 32, false, "from one row to the next in the scratchpad"));
};

struct Store {
  static constexpr const char* kName = "store";
  static constexpr const char* kSentence = "Copies rows of bytes from the scratchpad into DRAM.";
  static constexpr std::uint8_t kOpcode = 0x02;
  static constexpr Unit kUnit = Unit::store;

  std::int64_t dram_address = 0, scratchpad_address = 0, rows = 1, row_bytes = 0, dram_stride = 0,
               scratchpad_stride = 0;

  using Self = Store;
  static constexpr auto fields =
      std::make_tuple(EVENSHIFT_FIELD(dram_address, 32, false, "first byte of the first row in DRAM"),
                      EVENSHIFT_FIELD(scratchpad_address, 32, false, "first byte of the first row in the scratchpad"),
                      EVENSHIFT_FIELD(rows, 20, false, "number of rows, at least 1"),
                      EVENSHIFT_FIELD(row_bytes, 28, false, "bytes of a row, at least 1"),
                      EVENSHIFT_FIELD(dram_stride, 32, false, "from one row to the next in DRAM"),
                      EVENSHIFT_FIELD(scratchpad_stride, 32, false, "from one row to the next in the scratchpad"));
};

/// Convolution of a tile. With G = inputs_per_group, P = outputs_per_group:
///
///     acc[y][x][c] = start + Σ_{ky,kx,i<G}  w[c][ky][kx][i] · in(y·stride_height + ky·dilation_height - pad_top,
///                                                                x·stride_width  + kx·dilation_width  - pad_left,
///                                                                (c / P)·G + i)
///     out[y][x][c] = requantize(acc[y][x][c], M_c, s_c, output_zero_point, clamp_low, clamp_high)
///
/// `in` outside the tile (input_height × input_width) is pad_value. `start` is bias[c], or, where `continues` is set,
/// the accumulator that the previous command left for the same (y, x, c). Only a command with `finishes` requantizes
/// and writes; one without keeps its accumulators. A command that continues or does not finish has one group, and
/// output_height · output_width · ceil(output_channels / mac_cols) fits accumulator_entries.
/// weights: see weight_layout.h. bias: output_channels signed 32-bit little-endian integers. scales: see
/// weight_layout.h. Depthwise layers are G = 1.
struct Conv {
  static constexpr const char* kName = "conv";
  static constexpr const char* kSentence =
      "Convolves a tile, regular, grouped, depthwise or dense, and requantizes it.";
  static constexpr std::uint8_t kOpcode = 0x10;
  static constexpr Unit kUnit = Unit::compute;

  std::int64_t input_address = 0, input_height = 1, input_width = 1, input_row_stride = 0, input_pixel_stride = 0;
  std::int64_t output_address = 0, output_height = 1, output_width = 1, output_row_stride = 0, output_pixel_stride = 0;
  std::int64_t output_channels = 1, inputs_per_group = 1, outputs_per_group = 1;
  std::int64_t kernel_height = 1, kernel_width = 1, stride_height = 1, stride_width = 1;
  std::int64_t dilation_height = 1, dilation_width = 1, pad_top = 0, pad_left = 0, pad_value = 0;
  std::int64_t weight_address = 0, weight_bits = 8, bias_address = 0, scale_address = 0;
  std::int64_t multiplier = 0, shift = 0, output_zero_point = 0, clamp_low = -128, clamp_high = 127;
  std::int64_t continues = 0, finishes = 1;

  using Self = Conv;
  static constexpr auto fields = std::make_tuple(
      EVENSHIFT_FIELD(input_address, 32, false, "input tile in the scratchpad"),
      EVENSHIFT_FIELD(input_height, 16, false, "rows of the input tile, without padding"),
      EVENSHIFT_FIELD(input_width, 16, false, "columns of the input tile, without padding"),
      EVENSHIFT_FIELD(input_row_stride, 32, false, "from one input row to the next"),
      EVENSHIFT_FIELD(input_pixel_stride, 32, false, "from one input pixel to the next"),
      EVENSHIFT_FIELD(output_address, 32, false, "output tile in the scratchpad"),
      EVENSHIFT_FIELD(output_height, 16, false, "rows of the output tile"),
      EVENSHIFT_FIELD(output_width, 16, false, "columns of the output tile"),
      EVENSHIFT_FIELD(output_row_stride, 32, false, "from one output row to the next"),
      EVENSHIFT_FIELD(output_pixel_stride, 32, false, "from one output pixel to the next"),
      EVENSHIFT_FIELD(output_channels, 16, false, "output channels of this command"),
      EVENSHIFT_FIELD(inputs_per_group, 16, false, "input channels that one output channel reads; 1 is depthwise"),
      EVENSHIFT_FIELD(outputs_per_group, 16, false, "output channels that share their input channels"),
      EVENSHIFT_FIELD(kernel_height, 12, false, "rows of the kernel"),
      EVENSHIFT_FIELD(kernel_width, 12, false, "columns of the kernel"),
      EVENSHIFT_FIELD(stride_height, 12, false, "rows from one output to the next"),
      EVENSHIFT_FIELD(stride_width, 12, false, "columns from one output to the next"),
      EVENSHIFT_FIELD(dilation_height, 12, false, "rows from one tap to the next"),
      EVENSHIFT_FIELD(dilation_width, 12, false, "columns from one tap to the next"),
      EVENSHIFT_FIELD(pad_top, 12, false, "rows of padding above the tile"),
      EVENSHIFT_FIELD(pad_left, 12, false, "columns of padding left of the tile"),
      EVENSHIFT_FIELD(pad_value, 8, true, "code that stands outside the tile: the input's zero point"),
      EVENSHIFT_FIELD(weight_address, 32, false, "packed weights in the scratchpad"),
      EVENSHIFT_FIELD(weight_bits, 4, false, "bits of a packed weight, 2 to 8"),
      EVENSHIFT_FIELD(bias_address, 32, false, "biases in the scratchpad"),
      EVENSHIFT_FIELD(scale_address, 32, false, "packed channel scales in the scratchpad"),
      EVENSHIFT_FIELD(multiplier, 31, false, "M of the layer"), EVENSHIFT_FIELD(shift, 6, false, "n of the layer"),
      EVENSHIFT_FIELD(output_zero_point, 8, true, "z_y"), EVENSHIFT_FIELD(clamp_low, 8, true, "least output code"),
      EVENSHIFT_FIELD(clamp_high, 8, true, "greatest output code"),
      EVENSHIFT_FIELD(continues, 1, false, "1: start from the accumulators of the previous command, not from the bias"),
      EVENSHIFT_FIELD(finishes, 1, false, "1: requantize and write; 0: keep the accumulators"));
};

/// out[i] = add(a[i], b[i mod b_period]); see numerics/elementwise.h. Subtraction has a negative multiplier_b.
struct Add {
  static constexpr const char* kName = "add";
  static constexpr const char* kSentence = "Adds two tensors of different scales with one rounding.";
  static constexpr std::uint8_t kOpcode = 0x20;
  static constexpr Unit kUnit = Unit::compute;

  std::int64_t a_address = 0, b_address = 0, output_address = 0, elements = 1, b_period = 1;
  std::int64_t zero_point_a = 0, zero_point_b = 0, multiplier_a = 0, multiplier_b = 0, shift = 0;
  std::int64_t output_zero_point = 0, clamp_low = -128, clamp_high = 127;

  using Self = Add;
  static constexpr auto fields = std::make_tuple(
      EVENSHIFT_FIELD(a_address, 32, false, "first operand in the scratchpad"),
      EVENSHIFT_FIELD(b_address, 32, false, "second operand in the scratchpad"),
      EVENSHIFT_FIELD(output_address, 32, false, "result in the scratchpad"),
      EVENSHIFT_FIELD(elements, 28, false, "number of elements, contiguous"),
      EVENSHIFT_FIELD(b_period, 28, false,
                      "elements of b; they repeat: equal to elements, or the channels of a [1,1,C] operand"),
      EVENSHIFT_FIELD(zero_point_a, 8, true, "z_a"), EVENSHIFT_FIELD(zero_point_b, 8, true, "z_b"),
      EVENSHIFT_FIELD(multiplier_a, 32, true, "M_a"), EVENSHIFT_FIELD(multiplier_b, 32, true, "M_b"),
      EVENSHIFT_FIELD(shift, 6, false, "n"), EVENSHIFT_FIELD(output_zero_point, 8, true, "z_y"),
      EVENSHIFT_FIELD(clamp_low, 8, true, "least output code"),
      EVENSHIFT_FIELD(clamp_high, 8, true, "greatest output code"));
};

/// out[i] = multiply(a[i], b[i mod b_period]); see numerics/elementwise.h.
struct Multiply {
  static constexpr const char* kName = "multiply";
  static constexpr const char* kSentence = "Multiplies two tensors element by element.";
  static constexpr std::uint8_t kOpcode = 0x21;
  static constexpr Unit kUnit = Unit::compute;

  std::int64_t a_address = 0, b_address = 0, output_address = 0, elements = 1, b_period = 1;
  std::int64_t zero_point_a = 0, zero_point_b = 0, multiplier = 0, shift = 0;
  std::int64_t output_zero_point = 0, clamp_low = -128, clamp_high = 127;

  using Self = Multiply;
  static constexpr auto fields = std::make_tuple(
      EVENSHIFT_FIELD(a_address, 32, false, "first operand in the scratchpad"),
      EVENSHIFT_FIELD(b_address, 32, false, "second operand in the scratchpad"),
      EVENSHIFT_FIELD(output_address, 32, false, "result in the scratchpad"),
      EVENSHIFT_FIELD(elements, 28, false, "number of elements, contiguous"),
      EVENSHIFT_FIELD(b_period, 28, false,
                      "elements of b; they repeat: equal to elements, or the channels of a [1,1,C] operand"),
      EVENSHIFT_FIELD(zero_point_a, 8, true, "z_a"), EVENSHIFT_FIELD(zero_point_b, 8, true, "z_b"),
      EVENSHIFT_FIELD(multiplier, 32, true, "M"), EVENSHIFT_FIELD(shift, 6, false, "n"),
      EVENSHIFT_FIELD(output_zero_point, 8, true, "z_y"), EVENSHIFT_FIELD(clamp_low, 8, true, "least output code"),
      EVENSHIFT_FIELD(clamp_high, 8, true, "greatest output code"));
};

/// out[y][x][c] = max over the taps (ky, kx) that lie inside the tile; at least one does.
struct MaxPool {
  static constexpr const char* kName = "max_pool";
  static constexpr const char* kSentence = "Takes the maximum of each window; taps outside the tile do not take part.";
  static constexpr std::uint8_t kOpcode = 0x22;
  static constexpr Unit kUnit = Unit::compute;

  std::int64_t input_address = 0, input_height = 1, input_width = 1;
  std::int64_t output_address = 0, output_height = 1, output_width = 1, channels = 1;
  std::int64_t kernel_height = 1, kernel_width = 1, stride_height = 1, stride_width = 1;
  std::int64_t dilation_height = 1, dilation_width = 1, pad_top = 0, pad_left = 0;
  std::int64_t clamp_low = -128, clamp_high = 127;

  using Self = MaxPool;
  static constexpr auto fields =
      std::make_tuple(EVENSHIFT_FIELD(input_address, 32, false, "input tile in the scratchpad, contiguous"),
                      EVENSHIFT_FIELD(input_height, 16, false, "rows of the input tile"),
                      EVENSHIFT_FIELD(input_width, 16, false, "columns of the input tile"),
                      EVENSHIFT_FIELD(output_address, 32, false, "output tile in the scratchpad, contiguous"),
                      EVENSHIFT_FIELD(output_height, 16, false, "rows of the output tile"),
                      EVENSHIFT_FIELD(output_width, 16, false, "columns of the output tile"),
                      EVENSHIFT_FIELD(channels, 16, false, "channels of both tiles"),
                      EVENSHIFT_FIELD(kernel_height, 12, false, "rows of the window"),
                      EVENSHIFT_FIELD(kernel_width, 12, false, "columns of the window"),
                      EVENSHIFT_FIELD(stride_height, 12, false, "rows from one output to the next"),
                      EVENSHIFT_FIELD(stride_width, 12, false, "columns from one output to the next"),
                      EVENSHIFT_FIELD(dilation_height, 12, false, "rows from one tap to the next"),
                      EVENSHIFT_FIELD(dilation_width, 12, false, "columns from one tap to the next"),
                      EVENSHIFT_FIELD(pad_top, 12, false, "rows of padding above the tile"),
                      EVENSHIFT_FIELD(pad_left, 12, false, "columns of padding left of the tile"),
                      EVENSHIFT_FIELD(clamp_low, 8, true, "least output code"),
                      EVENSHIFT_FIELD(clamp_high, 8, true, "greatest output code"));
};

/// out[y][x][c] = rescale(Σ (q - z_x) over the taps inside the tile, M, n). (M, n) is entry `t` of a table of pairs
/// (signed 32-bit multiplier, signed 32-bit shift), little-endian, at table_address: t is the number of taps inside the
/// tile minus 1 where by_count is 1, otherwise 0. kernel 1 × 1 with one entry is a requantization between scales.
struct AveragePool {
  static constexpr const char* kName = "average_pool";
  static constexpr const char* kSentence = "Sums each window and multiplies by the scale over the number of taps.";
  static constexpr std::uint8_t kOpcode = 0x23;
  static constexpr Unit kUnit = Unit::compute;

  std::int64_t input_address = 0, input_height = 1, input_width = 1;
  std::int64_t output_address = 0, output_height = 1, output_width = 1, channels = 1;
  std::int64_t kernel_height = 1, kernel_width = 1, stride_height = 1, stride_width = 1, pad_top = 0, pad_left = 0;
  std::int64_t table_address = 0, by_count = 0, input_zero_point = 0;
  std::int64_t output_zero_point = 0, clamp_low = -128, clamp_high = 127;

  using Self = AveragePool;
  static constexpr auto fields = std::make_tuple(
      EVENSHIFT_FIELD(input_address, 32, false, "input tile in the scratchpad, contiguous"),
      EVENSHIFT_FIELD(input_height, 16, false, "rows of the input tile"),
      EVENSHIFT_FIELD(input_width, 16, false, "columns of the input tile"),
      EVENSHIFT_FIELD(output_address, 32, false, "output tile in the scratchpad, contiguous"),
      EVENSHIFT_FIELD(output_height, 16, false, "rows of the output tile"),
      EVENSHIFT_FIELD(output_width, 16, false, "columns of the output tile"),
      EVENSHIFT_FIELD(channels, 16, false, "channels of both tiles"),
      EVENSHIFT_FIELD(kernel_height, 12, false, "rows of the window"),
      EVENSHIFT_FIELD(kernel_width, 12, false, "columns of the window"),
      EVENSHIFT_FIELD(stride_height, 12, false, "rows from one output to the next"),
      EVENSHIFT_FIELD(stride_width, 12, false, "columns from one output to the next"),
      EVENSHIFT_FIELD(pad_top, 12, false, "rows of padding above the tile"),
      EVENSHIFT_FIELD(pad_left, 12, false, "columns of padding left of the tile"),
      EVENSHIFT_FIELD(table_address, 32, false, "pairs (M, n) in the scratchpad"),
      EVENSHIFT_FIELD(by_count, 1, false, "1: the pair is chosen by the number of taps inside the tile"),
      EVENSHIFT_FIELD(input_zero_point, 8, true, "z_x"), EVENSHIFT_FIELD(output_zero_point, 8, true, "z_y"),
      EVENSHIFT_FIELD(clamp_low, 8, true, "least output code"),
      EVENSHIFT_FIELD(clamp_high, 8, true, "greatest output code"));
};

/// out[i] = table[in[i] + 128].
struct Lookup {
  static constexpr const char* kName = "lookup";
  static constexpr const char* kSentence = "Maps every code through a table of 256 bytes.";
  static constexpr std::uint8_t kOpcode = 0x24;
  static constexpr Unit kUnit = Unit::compute;

  std::int64_t input_address = 0, output_address = 0, elements = 1, table_address = 0;

  using Self = Lookup;
  static constexpr auto fields = std::make_tuple(
      EVENSHIFT_FIELD(input_address, 32, false, "input in the scratchpad"),
      EVENSHIFT_FIELD(output_address, 32, false, "output in the scratchpad"),
      EVENSHIFT_FIELD(elements, 28, false, "number of elements, contiguous"),
      EVENSHIFT_FIELD(table_address, 32, false, "256 codes in the scratchpad, the first for code -128"));
};

/// out[i] = rescale(in[i] - z_x, in[i] >= z_x ? multiplier : negative[i mod channels], n), `negative` being `channels`
/// signed 32-bit little-endian multipliers at table_address.
struct ParametricRelu {
  static constexpr const char* kName = "parametric_relu";
  static constexpr const char* kSentence = "Scales negative values by a factor per channel.";
  static constexpr std::uint8_t kOpcode = 0x25;
  static constexpr Unit kUnit = Unit::compute;

  std::int64_t input_address = 0, output_address = 0, elements = 1, channels = 1, table_address = 0;
  std::int64_t multiplier = 0, shift = 0, input_zero_point = 0, output_zero_point = 0, clamp_low = -128,
               clamp_high = 127;

  using Self = ParametricRelu;
  static constexpr auto fields = std::make_tuple(
      EVENSHIFT_FIELD(input_address, 32, false, "input in the scratchpad"),
      EVENSHIFT_FIELD(output_address, 32, false, "output in the scratchpad"),
      EVENSHIFT_FIELD(elements, 28, false, "number of elements, contiguous"),
      EVENSHIFT_FIELD(channels, 16, false, "channels, innermost"),
      EVENSHIFT_FIELD(table_address, 32, false, "multipliers of negative values in the scratchpad"),
      EVENSHIFT_FIELD(multiplier, 32, true, "M of values that are not negative"), EVENSHIFT_FIELD(shift, 6, false, "n"),
      EVENSHIFT_FIELD(input_zero_point, 8, true, "z_x"), EVENSHIFT_FIELD(output_zero_point, 8, true, "z_y"),
      EVENSHIFT_FIELD(clamp_low, 8, true, "least output code"),
      EVENSHIFT_FIELD(clamp_high, 8, true, "greatest output code"));
};

/// out[y][x][c] = in[rows[y]][columns[x]][c]: nearest resize, crop, flip. At table_address, unsigned 16-bit
/// little-endian: output_height row indices, then output_width column indices.
struct Gather {
  static constexpr const char* kName = "gather";
  static constexpr const char* kSentence = "Picks rows and columns by index, for nearest-neighbour resizing.";
  static constexpr std::uint8_t kOpcode = 0x26;
  static constexpr Unit kUnit = Unit::compute;

  std::int64_t input_address = 0, input_height = 1, input_width = 1;
  std::int64_t output_address = 0, output_height = 1, output_width = 1, channels = 1, table_address = 0;

  using Self = Gather;
  static constexpr auto fields =
      std::make_tuple(EVENSHIFT_FIELD(input_address, 32, false, "input tile in the scratchpad, contiguous"),
                      EVENSHIFT_FIELD(input_height, 16, false, "rows of the input tile"),
                      EVENSHIFT_FIELD(input_width, 16, false, "columns of the input tile"),
                      EVENSHIFT_FIELD(output_address, 32, false, "output tile in the scratchpad, contiguous"),
                      EVENSHIFT_FIELD(output_height, 16, false, "rows of the output tile"),
                      EVENSHIFT_FIELD(output_width, 16, false, "columns of the output tile"),
                      EVENSHIFT_FIELD(channels, 16, false, "channels of both tiles"),
                      EVENSHIFT_FIELD(table_address, 32, false, "row and column indices in the scratchpad"));
};

struct Fill {
  static constexpr const char* kName = "fill";
  static constexpr const char* kSentence = "Writes one code to every byte of a range.";
  static constexpr std::uint8_t kOpcode = 0x27;
  static constexpr Unit kUnit = Unit::compute;

  std::int64_t output_address = 0, elements = 1, value = 0;

  using Self = Fill;
  static constexpr auto fields = std::make_tuple(
      EVENSHIFT_FIELD(output_address, 32, false, "first byte in the scratchpad"),
      EVENSHIFT_FIELD(elements, 28, false, "number of bytes"), EVENSHIFT_FIELD(value, 8, true, "the code"));
};

/// Does nothing but wait for tokens and pass them on; a compute command, so that load and store can order each other
/// through a tile that is only copied.
struct Sync {
  static constexpr const char* kName = "sync";
  static constexpr const char* kSentence = "Waits for and passes on tokens, and does nothing else.";
  static constexpr std::uint8_t kOpcode = 0x2f;
  static constexpr Unit kUnit = Unit::compute;

  using Self = Sync;
  static constexpr auto fields = std::make_tuple();
};

#undef EVENSHIFT_FIELD

using Operation =
    std::variant<Load, Store, Conv, Add, Multiply, MaxPool, AveragePool, Lookup, ParametricRelu, Gather, Fill, Sync>;

/// One command of the stream.
struct Command {
  Operation operation;
  Tokens tokens;
  std::int64_t layer = 0;  ///< index into the image's layers
};

/// The unit whose queue the command goes to.
inline Unit unit_of(const Operation& operation) {
  return std::visit([](const auto& op) { return std::decay_t<decltype(op)>::kUnit; }, operation);
}

inline const char* name_of(const Operation& operation) {
  return std::visit([](const auto& op) { return std::decay_t<decltype(op)>::kName; }, operation);
}

/// Calls visitor(field) for every row of the command's table, in encoding order.
template <typename Op, typename Visitor>
void for_each_field(Visitor&& visitor) {
  std::apply([&](const auto&... field) { (visitor(field), ...); }, Op::fields);
}

/// Calls visitor.template operator()<Op>() for every command of the set.
template <typename Visitor>
void for_each_operation(Visitor&& visitor) {
  [&]<typename... Ops>(std::variant<Ops...>*) {
    (visitor.template operator()<Ops>(), ...);
  }(static_cast<Operation*>(nullptr));
}

}  // namespace evenshift::isa
