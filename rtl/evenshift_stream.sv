/// Streams the positions of a pass through the array: asks the scratchpad for the operands of one position after the
/// other, and a cycle behind, when they come, says where their sums go.
module evenshift_stream #(
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
  /// The command
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0]                  command_i,
  /// Products of its fields
  input  logic [evenshift_pkg::Products*evenshift_pkg::ProductBits-1:0]   products_i,

  /// A pass can be taken in this cycle
  output logic                                                            free_o,
  /// Take the pass
  input  logic                                                            take_i,
  /// A stripe ends in this cycle: the last position of its last pass is granted
  output logic                                                            stripe_done_o,

  /// Rows of the pass
  input  logic [$clog2(MacRows+1)-1:0]                                    rows_i,
  /// Depthwise: rows that a position reads anew where it shares columns with the one before
  input  logic [$clog2(MacRows+1)-1:0]                                    fresh_rows_i,
  /// First pass of its stripe
  input  logic                                                            first_pass_i,
  /// Last pass of its stripe
  input  logic                                                            last_pass_i,
  /// The stripe is the first one of its block
  input  logic                                                            first_stripe_i,
  /// Output positions of the stripe
  input  logic [$clog2(AccumulatorEntries+1)-1:0]                         positions_i,
  /// Accumulator bank of the stripe
  input  logic                                                            bank_i,
  /// Accumulator entry of its first position
  input  logic [$clog2(AccumulatorEntries)-1:0]                           entry_i,
  /// The first input channel that the block reads
  input  logic [15:0]                                                     input_channel_i,
  /// Depthwise: input channels that it reads
  input  logic [$clog2(MacCols+1)-1:0]                                    input_channels_i,
  /// Depthwise: columns that read another input channel than the column before
  input  logic [MacCols-1:0]                                              new_channel_i,

  /// Write a tap of the next pass
  input  logic                                                            tap_write_i,
  /// Its row
  input  logic [$clog2(MacRows)-1:0]                                      tap_number_i,
  /// Input rows below the window's first
  input  logic [evenshift_pkg::CoordinateBits-1:0]                        tap_row_i,
  /// Input columns right of the window's first
  input  logic [evenshift_pkg::CoordinateBits-1:0]                        tap_column_i,
  /// Bytes behind the window's first
  input  logic [AddressBits-1:0]                                          tap_offset_i,
  /// Read anew at every position
  input  logic                                                            tap_fresh_i,
  /// Bytes of the run before the pass
  input  logic [27:0]                                                     run_byte_i,

  /// Read the operands of a position; their bytes come in the cycle behind the one in which operand_ready_i is set
  output logic                                                            operand_read_o,
  /// The scratchpad has them
  input  logic                                                            operand_ready_i,
  /// 0: a run of bytes, 1: taps
  output logic                                                            operand_depthwise_o,
  /// Bytes of the position, those outside the tile too
  output logic [15:0]                                                     operand_bytes_o,
  /// Addresses: of the run in row 0, or of the taps
  output logic [MacRows*AddressBits-1:0]                                  operand_address_o,
  /// Run: rows before this one are not read
  output logic [$clog2(MacRows+1)-1:0]                                    operand_first_o,
  /// Run: this row and those behind it are not read
  output logic [$clog2(MacRows+1)-1:0]                                    operand_last_o,
  /// Taps to read
  output logic [MacRows-1:0]                                              operand_taps_o,
  /// Taps: columns that read the byte behind that of the column before, not the same
  output logic [MacCols-1:0]                                              operand_new_byte_o,
  /// Run: a byte a row, from the lowest byte on; taps: [row][column]
  input  logic [MacRows*MacCols*8-1:0]                                    operand_data_i,

  /// The weights of a pass become active
  output logic                                                            swap_o,
  /// Rows of that pass
  output logic [$clog2(MacRows+1)-1:0]                                    swap_rows_o,
  /// The pass is the first one of a block
  output logic                                                            swap_block_o,
  /// Operands are registered at the end of this cycle
  output logic                                                            valid_o,
  /// Accumulator bank of the operands
  output logic                                                            bank_o,
  /// Accumulator entry of the operands
  output logic [$clog2(AccumulatorEntries)-1:0]                           entry_o,
  /// The entry starts from the biases
  output logic                                                            from_bias_o,
  /// Signed 8-bit operands, [row][column]
  output logic [MacRows*MacCols*8-1:0]                                    operands_o
);
  localparam int CoordinateBits = evenshift_pkg::CoordinateBits;
  localparam int RowByteBits = evenshift_pkg::RowByteBits;
  localparam int RowsBits = $clog2(MacRows + 1);
  localparam int EntryBits = $clog2(AccumulatorEntries);
  localparam int TapBits = 1 + 2 * CoordinateBits + AddressBits;

  wire        continues  = command_i[evenshift_commands_pkg::ConvContinuesLsb];
  wire [7:0]  pad_value =
      command_i[evenshift_commands_pkg::ConvPadValueLsb +: evenshift_commands_pkg::ConvPadValueBits];
  wire [11:0] stride =
      command_i[evenshift_commands_pkg::ConvStrideWidthLsb +: evenshift_commands_pkg::ConvStrideWidthBits];
  wire [15:0] inputs =
      command_i[evenshift_commands_pkg::ConvInputsPerGroupLsb +: evenshift_commands_pkg::ConvInputsPerGroupBits];
  wire        depthwise  = inputs == 16'd1;

  // The pass that is streamed.
  logic                 streaming_q;
  logic                 begins_q;
  logic                 begins_block_q;
  logic [RowsBits-1:0]  rows_q;
  logic                 last_pass_q;
  logic                 from_bias_q;
  logic                 bank_q;
  logic [EntryBits-1:0] entry_q;
  logic [15:0]          input_channel_q;
  logic [15:0]          row_start_bytes_q;
  logic [15:0]          bytes_q;
  logic [27:0]          next_run_byte_q;
  logic [27:0]          run_byte_q;

  logic [MacRows*TapBits-1:0] taps;
  logic [CoordinateBits-1:0]  window_row;
  logic [CoordinateBits-1:0]  window_column;
  logic [AddressBits-1:0]     row_address;
  logic [RowByteBits-1:0]     row_byte;
  logic                       row_start;
  logic                       last_position;
  logic [MacRows-1:0]         tap_pad;

  wire        granted    = streaming_q && operand_ready_i;
  wire        first_tap  = tap_write_i && tap_number_i == '0;
  wire [15:0] tap_bytes  = depthwise ? 16'(input_channels_i) : 16'd1;

  assign free_o              = !streaming_q || (granted && last_position);
  assign stripe_done_o       = granted && last_position && last_pass_q;
  assign operand_read_o      = streaming_q;
  assign operand_depthwise_o = depthwise;
  assign operand_bytes_o     = row_start ? row_start_bytes_q : bytes_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      streaming_q <= 1'b0;
      begins_q    <= 1'b0;
      swap_o      <= 1'b0;
      valid_o     <= 1'b0;
    end else begin
      if (take_i) streaming_q <= 1'b1;
      else if (free_o) streaming_q <= 1'b0;
      begins_q <= take_i;
      swap_o   <= begins_q;
      valid_o  <= granted;
    end
  end

  always_ff @(posedge clk_i) begin
    if (first_tap) next_run_byte_q <= run_byte_i;
    if (take_i) begin
      begins_block_q      <= first_pass_i && first_stripe_i;
      rows_q              <= rows_i;
      last_pass_q         <= last_pass_i;
      from_bias_q         <= first_pass_i && !continues;
      bank_q              <= bank_i;
      entry_q             <= entry_i;
      input_channel_q     <= input_channel_i;
      operand_new_byte_o  <= new_channel_i;
      row_start_bytes_q   <= 16'(rows_i) * tap_bytes;
      bytes_q             <= 16'(fresh_rows_i) * tap_bytes;
      run_byte_q          <= first_tap ? run_byte_i : next_run_byte_q;
    end else if (granted) begin
      entry_q <= entry_q + EntryBits'(1);
    end
    if (begins_q) begin
      swap_rows_o  <= rows_q;
      swap_block_o <= begins_block_q;
    end
    if (granted) begin
      bank_o      <= bank_q;
      entry_o     <= entry_q;
      from_bias_o <= from_bias_q;
    end
  end

  evenshift_position_walker #(
    .AccumulatorEntries(AccumulatorEntries),
    .AddressBits       (AddressBits)
  ) u_position_walker (
    .clk_i,
    .pass_i        (take_i),
    .first_pass_i,
    .first_stripe_i,
    .positions_i,
    .next_i        (granted),
    .command_i,
    .products_i,
    .row_o         (window_row),
    .column_o      (window_column),
    .row_address_o (row_address),
    .row_byte_o    (row_byte),
    .row_start_o   (row_start),
    .last_o        (last_position)
  );

  evenshift_tap_table #(
    .MacRows(MacRows),
    .TapBits(TapBits)
  ) u_tap_table (
    .clk_i,
    .write_i(tap_write_i),
    .row_i  (tap_number_i),
    .tap_i  ({tap_fresh_i, tap_row_i, tap_column_i, tap_offset_i}),
    .take_i,
    .taps_o (taps)
  );

  evenshift_operand_request #(
    .MacRows    (MacRows),
    .AddressBits(AddressBits),
    .TapBits    (TapBits)
  ) u_operand_request (
    .valid_i        (streaming_q),
    .command_i,
    .products_i,
    .rows_i         (rows_q),
    .input_channel_i(input_channel_q),
    .run_byte_i     (run_byte_q),
    .taps_i         (taps),
    .row_i          (window_row),
    .column_i       (window_column),
    .row_address_i  (row_address),
    .row_byte_i     (row_byte),
    .row_start_i    (row_start),
    .address_o      (operand_address_o),
    .run_first_o    (operand_first_o),
    .run_last_o     (operand_last_o),
    .tap_read_o     (operand_taps_o),
    .tap_pad_o      (tap_pad)
  );

  // What was asked for, beside its data.
  logic [RowsBits-1:0] run_first_q;
  logic [RowsBits-1:0] run_last_q;
  logic [MacRows-1:0]  tap_read_q;
  logic [MacRows-1:0]  tap_pad_q;

  always_ff @(posedge clk_i) begin
    if (granted) begin
      run_first_q <= operand_first_o;
      run_last_q  <= operand_last_o;
      tap_read_q  <= operand_taps_o;
      tap_pad_q   <= tap_pad;
    end
  end

  evenshift_operand_window #(
    .MacRows(MacRows),
    .MacCols(MacCols)
  ) u_operand_window (
    .clk_i,
    .rst_ni,
    .valid_i       (valid_o),
    .depthwise_i   (depthwise),
    .data_i        (operand_data_i),
    .pad_value_i   (pad_value),
    .run_first_i   (run_first_q),
    .run_last_i    (run_last_q),
    .tap_read_i    (tap_read_q),
    .tap_pad_i     (tap_pad_q),
    .stride_i      (stride < 12'(MacRows) ? stride[RowsBits-1:0] : RowsBits'(MacRows)),
    .operands_o
  );
endmodule
