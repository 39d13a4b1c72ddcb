/// RequantLanes requantizers that work on the accumulators of as many neighbouring columns. The scales of the columns are
/// read a cycle behind drain_i, as the accumulators are; outputs are valid where valid_o says so, five cycles behind.
module evenshift_requant_lanes #(
  /// Output channels per cycle of the array
  parameter int MacCols = 16,
  /// Outputs requantized per cycle; divides MacCols
  parameter int RequantLanes = 16,
  /// Bits of an accumulator
  parameter int AccumulatorBits = 32,
  /// Bits of M
  parameter int MultiplierBits = 31,
  /// Bits of k_c
  parameter int ShiftBits = 4,
  /// A rounding mode of evenshift_pkg, or RoundingAtRunTime
  parameter int Rounding = evenshift_pkg::RoundHalfUp,
  /// A requantization scale of evenshift_pkg, or ScaleAtRunTime
  parameter int RequantScale = evenshift_pkg::ScaleLayerWithChannelShift
) (
  /// Clock
  input  logic                               clk_i,
  /// Reset, active low
  input  logic                               rst_ni,
  /// Accumulators of this request come in the next cycle
  input  logic                               drain_i,
  /// Columns drain_group_i * RequantLanes and following
  input  logic [$clog2(MacCols)-1:0]         drain_group_i,
  /// Signed accumulators of the columns, a cycle behind drain_i
  input  logic [MacCols*AccumulatorBits-1:0] accumulators_i,
  /// M_c of the columns, a cycle behind drain_i
  input  logic [MacCols*MultiplierBits-1:0]  channel_multipliers_i,
  /// k_c or n_c of the columns, a cycle behind drain_i
  input  logic [MacCols*6-1:0]               channel_shifts_i,
  /// M of the layer
  input  logic [MultiplierBits-1:0]          multiplier_i,
  /// n of the layer
  input  logic [5:0]                         shift_i,
  /// Rounding mode, where Rounding is RoundingAtRunTime
  input  logic [2:0]                         rounding_i,
  /// Requantization scale, where RequantScale is ScaleAtRunTime
  input  logic [1:0]                         requant_scale_i,
  /// Signed zero point of the output
  input  logic [7:0]                         zero_point_i,
  /// Least signed output code
  input  logic [7:0]                         clamp_low_i,
  /// Greatest signed output code
  input  logic [7:0]                         clamp_high_i,
  /// Outputs are valid
  output logic                               valid_o,
  /// Signed output codes
  output logic [RequantLanes*8-1:0]          codes_o,
  /// Lanes whose code the clamp raised
  output logic [RequantLanes-1:0]            clamped_low_o,
  /// Lanes whose code the clamp lowered
  output logic [RequantLanes-1:0]            clamped_high_o
);
  logic [4:0] valid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 5'b0;
    else valid_q <= {valid_q[3:0], drain_i};
  end
  assign valid_o = valid_q[4];

  logic [RequantLanes*AccumulatorBits-1:0] accumulators;
  logic [RequantLanes*MultiplierBits-1:0]  channel_multipliers;
  logic [RequantLanes*6-1:0]               channel_shifts;

  if (RequantLanes == MacCols) begin : g_all_columns
    assign accumulators        = accumulators_i;
    assign channel_multipliers = channel_multipliers_i;
    assign channel_shifts      = channel_shifts_i;
  end else begin : g_group
    logic [$clog2(MacCols)-1:0] group_q;
    always_ff @(posedge clk_i) begin
      if (drain_i) group_q <= drain_group_i;
    end
    assign accumulators        = accumulators_i[group_q*RequantLanes*AccumulatorBits +: RequantLanes*AccumulatorBits];
    assign channel_multipliers = channel_multipliers_i[group_q*RequantLanes*MultiplierBits +: RequantLanes*MultiplierBits];
    assign channel_shifts      = channel_shifts_i[group_q*RequantLanes*6 +: RequantLanes*6];
  end

  for (genvar l = 0; l < RequantLanes; l++) begin : g_lane
    evenshift_requantizer #(
      .AccumulatorBits(AccumulatorBits),
      .MultiplierBits (MultiplierBits),
      .ShiftBits      (ShiftBits),
      .Rounding       (Rounding),
      .RequantScale   (RequantScale)
    ) u_requantizer (
      .clk_i,
      .stage_valid_i       (valid_q[3:0]),
      .acc_i               (accumulators[l*AccumulatorBits +: AccumulatorBits]),
      .multiplier_i,
      .shift_i,
      .channel_multiplier_i(channel_multipliers[l*MultiplierBits +: MultiplierBits]),
      .channel_shift_i     (channel_shifts[l*6 +: 6]),
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
