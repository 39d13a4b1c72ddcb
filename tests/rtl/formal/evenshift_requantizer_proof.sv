/// The requantizer beside its definition (docs/numerics.md) on any inputs that stand still: once the pipeline has filled,
/// codes and clamp flags are equal. The product is a term that both share; everything behind it is written in another way.
module evenshift_requantizer_proof #(
  /// Bits of an accumulator
  parameter int AccumulatorBits = 32,
  /// Bits of M
  parameter int MultiplierBits = 31,
  /// Bits of k_c
  parameter int ShiftBits = 4,
  /// A rounding mode of evenshift_pkg, but for tflite_double
  parameter int Rounding = evenshift_pkg::RoundHalfUp
) (
  /// Clock
  input logic clk_i
);
  localparam int Stages = 4;
  localparam int ProductBits = AccumulatorBits + MultiplierBits;

  (* anyconst *) logic [AccumulatorBits-1:0] acc;
  (* anyconst *) logic [MultiplierBits-1:0]  multiplier;
  (* anyconst *) logic [5:0]                 shift;
  (* anyconst *) logic [5:0]                 channel_shift;
  (* anyconst *) logic [7:0]                 zero_point;
  (* anyconst *) logic [7:0]                 clamp_low;
  (* anyconst *) logic [7:0]                 clamp_high;

  logic [7:0] code;
  logic       clamped_low;
  logic       clamped_high;

  evenshift_requantizer #(
    .AccumulatorBits(AccumulatorBits),
    .MultiplierBits (MultiplierBits),
    .ShiftBits      (ShiftBits),
    .Rounding       (Rounding),
    .RequantScale   (evenshift_pkg::ScaleLayerWithChannelShift)
  ) u_requantizer (
    .clk_i,
    .stage_valid_i       (4'b1111),
    .acc_i               (acc),
    .multiplier_i        (multiplier),
    .shift_i             (shift),
    .channel_multiplier_i(multiplier),
    .channel_shift_i     (channel_shift),
    .rounding_i          (3'd0),
    .requant_scale_i     (2'd0),
    .zero_point_i        (zero_point),
    .clamp_low_i         (clamp_low),
    .clamp_high_i        (clamp_high),
    .code_o              (code),
    .clamped_low_o       (clamped_low),
    .clamped_high_o      (clamped_high)
  );

  // clamp(z_y + Round(acc · M, min(n + k_c, 63))), k_c of ShiftBits bits.
  wire [6:0] n_plus_k = {1'b0, shift} + {1'b0, channel_shift & 6'((1 << ShiftBits) - 1)};
  wire [5:0] amount   = n_plus_k > 7'd63 ? 6'd63 : n_plus_k[5:0];

  wire signed [ProductBits-1:0] product = $signed({{MultiplierBits{acc[AccumulatorBits-1]}}, acc}) *
                                          $signed({{AccumulatorBits{1'b0}}, multiplier});
  // In 2^(s-1)'s width: 64 bits hold |acc · M| + 2^62.
  wire signed [65:0] value = 66'(product);
  wire signed [65:0] half  = amount == 6'd0 ? 66'sd0 : 66'sd1 <<< (amount - 6'd1);
  wire signed [65:0] floor = value >>> amount;

  logic signed [65:0] addend;
  always_comb begin
    case (Rounding)
      evenshift_pkg::RoundHalfUp:   addend = half;
      evenshift_pkg::RoundHalfAway: addend = amount == 6'd0 ? 66'sd0 : half - (value < 0 ? 66'sd1 : 66'sd0);
      evenshift_pkg::RoundHalfEven: addend = amount == 6'd0 ? 66'sd0 : half - 66'sd1 + (floor[0] ? 66'sd1 : 66'sd0);
      default:                      addend = 66'sd0;
    endcase
  end
  wire signed [65:0] rounded = (value + addend) >>> amount;
  wire signed [65:0] sum     = rounded + 66'($signed(zero_point));
  wire               low     = sum < 66'($signed(clamp_low));
  wire               high    = sum > 66'($signed(clamp_high));
  wire [7:0]         defined = low ? clamp_low : high ? clamp_high : sum[7:0];

  logic [2:0] cycle = 3'd0;
  always_ff @(posedge clk_i) begin
    if (cycle != 3'd7) cycle <= cycle + 3'd1;
  end

  always_comb begin
    assume ($signed(clamp_low) <= $signed(clamp_high));
    if (cycle >= 3'(Stages)) begin
      assert (code == defined);
      assert (clamped_low == low);
      assert (clamped_high == high);
    end
  end
endmodule
