/// A 32-bit value times 2^shift, saturated to 32 bits: what tflite_double does to an accumulator whose scale is above 1.
/// Combinational.
module evenshift_saturating_shift_left (
  /// Signed value
  input  logic [31:0] value_i,
  /// Shift amount
  input  logic [4:0]  shift_i,
  /// Signed result
  output logic [31:0] result_o
);
  logic [63:0] shifted;
  logic        fits;

  assign shifted  = {{32{value_i[31]}}, value_i} << shift_i;
  assign fits     = shifted[63:31] == {33{value_i[31]}};
  assign result_o = fits ? shifted[31:0] : {value_i[31], {31{~value_i[31]}}};
endmodule
