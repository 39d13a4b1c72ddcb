/// The output code clamp(value + zero_point, clamp_low, clamp_high), and whether the clamp changed it. Combinational.
module evenshift_clamp #(
  /// Bits of the signed value, at least 8
  parameter int Width = 63
) (
  /// Signed value, requantized
  input  logic [Width-1:0] value_i,
  /// Signed zero point of the output
  input  logic [7:0]       zero_point_i,
  /// Least signed output code
  input  logic [7:0]       clamp_low_i,
  /// Greatest signed output code, at least clamp_low_i
  input  logic [7:0]       clamp_high_i,
  /// Signed output code
  output logic [7:0]       code_o,
  /// The clamp raised the code
  output logic             clamped_low_o,
  /// The clamp lowered the code
  output logic             clamped_high_o
);
  logic [Width:0] sum;
  logic [Width:0] low;
  logic [Width:0] high;

  assign sum            = {value_i[Width-1], value_i} + {{(Width - 7) {zero_point_i[7]}}, zero_point_i};
  assign low            = {{(Width - 7) {clamp_low_i[7]}}, clamp_low_i};
  assign high           = {{(Width - 7) {clamp_high_i[7]}}, clamp_high_i};
  assign clamped_low_o  = $signed(sum) < $signed(low);
  assign clamped_high_o = $signed(sum) > $signed(high);
  assign code_o         = clamped_low_o ? clamp_low_i : (clamped_high_o ? clamp_high_i : sum[7:0]);
endmodule
