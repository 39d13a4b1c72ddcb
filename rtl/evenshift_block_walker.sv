/// Walks through the column blocks of a command and, inside each, through its stripes of output positions. What it shows
/// is the stripe whose weights are being loaded.
module evenshift_block_walker #(
  /// Columns of the array
  parameter int MacCols = 16,
  /// Entries of an accumulator bank
  parameter int AccumulatorEntries = 512
) (
  /// Clock
  input  logic                                                            clk_i,
  /// Go to the first stripe of the command that begins now
  input  logic                                                            start_i,
  /// Go to the next stripe
  input  logic                                                            next_i,
  /// The command
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0]                  command_i,
  /// Products of its fields
  input  logic [evenshift_pkg::Products*evenshift_pkg::ProductBits-1:0]   products_i,
  /// Accumulator entries in use
  input  logic [$clog2(AccumulatorEntries+1)-1:0]                         accumulator_entries_i,
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
  /// Output positions of the stripe
  output logic [$clog2(AccumulatorEntries+1)-1:0]                         positions_o,
  /// First stripe of the block
  output logic                                                            first_stripe_o,
  /// Last stripe of the block
  output logic                                                            last_stripe_o,
  /// Last block of the command
  output logic                                                            last_block_o,
  /// Accumulator bank of the stripe
  output logic                                                            bank_o,
  /// Accumulator entry of its first position
  output logic [$clog2(AccumulatorEntries)-1:0]                           entry_o
);
  localparam int ColumnsBits = $clog2(MacCols + 1);
  localparam int EntryBits = $clog2(AccumulatorEntries);
  localparam int CountBits = $clog2(AccumulatorEntries + 1);

  wire [15:0] output_channels =
      command_i[evenshift_commands_pkg::ConvOutputChannelsLsb +: evenshift_commands_pkg::ConvOutputChannelsBits];
  wire [15:0] inputs_per_group =
      command_i[evenshift_commands_pkg::ConvInputsPerGroupLsb +: evenshift_commands_pkg::ConvInputsPerGroupBits];
  wire [15:0] outputs_per_group =
      command_i[evenshift_commands_pkg::ConvOutputsPerGroupLsb +: evenshift_commands_pkg::ConvOutputsPerGroupBits];
  wire        keeps =
      command_i[evenshift_commands_pkg::ConvContinuesLsb] || !command_i[evenshift_commands_pkg::ConvFinishesLsb];
  wire        depthwise         = inputs_per_group == 16'd1;
  wire [31:0] all_positions     = products_i[evenshift_pkg::ProductPositions*evenshift_pkg::ProductBits +: 32];

  logic [15:0] span_first_q;  // output channels of the span that the blocks before have
  logic [15:0] phase_q;       // depthwise: first output channel modulo outputs_per_group
  logic [31:0] position_q;

  // A block ends with its span: the group, or all channels of a depthwise command.
  wire [15:0] span         = depthwise ? output_channels : outputs_per_group;
  wire [15:0] span_left    = span - span_first_q;
  wire        ends_span    = span_left <= 16'(MacCols);
  wire [31:0] positions_left = all_positions - position_q;

  assign channels_o     = ends_span ? span_left[ColumnsBits-1:0] : ColumnsBits'(MacCols);
  assign last_block_o   = first_channel_o + 16'(channels_o) == output_channels;
  assign last_stripe_o  = positions_left <= 32'(accumulator_entries_i);
  assign first_stripe_o = position_q == 32'd0;
  assign positions_o    = last_stripe_o ? positions_left[CountBits-1:0] : accumulator_entries_i;

  // Depthwise: column c reads a new input channel where outputs_per_group columns have read the one before.
  logic [15:0]            phase_d;
  logic [ColumnsBits-1:0] channels_passed;  // input channels that all MacCols columns leave behind
  always_comb begin
    phase_d          = phase_q;
    new_channel_o    = '1;
    input_channels_o = channels_o;
    channels_passed  = ColumnsBits'(MacCols);
    if (outputs_per_group != 16'd1) begin
      input_channels_o = ColumnsBits'(1);
      channels_passed  = '0;
      for (int c = 0; c < MacCols; c++) begin
        new_channel_o[c] = c != 0 && phase_d == 16'd0;
        if (new_channel_o[c] && ColumnsBits'(c) < channels_o) input_channels_o = input_channels_o + ColumnsBits'(1);
        phase_d = phase_d + 16'd1 == outputs_per_group ? 16'd0 : phase_d + 16'd1;
        if (phase_d == 16'd0) channels_passed = channels_passed + ColumnsBits'(1);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      first_channel_o <= '0;
      input_channel_o <= '0;
      span_first_q    <= '0;
      phase_q         <= '0;
      position_q      <= '0;
      bank_o          <= 1'b0;
      entry_o         <= '0;
    end else if (next_i) begin
      bank_o     <= !bank_o;
      position_q <= last_stripe_o ? 32'd0 : position_q + 32'(positions_o);
      if (keeps && bank_o) entry_o <= entry_o + positions_o[EntryBits-1:0];
      if (last_stripe_o) begin
        first_channel_o <= first_channel_o + 16'(channels_o);
        span_first_q    <= ends_span ? 16'd0 : span_first_q + 16'(MacCols);
        phase_q         <= phase_d;
        if (depthwise) input_channel_o <= input_channel_o + 16'(channels_passed);
        else if (ends_span) input_channel_o <= input_channel_o + inputs_per_group;
      end
    end
  end
endmodule
