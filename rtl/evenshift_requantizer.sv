/// One requantizer lane, a pipeline of four stages: total shift (and, for tflite_double, the scaling up of the
/// accumulator), multiplication, rounding shift, zero point and clamp. Its definition is `requantize` in
/// arch/numerics/requantize.h; tflite_double's first rounding is half_up by 31, its second one half_away.
module evenshift_requantizer #(
  /// Bits of an accumulator, 16 to 32
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
  input  logic                       clk_i,
  /// Bit s: stage s holds a value to work on
  input  logic [3:0]                 stage_valid_i,
  /// Signed accumulator, for stage 0
  input  logic [AccumulatorBits-1:0] acc_i,
  /// M of the layer
  input  logic [MultiplierBits-1:0]  multiplier_i,
  /// n of the layer
  input  logic [5:0]                 shift_i,
  /// M_c of the channel, where the scale is channel_multiplier
  input  logic [MultiplierBits-1:0]  channel_multiplier_i,
  /// k_c or n_c of the channel
  input  logic [5:0]                 channel_shift_i,
  /// Rounding mode, where Rounding is RoundingAtRunTime
  input  logic [2:0]                 rounding_i,
  /// Requantization scale, where RequantScale is ScaleAtRunTime
  input  logic [1:0]                 requant_scale_i,
  /// Signed zero point of the output
  input  logic [7:0]                 zero_point_i,
  /// Least signed output code
  input  logic [7:0]                 clamp_low_i,
  /// Greatest signed output code
  input  logic [7:0]                 clamp_high_i,
  /// Signed output code, behind stage 3
  output logic [7:0]                 code_o,
  /// The clamp raised the code
  output logic                       clamped_low_o,
  /// The clamp lowered the code
  output logic                       clamped_high_o
);
  localparam bit HasTfliteDouble =
      Rounding == evenshift_pkg::RoundTfliteDouble || Rounding == evenshift_pkg::RoundingAtRunTime;
  localparam int OperandBits = HasTfliteDouble ? 32 : AccumulatorBits;
  localparam int ProductBits = OperandBits + MultiplierBits;

  logic tflite_double;
  if (Rounding == evenshift_pkg::RoundingAtRunTime) begin : g_mode_run_time
    assign tflite_double = rounding_i == 3'(evenshift_pkg::RoundTfliteDouble);
  end else begin : g_mode_fixed
    assign tflite_double = HasTfliteDouble;
  end

  // Stage 0: the scale of the channel, and what is multiplied with it.
  logic [MultiplierBits-1:0] multiplier_d, multiplier_q;
  logic [5:0]                shift_d, shift_q;
  logic [OperandBits-1:0]    operand_d, operand_q;

  evenshift_channel_scale #(
    .MultiplierBits(MultiplierBits),
    .ShiftBits     (ShiftBits),
    .RequantScale  (RequantScale)
  ) u_channel_scale (
    .requant_scale_i,
    .multiplier_i,
    .shift_i,
    .channel_multiplier_i,
    .channel_shift_i,
    .multiplier_o(multiplier_d),
    .shift_o     (shift_d)
  );

  if (HasTfliteDouble) begin : g_scale_up
    logic [31:0] extended;
    logic [31:0] scaled_up;
    assign extended = 32'($signed(acc_i));
    evenshift_saturating_shift_left u_scale_up (
      .value_i (extended),
      .shift_i (shift_d < 6'd31 ? 5'd31 - shift_d[4:0] : 5'd0),
      .result_o(scaled_up)
    );
    assign operand_d = tflite_double ? scaled_up : extended;
  end else begin : g_no_scale_up
    assign operand_d = acc_i;
  end

  always_ff @(posedge clk_i) begin
    if (stage_valid_i[0]) begin
      multiplier_q <= multiplier_d;
      shift_q      <= shift_d;
      operand_q    <= operand_d;
    end
  end

  // Stage 1: multiplication.
  logic [ProductBits-1:0] product_d, product_q;
  logic [5:0]             product_shift_q;

  assign product_d = $signed({{MultiplierBits{operand_q[OperandBits-1]}}, operand_q}) *
                     $signed({{OperandBits{1'b0}}, multiplier_q});

  always_ff @(posedge clk_i) begin
    if (stage_valid_i[1]) begin
      product_q       <= product_d;
      product_shift_q <= shift_q;
    end
  end

  // Stage 2: rounding shift.
  logic [ProductBits-1:0] rounded_d, rounded_q;
  logic [5:0]             rounding_shift;
  logic [2:0]             first_rounding;

  assign rounding_shift = tflite_double ? 6'd31 : product_shift_q;
  assign first_rounding = tflite_double ? 3'(evenshift_pkg::RoundHalfUp) : rounding_i;

  evenshift_round_shift #(
    .Width   (ProductBits),
    .Rounding(Rounding == evenshift_pkg::RoundTfliteDouble ? evenshift_pkg::RoundHalfUp : Rounding)
  ) u_round_shift (
    .value_i   (product_q),
    .shift_i   (rounding_shift),
    .rounding_i(first_rounding),
    .result_o  (rounded_d)
  );

  always_ff @(posedge clk_i) begin
    if (stage_valid_i[2]) rounded_q <= rounded_d;
  end

  // Stage 3: zero point and clamp, behind tflite_double's second rounding.
  logic [ProductBits-1:0] value;
  logic [7:0]             code_d;
  logic                   clamped_low_d;
  logic                   clamped_high_d;

  if (HasTfliteDouble) begin : g_second_rounding
    logic [5:0]  second_shift_q;
    logic [32:0] second;

    always_ff @(posedge clk_i) begin
      if (stage_valid_i[2]) second_shift_q <= product_shift_q > 6'd31 ? product_shift_q - 6'd31 : 6'd0;
    end

    evenshift_round_shift #(
      .Width   (33),
      .Rounding(evenshift_pkg::RoundHalfAway)
    ) u_second_round_shift (
      .value_i   (rounded_q[32:0]),
      .shift_i   (second_shift_q),
      .rounding_i(3'(evenshift_pkg::RoundHalfAway)),
      .result_o  (second)
    );
    assign value = tflite_double ? {{(ProductBits - 33) {second[32]}}, second} : rounded_q;
  end else begin : g_one_rounding
    assign value = rounded_q;
  end

  evenshift_clamp #(
    .Width(ProductBits)
  ) u_clamp (
    .value_i       (value),
    .zero_point_i,
    .clamp_low_i,
    .clamp_high_i,
    .code_o        (code_d),
    .clamped_low_o (clamped_low_d),
    .clamped_high_o(clamped_high_d)
  );

  always_ff @(posedge clk_i) begin
    if (stage_valid_i[3]) begin
      code_o         <= code_d;
      clamped_low_o  <= clamped_low_d;
      clamped_high_o <= clamped_high_d;
    end
  end
endmodule
