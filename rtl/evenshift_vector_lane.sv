/// One lane of the vector unit, a pipeline of three registers: value (a difference, product, sum or maximum of codes),
/// product with the multiplier, rounding shift; zero point and clamp lie behind the last one. Its definition is
/// arch/numerics/elementwise.h. tflite_double rounds twice in a multiply, half_up by 31 and half_away, and is half_away
/// everywhere else.
module evenshift_vector_lane #(
  /// A rounding mode of evenshift_pkg, or RoundingAtRunTime
  parameter int Rounding = evenshift_pkg::RoundHalfUp
) (
  /// Clock
  input  logic        clk_i,
  /// Bit s: stage s holds a value to work on
  input  logic [2:0]  stage_valid_i,
  /// Rounding mode, where Rounding is RoundingAtRunTime
  input  logic [2:0]  rounding_i,
  /// Fields of the command
  input  logic [evenshift_vector_pkg::FieldsBits-1:0] fields_i,

  /// Signed code of the first operand, for stage 0
  input  logic [7:0]  a_i,
  /// Signed code of the second operand
  input  logic [7:0]  b_i,
  /// The table's code for a_i
  input  logic [7:0]  table_code_i,
  /// The window begins with this tap
  input  logic        first_tap_i,
  /// The tap lies inside the tile
  input  logic        inside_i,
  /// Signed multiplier of negative values, of a parametric_relu
  input  logic [31:0] negative_multiplier_i,
  /// Signed multiplier of the window, of an average_pool
  input  logic [31:0] window_multiplier_i,
  /// Shift amount of stage 1
  input  logic [5:0]  shift_1_i,
  /// Shift amount of stage 2
  input  logic [5:0]  shift_2_i,

  /// Signed output code, of stage 3
  output logic [7:0]  code_o,
  /// The clamp raised the code
  output logic        clamped_low_o,
  /// The clamp lowered the code
  output logic        clamped_high_o
);
  localparam bit HasTfliteDouble =
      Rounding == evenshift_pkg::RoundTfliteDouble || Rounding == evenshift_pkg::RoundingAtRunTime;

  wire        add             = fields_i[evenshift_vector_pkg::AddLsb];
  wire        multiply        = fields_i[evenshift_vector_pkg::MultiplyLsb];
  wire        max_pool        = fields_i[evenshift_vector_pkg::MaxPoolLsb];
  wire        average_pool    = fields_i[evenshift_vector_pkg::AveragePoolLsb];
  wire        lookup          = fields_i[evenshift_vector_pkg::LookupLsb];
  wire        parametric_relu = fields_i[evenshift_vector_pkg::ParametricReluLsb];
  wire        fill            = fields_i[evenshift_vector_pkg::FillLsb];
  wire [7:0]  zero_point_a    = fields_i[evenshift_vector_pkg::ZeroPointALsb +: 8];
  wire [7:0]  zero_point_b    = fields_i[evenshift_vector_pkg::ZeroPointBLsb +: 8];
  wire [31:0] multiplier_a    = fields_i[evenshift_vector_pkg::MultiplierALsb +: 32];
  wire [31:0] multiplier_b    = fields_i[evenshift_vector_pkg::MultiplierBLsb +: 32];
  wire [7:0]  fill_value      = fields_i[evenshift_vector_pkg::ValueLsb +: 8];

  logic twice;  // rounds twice
  if (Rounding == evenshift_pkg::RoundingAtRunTime) begin : g_mode_run_time
    assign twice = multiply && rounding_i == 3'(evenshift_pkg::RoundTfliteDouble);
  end else begin : g_mode_fixed
    assign twice = multiply && HasTfliteDouble;
  end

  // Stage 0: codes to a value.
  logic [31:0] value_d, value_q;
  logic [8:0]  second_q;
  logic [31:0] multiplier_d, multiplier_q;

  wire [8:0]  a       = {a_i[7], a_i} - {zero_point_a[7], zero_point_a};
  wire [8:0]  b       = {b_i[7], b_i} - {zero_point_b[7], zero_point_b};
  wire [17:0] a_b     = $signed({{9{a[8]}}, a}) * $signed({{9{b[8]}}, b});
  wire [31:0] sum     = (first_tap_i ? 32'd0 : value_q) + (inside_i ? {{23{a[8]}}, a} : 32'd0);
  wire [7:0]  maximum = first_tap_i ? 8'h80 : value_q[7:0];
  wire        greater = inside_i && $signed(a_i) > $signed(maximum);
  wire [7:0]  largest = greater ? a_i : maximum;

  assign value_d = multiply     ? {{14{a_b[17]}}, a_b} :
                   max_pool     ? {{24{largest[7]}}, largest} :
                   average_pool ? sum :
                   lookup       ? {{24{table_code_i[7]}}, table_code_i} :
                   fill         ? {{24{fill_value[7]}}, fill_value} : {{23{a[8]}}, a};

  assign multiplier_d = average_pool            ? window_multiplier_i :
                        parametric_relu && a[8] ? negative_multiplier_i : multiplier_a;

  always_ff @(posedge clk_i) begin
    if (stage_valid_i[0]) begin
      value_q      <= value_d;
      second_q     <= add ? b : 9'd0;
      multiplier_q <= multiplier_d;
    end
  end

  // Stage 1: multiplication.
  logic [31:0] operand;
  logic [63:0] product_d, product_q;

  if (HasTfliteDouble) begin : g_scale_up
    logic [31:0] scaled_up;
    evenshift_saturating_shift_left u_scale_up (
      .value_i (value_q),
      .shift_i (shift_1_i < 6'd31 ? 5'd31 - shift_1_i[4:0] : 5'd0),
      .result_o(scaled_up)
    );
    assign operand = twice ? scaled_up : value_q;
  end else begin : g_no_scale_up
    assign operand = value_q;
  end

  assign product_d = $signed({{32{operand[31]}}, operand}) * $signed({{32{multiplier_q[31]}}, multiplier_q}) +
                     $signed({{55{second_q[8]}}, second_q}) * $signed({{32{multiplier_b[31]}}, multiplier_b});

  always_ff @(posedge clk_i) begin
    if (stage_valid_i[1]) product_q <= product_d;
  end

  // Stage 2: rounding shift.
  logic [63:0] rounded_d, rounded_q;
  logic [2:0]  mode;
  if (Rounding == evenshift_pkg::RoundingAtRunTime) begin : g_shift_run_time
    assign mode = rounding_i;
  end else begin : g_shift_fixed
    assign mode = 3'(Rounding);
  end

  evenshift_round_shift #(
    .Width   (64),
    .Rounding(HasTfliteDouble ? evenshift_pkg::RoundingAtRunTime : Rounding)
  ) u_round_shift (
    .value_i   (product_q),
    .shift_i   (twice ? 6'd31 : shift_2_i),
    .rounding_i(twice ? 3'(evenshift_pkg::RoundHalfUp) : mode),
    .result_o  (rounded_d)
  );

  always_ff @(posedge clk_i) begin
    if (stage_valid_i[2]) rounded_q <= rounded_d;
  end

  // Stage 3: zero point and clamp, behind tflite_double's second rounding.
  logic [63:0] value;

  if (HasTfliteDouble) begin : g_second_rounding
    logic [5:0]  second_shift_q;
    logic [32:0] second;

    always_ff @(posedge clk_i) begin
      if (stage_valid_i[2]) second_shift_q <= shift_2_i > 6'd31 ? shift_2_i - 6'd31 : 6'd0;
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
    assign value = twice ? {{31{second[32]}}, second} : rounded_q;
  end else begin : g_one_rounding
    assign value = rounded_q;
  end

  evenshift_clamp #(
    .Width(64)
  ) u_clamp (
    .value_i       (value),
    .zero_point_i  (fields_i[evenshift_vector_pkg::OutputZeroPointLsb +: 8]),
    .clamp_low_i   (fields_i[evenshift_vector_pkg::ClampLowLsb +: 8]),
    .clamp_high_i  (fields_i[evenshift_vector_pkg::ClampHighLsb +: 8]),
    .code_o,
    .clamped_low_o,
    .clamped_high_o
  );
endmodule
