/// The tap of every row of the array, twice: written one by one beside the weights of the next pass, and in use. A
/// depthwise pass has a tap a row, any other pass has its run in row 0.
module evenshift_tap_table #(
  /// Rows of the array
  parameter int MacRows = 16,
  /// Bits of a tap
  parameter int TapBits = 81
) (
  /// Clock
  input  logic                       clk_i,
  /// Write tap_i for the next pass
  input  logic                       write_i,
  /// Its row
  input  logic [$clog2(MacRows)-1:0] row_i,
  /// The tap
  input  logic [TapBits-1:0]         tap_i,
  /// The next pass is in use from the next cycle on, with what is written in this one
  input  logic                       take_i,
  /// Taps in use, that of row 0 lowest
  output logic [MacRows*TapBits-1:0] taps_o
);
  localparam int RowBits = $clog2(MacRows);

  logic [MacRows*TapBits-1:0] next_q;

  always_ff @(posedge clk_i) begin
    if (take_i) taps_o <= next_q;
    if (write_i) begin
      for (int r = 0; r < MacRows; r++) begin
        if (row_i == RowBits'(r)) begin
          next_q[r*TapBits +: TapBits] <= tap_i;
          if (take_i) taps_o[r*TapBits +: TapBits] <= tap_i;
        end
      end
    end
  end
endmodule
