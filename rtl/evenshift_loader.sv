/// Loads the weights of the passes of a command, one after the other, into the shadow registers of the array, while the
/// array works on the pass before. A pass whose rows are all loaded waits until it is taken; the next one begins in the
/// cycle after. The first pass of a column block begins with a cycle for the block's biases and scales.
module evenshift_loader #(
  /// Rows of the array
  parameter int MacRows = 16,
  /// Columns of the array
  parameter int MacCols = 16,
  /// Entries of an accumulator bank
  parameter int AccumulatorEntries = 512,
  /// Bits of a scratchpad address
  parameter int AddressBits = 20
) (
  /// Clock
  input  logic                                                            clk_i,
  /// Reset, active low
  input  logic                                                            rst_ni,
  /// A command begins; its first rows are loaded from the next cycle on
  input  logic                                                            start_i,
  /// The command
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0]                  command_i,
  /// Products of its fields
  input  logic [evenshift_pkg::Products*evenshift_pkg::ProductBits-1:0]   products_i,
  /// Kernel rows that fit into the array
  input  logic [$clog2(MacRows+1)-1:0]                                    kernel_rows_i,
  /// Accumulator entries in use
  input  logic [$clog2(AccumulatorEntries+1)-1:0]                         accumulator_entries_i,

  /// There are passes that have not been taken
  output logic                                                            active_o,
  /// The pass is loaded, with the end of this cycle at the latest
  output logic                                                            loaded_o,
  /// The array takes the pass
  input  logic                                                            take_i,
  /// This cycle is for the block's biases and scales
  output logic                                                            parameters_o,

  /// Rows of the pass
  output logic [$clog2(MacRows+1)-1:0]                                    rows_o,
  /// Depthwise: rows that a position reads anew where it shares columns with the one before
  output logic [$clog2(MacRows+1)-1:0]                                    fresh_rows_o,
  /// First pass of its stripe
  output logic                                                            first_pass_o,
  /// Last pass of its stripe
  output logic                                                            last_pass_o,
  /// The stripe is the first one of its block
  output logic                                                            first_stripe_o,
  /// The stripe is the last one of its block
  output logic                                                            last_stripe_o,
  /// Output positions of the stripe
  output logic [$clog2(AccumulatorEntries+1)-1:0]                         positions_o,
  /// Accumulator bank of the stripe
  output logic                                                            bank_o,
  /// Accumulator entry of its first position
  output logic [$clog2(AccumulatorEntries)-1:0]                           entry_o,
  /// Output channels of the block
  output logic [$clog2(MacCols+1)-1:0]                                    channels_o,
  /// Its first output channel
  output logic [15:0]                                                     first_channel_o,
  /// The first input channel that it reads
  output logic [15:0]                                                     input_channel_o,
  /// Depthwise: input channels that it reads
  output logic [$clog2(MacCols+1)-1:0]                                    input_channels_o,
  /// Depthwise: columns that read another input channel than the column before
  output logic [MacCols-1:0]                                              new_channel_o,

  /// A row is loaded: these are its number and its tap
  output logic                                                            row_o,
  /// Row of the array
  output logic [$clog2(MacRows)-1:0]                                      row_number_o,
  /// Row's tap: input rows below the window's first
  output logic [evenshift_pkg::CoordinateBits-1:0]                        tap_row_o,
  /// Row's tap: input columns right of the window's first
  output logic [evenshift_pkg::CoordinateBits-1:0]                        tap_column_o,
  /// Row's tap: bytes behind the window's first
  output logic [AddressBits-1:0]                                          tap_offset_o,
  /// Row's tap is read anew at every position
  output logic                                                            tap_fresh_o,
  /// Bytes of the run before the pass
  output logic [27:0]                                                     run_byte_o,

  /// Read weight_data_i, which comes a cycle behind
  output logic                                                            weight_read_o,
  /// Its first byte
  output logic [AddressBits-1:0]                                          weight_address_o,
  /// MacCols + 1 bytes
  input  logic [MacCols*8+7:0]                                            weight_data_i,
  /// weights_o are a new row; two cycles behind its read
  output logic                                                            load_o,
  /// Its number
  output logic [$clog2(MacRows)-1:0]                                      load_row_o,
  /// Signed 8-bit weights, column 0 lowest
  output logic [MacCols*8-1:0]                                            weights_o
);
  logic active_q;
  logic parameters_q;
  logic first_pass_q;
  logic row_due;
  logic last_row;
  logic last_block;

  assign active_o     = active_q;
  assign parameters_o = active_q && parameters_q;
  assign row_o        = active_q && !parameters_q && row_due;
  assign first_pass_o = first_pass_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q     <= 1'b0;
      parameters_q <= 1'b0;
    end else if (start_i) begin
      active_q     <= 1'b1;
      parameters_q <= 1'b0;
    end else begin
      if (take_i && last_pass_o && last_stripe_o && last_block) active_q <= 1'b0;
      parameters_q <= take_i && last_pass_o && last_stripe_o;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) first_pass_q <= 1'b1;
    else if (take_i) first_pass_q <= last_pass_o;
  end

  evenshift_block_walker #(
    .MacCols           (MacCols),
    .AccumulatorEntries(AccumulatorEntries)
  ) u_block_walker (
    .clk_i,
    .start_i,
    .next_i      (take_i && last_pass_o),
    .command_i,
    .products_i,
    .accumulator_entries_i,
    .channels_o,
    .first_channel_o,
    .input_channel_o,
    .input_channels_o,
    .new_channel_o,
    .positions_o,
    .first_stripe_o,
    .last_stripe_o,
    .last_block_o(last_block),
    .bank_o,
    .entry_o
  );

  evenshift_pass_walker #(
    .MacRows    (MacRows),
    .AddressBits(AddressBits)
  ) u_pass_walker (
    .clk_i,
    .start_i,
    .row_i     (row_o),
    .next_i    (take_i),
    .command_i,
    .products_i,
    .kernel_rows_i,
    .row_due_o (row_due),
    .row_o     (row_number_o),
    .last_row_o(last_row),
    .loaded_o,
    .last_pass_o,
    .rows_o,
    .fresh_rows_o,
    .tap_row_o,
    .tap_column_o,
    .tap_offset_o,
    .tap_fresh_o,
    .run_byte_o
  );

  evenshift_weight_fetch #(
    .MacRows    (MacRows),
    .MacCols    (MacCols),
    .AddressBits(AddressBits)
  ) u_weight_fetch (
    .clk_i,
    .rst_ni,
    .start_i,
    .row_i       (row_o),
    .row_number_i(row_number_o),
    .last_row_i  (last_row && last_pass_o),
    .repeat_i    (!last_stripe_o),
    .channels_i  (channels_o),
    .command_i,
    .weight_read_o,
    .weight_address_o,
    .weight_data_i,
    .load_o,
    .load_row_o,
    .weights_o
  );
endmodule
