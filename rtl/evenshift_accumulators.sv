/// Accumulators of MacCols columns in two banks, so that one bank is drained while the other one accumulates. In one
/// cycle a bank may accumulate or be drained, not both.
///
/// Accumulation is a pipeline of two cycles: in the first one the entry is read, in the second one the sums, which come
/// a cycle behind their request, are added and the entry is written.
module evenshift_accumulators #(
  /// Output channels per cycle
  parameter int MacCols = 16,
  /// Bits of an accumulator
  parameter int AccumulatorBits = 32,
  /// Entries of a bank
  parameter int AccumulatorEntries = 512
) (
  /// Clock
  input  logic                                  clk_i,
  /// Reset, active low
  input  logic                                  rst_ni,
  /// Add the sums of the next cycle to an entry
  input  logic                                  accumulate_i,
  /// Its bank
  input  logic                                  accumulate_bank_i,
  /// The entry
  input  logic [$clog2(AccumulatorEntries)-1:0] accumulate_entry_i,
  /// Start from the biases, not from what the entry holds
  input  logic                                  from_bias_i,
  /// Signed biases of the columns
  input  logic [MacCols*AccumulatorBits-1:0]    biases_i,
  /// Signed sums of the columns, a cycle behind accumulate_i
  input  logic [MacCols*AccumulatorBits-1:0]    sums_i,
  /// Read an entry for requantization
  input  logic                                  drain_i,
  /// Its bank
  input  logic                                  drain_bank_i,
  /// The entry
  input  logic [$clog2(AccumulatorEntries)-1:0] drain_entry_i,
  /// Signed accumulators, a cycle behind drain_i
  output logic [MacCols*AccumulatorBits-1:0]    accumulators_o
);
  localparam int EntryBits = $clog2(AccumulatorEntries);
  localparam int Width = MacCols * AccumulatorBits;

  logic                 write_q;
  logic                 write_bank_q;
  logic [EntryBits-1:0] write_entry_q;
  logic                 from_bias_q;
  logic [Width-1:0]     biases_q;
  logic                 drain_bank_q;
  logic [Width-1:0]     held;
  logic [Width-1:0]     written;
  logic [Width-1:0]     read_data_0;
  logic [Width-1:0]     read_data_1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) write_q <= 1'b0;
    else write_q <= accumulate_i;
  end

  always_ff @(posedge clk_i) begin
    if (accumulate_i) begin
      write_bank_q  <= accumulate_bank_i;
      write_entry_q <= accumulate_entry_i;
      from_bias_q   <= from_bias_i;
    end
    if (accumulate_i && from_bias_i) biases_q <= biases_i;
    if (drain_i) drain_bank_q <= drain_bank_i;
  end

  assign held = from_bias_q ? biases_q : (write_bank_q ? read_data_1 : read_data_0);

  for (genvar c = 0; c < MacCols; c++) begin : g_add
    assign written[c*AccumulatorBits +: AccumulatorBits] =
        held[c*AccumulatorBits +: AccumulatorBits] + sums_i[c*AccumulatorBits +: AccumulatorBits];
  end

  evenshift_accumulator_bank #(
    .Entries(AccumulatorEntries),
    .Width  (Width)
  ) u_bank_0 (
    .clk_i,
    .read_i       ((accumulate_i && !accumulate_bank_i && !from_bias_i) || (drain_i && !drain_bank_i)),
    .read_entry_i (drain_i && !drain_bank_i ? drain_entry_i : accumulate_entry_i),
    .read_data_o  (read_data_0),
    .write_i      (write_q && !write_bank_q),
    .write_entry_i(write_entry_q),
    .write_data_i (written)
  );

  evenshift_accumulator_bank #(
    .Entries(AccumulatorEntries),
    .Width  (Width)
  ) u_bank_1 (
    .clk_i,
    .read_i       ((accumulate_i && accumulate_bank_i && !from_bias_i) || (drain_i && drain_bank_i)),
    .read_entry_i (drain_i && drain_bank_i ? drain_entry_i : accumulate_entry_i),
    .read_data_o  (read_data_1),
    .write_i      (write_q && write_bank_q),
    .write_entry_i(write_entry_q),
    .write_data_i (written)
  );

  assign accumulators_o = drain_bank_q ? read_data_1 : read_data_0;
endmodule
