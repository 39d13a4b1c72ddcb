/// The operands of all multipliers, registered. A run is broadcast along the rows; a depthwise pass has a window, of
/// which a position keeps the columns that it shares with the one before.
module evenshift_operand_window #(
  /// Rows of the array
  parameter int MacRows = 16,
  /// Columns of the array
  parameter int MacCols = 16
) (
  /// Clock
  input  logic                           clk_i,
  /// Reset, active low
  input  logic                           rst_ni,
  /// A position's bytes are there
  input  logic                           valid_i,
  /// 0: a run, 1: a window
  input  logic                           depthwise_i,
  /// Run: a byte a row, from the lowest byte on; window: [row][column], the bytes of the row's tap
  input  logic [MacRows*MacCols*8-1:0]   data_i,
  /// Signed code that stands outside the tile
  input  logic [7:0]                     pad_value_i,
  /// Run: rows before this one lie outside the tile
  input  logic [$clog2(MacRows+1)-1:0]   run_first_i,
  /// Run: this row and those behind it lie outside the tile
  input  logic [$clog2(MacRows+1)-1:0]   run_last_i,
  /// Window: taps that were read
  input  logic [MacRows-1:0]             tap_read_i,
  /// Window: taps outside the tile
  input  logic [MacRows-1:0]             tap_pad_i,
  /// Window: rows from a tap to the one whose column it becomes at the next position
  input  logic [$clog2(MacRows+1)-1:0]   stride_i,
  /// Signed 8-bit operands, [row][column], column 0 of row 0 lowest
  output logic [MacRows*MacCols*8-1:0]   operands_o
);
  localparam int RowWidth = MacCols * 8;
  localparam int RowsBits = $clog2(MacRows + 1);
  localparam int ShiftBits = $clog2(MacRows * RowWidth + 1);

  logic [MacRows*RowWidth-1:0] kept;
  always_comb begin
    kept = operands_o;
    if (depthwise_i) kept = operands_o >> (ShiftBits'(stride_i) * ShiftBits'(RowWidth));
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      operands_o <= '0;
    end else if (valid_i && !depthwise_i) begin
      for (int r = 0; r < MacRows; r++) begin
        operands_o[r*RowWidth +: RowWidth] <=
            RowsBits'(r) >= run_first_i && RowsBits'(r) < run_last_i ? {MacCols{data_i[r*8 +: 8]}} : {MacCols{pad_value_i}};
      end
    end else if (valid_i) begin
      for (int r = 0; r < MacRows; r++) begin
        if (tap_pad_i[r]) operands_o[r*RowWidth +: RowWidth] <= {MacCols{pad_value_i}};
        else if (!tap_read_i[r]) operands_o[r*RowWidth +: RowWidth] <= kept[r*RowWidth +: RowWidth];
        else operands_o[r*RowWidth +: RowWidth] <= data_i[r*RowWidth +: RowWidth];
      end
    end
  end
endmodule
