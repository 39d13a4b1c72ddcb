/// MacRows x MacCols weight-stationary multipliers. Each has two weight registers: rows are loaded into the shadow ones
/// while the active ones work, and `swap_i` makes the shadow weights active together with the operands of its cycle. Each
/// column adds its products up. Two cycles from operands to sums.
module evenshift_mac_array #(
  /// Reduction elements per cycle
  parameter int MacRows = 16,
  /// Output channels per cycle
  parameter int MacCols = 16,
  /// Bits of a column's sum
  parameter int SumBits = 32
) (
  /// Clock
  input  logic                         clk_i,
  /// Load weights_i into the shadow registers of row weight_row_i
  input  logic                         weight_load_i,
  /// Row to load
  input  logic [$clog2(MacRows)-1:0]   weight_row_i,
  /// Signed 8-bit weights of a row, column 0 lowest
  input  logic [MacCols*8-1:0]         weights_i,
  /// Shadow weights become active, for the operands of this cycle and the following ones
  input  logic                         swap_i,
  /// Operands are valid
  input  logic                         valid_i,
  /// 0: row r multiplies operand r in every column; 1: each multiplier has its own operand
  input  logic                         depthwise_i,
  /// Signed 8-bit operands of the rows, row 0 lowest
  input  logic [MacRows*8-1:0]         operands_i,
  /// Signed 8-bit operands of the multipliers, [row][column], column 0 of row 0 lowest
  input  logic [MacRows*MacCols*8-1:0] depthwise_operands_i,
  /// Signed sums of the columns, two cycles behind their operands
  output logic [MacCols*SumBits-1:0]   sums_o
);
  localparam int Macs = MacRows * MacCols;
  localparam int RowBits = $clog2(MacRows);

  logic [Macs*8-1:0]          weights_q;
  logic [Macs*8-1:0]          broadcast;
  logic [Macs*8-1:0]          operands_q;
  logic                       valid_q;
  logic [MacCols*SumBits-1:0] sums_d;

  for (genvar r = 0; r < MacRows; r++) begin : g_row
    logic [MacCols*8-1:0] shadow_q;

    always_ff @(posedge clk_i) begin
      if (weight_load_i && weight_row_i == RowBits'(r)) shadow_q <= weights_i;
      if (swap_i) weights_q[r*MacCols*8 +: MacCols*8] <= shadow_q;
    end
    assign broadcast[r*MacCols*8 +: MacCols*8] = {MacCols{operands_i[r*8 +: 8]}};
  end

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
    if (valid_i) operands_q <= depthwise_i ? depthwise_operands_i : broadcast;
  end

  always_comb begin
    for (int c = 0; c < MacCols; c++) begin
      logic signed [SumBits-1:0] sum;
      sum = '0;
      for (int r = 0; r < MacRows; r++) begin
        sum = sum + $signed(operands_q[(r*MacCols + c)*8 +: 8]) * $signed(weights_q[(r*MacCols + c)*8 +: 8]);
      end
      sums_d[c*SumBits +: SumBits] = sum;
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_q) sums_o <= sums_d;
  end
endmodule
