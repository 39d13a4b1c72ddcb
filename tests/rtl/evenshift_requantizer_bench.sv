/// Requantizer lanes of every kind beside each other on the same inputs: lane 0 has everything at run time, lanes 1 to 5
/// a fixed rounding mode, lanes 6 to 9 a fixed requantization scale, lane 10 narrow registers.
module evenshift_requantizer_bench (
  /// Clock
  input  logic        clk_i,
  /// Signed accumulator
  input  logic [31:0] acc_i,
  /// M of the layer
  input  logic [30:0] multiplier_i,
  /// n of the layer
  input  logic [5:0]  shift_i,
  /// M_c of the channel
  input  logic [30:0] channel_multiplier_i,
  /// k_c or n_c of the channel
  input  logic [5:0]  channel_shift_i,
  /// Rounding mode
  input  logic [2:0]  rounding_i,
  /// Requantization scale
  input  logic [1:0]  requant_scale_i,
  /// Signed zero point of the output
  input  logic [7:0]  zero_point_i,
  /// Least signed output code
  input  logic [7:0]  clamp_low_i,
  /// Greatest signed output code
  input  logic [7:0]  clamp_high_i,
  /// Signed output codes of the lanes
  output logic [87:0] codes_o,
  /// Lanes whose code the clamp raised
  output logic [10:0] clamped_low_o,
  /// Lanes whose code the clamp lowered
  output logic [10:0] clamped_high_o
);
  for (genvar l = 0; l < 11; l++) begin : g_lane
    localparam int AccumulatorBits = l == 10 ? 20 : 32;
    localparam int MultiplierBits = l == 10 ? 12 : 31;

    evenshift_requantizer #(
      .AccumulatorBits(AccumulatorBits),
      .MultiplierBits (MultiplierBits),
      .ShiftBits      (l == 10 ? 3 : 5),
      .Rounding       (l == 0 ? evenshift_pkg::RoundingAtRunTime : l <= 5 ? l - 1 : evenshift_pkg::RoundHalfUp),
      .RequantScale   (l <= 5 ? evenshift_pkg::ScaleAtRunTime :
                       l <= 9 ? l - 6 : evenshift_pkg::ScaleLayerWithChannelShift)
    ) u_requantizer (
      .clk_i,
      .stage_valid_i       (4'b1111),
      .acc_i               (acc_i[AccumulatorBits-1:0]),
      .multiplier_i        (multiplier_i[MultiplierBits-1:0]),
      .shift_i,
      .channel_multiplier_i(channel_multiplier_i[MultiplierBits-1:0]),
      .channel_shift_i,
      .rounding_i,
      .requant_scale_i,
      .zero_point_i,
      .clamp_low_i,
      .clamp_high_i,
      .code_o              (codes_o[l*8 +: 8]),
      .clamped_low_o       (clamped_low_o[l]),
      .clamped_high_o      (clamped_high_o[l])
    );
  end
endmodule
