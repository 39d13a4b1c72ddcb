/// MacRows x MacCols weight-stationary multipliers. Each has two weight registers: rows are loaded into the shadow ones
/// while the active ones work, and `swap_i` makes the shadow weights active for the operands of the next cycle. Each column
/// adds its products up, a cycle behind its operands.
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
  /// Shadow weights become active, with what is loaded in this cycle, for the operands of the next
  /// cycle and the following ones
  input  logic                         swap_i,
  /// Rows that have weights then; those of the others become 0
  input  logic [$clog2(MacRows+1)-1:0] swap_rows_i,
  /// Operands come in the next cycle
  input  logic                         valid_i,
  /// Signed 8-bit operands of the multipliers, [row][column], column 0 of row 0 lowest, a cycle behind valid_i
  input  logic [MacRows*MacCols*8-1:0] operands_i,
  /// Signed sums of the columns, two cycles behind valid_i
  output logic [MacCols*SumBits-1:0]   sums_o
);
  localparam int Macs = MacRows * MacCols;
  localparam int RowBits = $clog2(MacRows);
  localparam int RowsBits = $clog2(MacRows + 1);

  logic [Macs*8-1:0]          weights_q;
  logic                       valid_q;
  logic [MacCols*SumBits-1:0] sums_d;

  for (genvar r = 0; r < MacRows; r++) begin : g_row
    logic [MacCols*8-1:0] shadow_q;
    wire                  loads = weight_load_i && weight_row_i == RowBits'(r);

    always_ff @(posedge clk_i) begin
      if (loads) shadow_q <= weights_i;
      if (swap_i) weights_q[r*MacCols*8 +: MacCols*8] <= RowsBits'(r) < swap_rows_i ? (loads ? weights_i : shadow_q) : '0;
    end
  end

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
  end

  always_comb begin
    for (int c = 0; c < MacCols; c++) begin
      logic signed [SumBits-1:0] sum;
      sum = '0;
      for (int r = 0; r < MacRows; r++) begin
        sum = sum + $signed(operands_i[(r*MacCols + c)*8 +: 8]) * $signed(weights_q[(r*MacCols + c)*8 +: 8]);
      end
      sums_d[c*SumBits +: SumBits] = sum;
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_q) sums_o <= sums_d;
  end
endmodule
