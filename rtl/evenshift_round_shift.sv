/// Round(value, shift): one rounding right shift, combinational. The floor of the shifted value, plus a carry that looks
/// at the first bit shifted out and at whether any of the others shifted out is set.
module evenshift_round_shift #(
  /// Bits of the signed value
  parameter int Width = 63,
  /// Bits of the shift amount; any amount is allowed, also one beyond Width
  parameter int ShiftWidth = 6,
  /// A rounding mode of evenshift_pkg, or RoundingAtRunTime; tflite_double shifts as half_away
  parameter int Rounding = evenshift_pkg::RoundingAtRunTime
) (
  /// Signed value
  input  logic [Width-1:0]      value_i,
  /// Shift amount
  input  logic [ShiftWidth-1:0] shift_i,
  /// Rounding mode, where Rounding is RoundingAtRunTime
  input  logic [2:0]            rounding_i,
  /// Signed result
  output logic [Width-1:0]      result_o
);
  logic [Width:0] shifted;
  logic           first_out;
  logic           carry;

  assign shifted   = $signed({value_i, 1'b0}) >>> shift_i;
  assign first_out = shifted[0];
  assign result_o  = shifted[Width:1] + {{(Width - 1) {1'b0}}, carry};

  if (Rounding == evenshift_pkg::RoundHalfUp) begin : g_half_up
    assign carry = first_out;
  end else if (Rounding == evenshift_pkg::RoundTruncate) begin : g_truncate
    assign carry = 1'b0;
  end else begin : g_ties
    localparam logic [Width:0] One = 1;

    logic [Width:0] others_mask;
    logic           others_out;
    logic           floor_is_odd;
    logic           is_positive;
    logic           tie_goes_up;

    assign others_mask  = ((One << shift_i) >> 1) - One;
    assign others_out   = |({1'b0, value_i} & others_mask);
    assign floor_is_odd = shifted[1];
    assign is_positive  = ~value_i[Width-1];

    if (Rounding == evenshift_pkg::RoundingAtRunTime) begin : g_run_time
      always_comb begin
        case (rounding_i)
          3'(evenshift_pkg::RoundHalfUp):   tie_goes_up = 1'b1;
          3'(evenshift_pkg::RoundHalfEven): tie_goes_up = floor_is_odd;
          default:                          tie_goes_up = is_positive;
        endcase
      end
      assign carry = first_out & (others_out | tie_goes_up) & (rounding_i != 3'(evenshift_pkg::RoundTruncate));
    end else begin : g_fixed
      assign tie_goes_up = Rounding == evenshift_pkg::RoundHalfEven ? floor_is_odd : is_positive;
      assign carry       = first_out & (others_out | tie_goes_up);
    end
  end
endmodule
