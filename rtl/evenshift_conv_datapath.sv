/// The datapath of the conv core: MAC array, accumulators, requantizer lanes. The units around it read the scratchpad, drive
/// the inputs, and write the outputs.
///
/// An array cycle (operands_valid_i) adds products to one accumulator entry. A drain cycle (drain_i) requantizes an entry
/// of the other bank, or of the same bank from the cycle after its last array cycle on. Codes leave six cycles behind
/// drain_i. Weights, and the scales and biases in use, are registered here; the layer's inputs (multiplier_i to
/// clamp_high_i) must be stable while anything is being drained.
module evenshift_conv_datapath #(
  /// Reduction elements per cycle
  parameter int MacRows = 16,
  /// Output channels per cycle
  parameter int MacCols = 16,
  /// Outputs requantized per cycle; divides MacCols
  parameter int RequantLanes = MacCols,
  /// Bits of an accumulator
  parameter int AccumulatorBits = 32,
  /// Entries of each of the two accumulator banks
  parameter int AccumulatorEntries = 512,
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
  input  logic                                  clk_i,
  /// Reset, active low
  input  logic                                  rst_ni,

  /// Load weights_i into shadow row weight_row_i
  input  logic                                  weight_load_i,
  /// Row to load
  input  logic [$clog2(MacRows)-1:0]            weight_row_i,
  /// Signed 8-bit weights of a row, column 0 lowest
  input  logic [MacCols*8-1:0]                  weights_i,
  /// Shadow weights, with what is loaded in this cycle, become active with the operands of this cycle
  input  logic                                  weight_swap_i,
  /// Rows that have weights then
  input  logic [$clog2(MacRows+1)-1:0]          weight_rows_i,

  /// Operands come in the next cycle
  input  logic                                  operands_valid_i,
  /// Signed 8-bit operands of the multipliers, [row][column], a cycle behind operands_valid_i
  input  logic [MacRows*MacCols*8-1:0]          operands_i,
  /// Accumulator bank of the operands
  input  logic                                  accumulate_bank_i,
  /// Accumulator entry of the operands
  input  logic [$clog2(AccumulatorEntries)-1:0] accumulate_entry_i,
  /// The entry starts from the biases
  input  logic                                  from_bias_i,
  /// Take biases_i, for the operands of this cycle and the following ones
  input  logic                                  bias_load_i,
  /// Signed biases of the columns
  input  logic [MacCols*AccumulatorBits-1:0]    biases_i,

  /// Requantize an accumulator entry
  input  logic                                  drain_i,
  /// Its bank
  input  logic                                  drain_bank_i,
  /// The entry
  input  logic [$clog2(AccumulatorEntries)-1:0] drain_entry_i,
  /// Its columns from drain_group_i * RequantLanes on
  input  logic [$clog2(MacCols)-1:0]            drain_group_i,
  /// Take the channel scales in the next cycle, for the drain of this cycle and the following ones
  input  logic                                  scale_load_i,
  /// M_c of the columns
  input  logic [MacCols*MultiplierBits-1:0]     channel_multipliers_i,
  /// k_c or n_c of the columns
  input  logic [MacCols*6-1:0]                  channel_shifts_i,

  /// M of the layer
  input  logic [MultiplierBits-1:0]             multiplier_i,
  /// n of the layer
  input  logic [5:0]                            shift_i,
  /// Rounding mode, where Rounding is RoundingAtRunTime
  input  logic [2:0]                            rounding_i,
  /// Requantization scale, where RequantScale is ScaleAtRunTime
  input  logic [1:0]                            requant_scale_i,
  /// Signed zero point of the output
  input  logic [7:0]                            zero_point_i,
  /// Least signed output code
  input  logic [7:0]                            clamp_low_i,
  /// Greatest signed output code
  input  logic [7:0]                            clamp_high_i,

  /// accumulators_o holds the entry of a drain request, two cycles behind it
  output logic                                  accumulators_valid_o,
  /// Signed accumulators of the columns
  output logic [MacCols*AccumulatorBits-1:0]    accumulators_o,
  /// Codes are valid
  output logic                                  codes_valid_o,
  /// Signed output codes of the lanes
  output logic [RequantLanes*8-1:0]             codes_o,
  /// Lanes whose code the clamp raised
  output logic [RequantLanes-1:0]               clamped_low_o,
  /// Lanes whose code the clamp lowered
  output logic [RequantLanes-1:0]               clamped_high_o
);
  localparam int EntryBits = $clog2(AccumulatorEntries);
  localparam int GroupBits = $clog2(MacCols);

  // Requests, registered beside the operands.
  logic                               accumulate_q;
  logic                               accumulate_bank_q;
  logic [EntryBits-1:0]               accumulate_entry_q;
  logic                               from_bias_q;
  logic [MacCols*AccumulatorBits-1:0] biases_q;
  logic                               drain_q;
  logic                               drain_bank_q;
  logic [EntryBits-1:0]               drain_entry_q;
  logic [GroupBits-1:0]               drain_group_q;

  // Channel scales, beside the accumulators.
  logic                               scale_load_q;
  logic [MacCols*MultiplierBits-1:0]  used_multipliers_q;
  logic [MacCols*6-1:0]               used_shifts_q;

  logic [MacCols*AccumulatorBits-1:0] sums;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      accumulate_q         <= 1'b0;
      drain_q              <= 1'b0;
      accumulators_valid_o <= 1'b0;
      scale_load_q         <= 1'b0;
    end else begin
      accumulate_q         <= operands_valid_i;
      drain_q              <= drain_i;
      accumulators_valid_o <= drain_q;
      scale_load_q         <= scale_load_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (operands_valid_i) begin
      accumulate_bank_q  <= accumulate_bank_i;
      accumulate_entry_q <= accumulate_entry_i;
      from_bias_q        <= from_bias_i;
    end
    if (bias_load_i) biases_q <= biases_i;
    if (drain_i) begin
      drain_bank_q  <= drain_bank_i;
      drain_entry_q <= drain_entry_i;
      drain_group_q <= drain_group_i;
    end
    if (scale_load_q) begin
      used_multipliers_q <= channel_multipliers_i;
      used_shifts_q      <= channel_shifts_i;
    end
  end

  evenshift_mac_array #(
    .MacRows(MacRows),
    .MacCols(MacCols),
    .SumBits(AccumulatorBits)
  ) u_mac_array (
    .clk_i,
    .weight_load_i,
    .weight_row_i,
    .weights_i,
    .swap_i     (weight_swap_i),
    .swap_rows_i(weight_rows_i),
    .valid_i    (operands_valid_i),
    .operands_i,
    .sums_o     (sums)
  );

  evenshift_accumulators #(
    .MacCols           (MacCols),
    .AccumulatorBits   (AccumulatorBits),
    .AccumulatorEntries(AccumulatorEntries)
  ) u_accumulators (
    .clk_i,
    .rst_ni,
    .accumulate_i      (accumulate_q),
    .accumulate_bank_i (accumulate_bank_q),
    .accumulate_entry_i(accumulate_entry_q),
    .from_bias_i       (from_bias_q),
    .biases_i          (biases_q),
    .sums_i            (sums),
    .drain_i           (drain_q),
    .drain_bank_i      (drain_bank_q),
    .drain_entry_i     (drain_entry_q),
    .accumulators_o
  );

  evenshift_requant_lanes #(
    .MacCols        (MacCols),
    .RequantLanes   (RequantLanes),
    .AccumulatorBits(AccumulatorBits),
    .MultiplierBits (MultiplierBits),
    .ShiftBits      (ShiftBits),
    .Rounding       (Rounding),
    .RequantScale   (RequantScale)
  ) u_requant_lanes (
    .clk_i,
    .rst_ni,
    .drain_i              (drain_q),
    .drain_group_i        (drain_group_q),
    .accumulators_i       (accumulators_o),
    .channel_multipliers_i(used_multipliers_q),
    .channel_shifts_i     (used_shifts_q),
    .multiplier_i,
    .shift_i,
    .rounding_i,
    .requant_scale_i,
    .zero_point_i,
    .clamp_low_i,
    .clamp_high_i,
    .valid_o              (codes_valid_o),
    .codes_o,
    .clamped_low_o,
    .clamped_high_o
  );
endmodule
