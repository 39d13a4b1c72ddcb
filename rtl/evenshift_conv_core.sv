/// The conv core: takes a conv command through its registers, reads inputs, weights, biases and scales from the
/// scratchpad, and writes the output tile. docs/timing.md gives its cycles, docs of the command set the command.
///
/// Every read is answered in the cycle behind it; the one of the operands, whose bytes may be more than the scratchpad
/// delivers in a cycle, holds until operand_ready_i is set. Addresses are bytes.
module evenshift_conv_core #(
  /// Rows of the array: reduction elements per cycle
  parameter int MacRows = 16,
  /// Columns of the array: output channels per cycle
  parameter int MacCols = 16,
  /// Outputs requantized per cycle; divides MacCols
  parameter int RequantLanes = MacCols,
  /// Bits of an accumulator
  parameter int AccumulatorBits = 32,
  /// Entries of each of the two accumulator banks
  parameter int AccumulatorEntries = 512,
  /// Bits of M
  parameter int MultiplierBits = 31,
  /// Bits of k_c
  parameter int ShiftBits = 4,
  /// A rounding mode of evenshift_pkg, or RoundingAtRunTime
  parameter int Rounding = evenshift_pkg::RoundHalfUp,
  /// A requantization scale of evenshift_pkg, or ScaleAtRunTime
  parameter int RequantScale = evenshift_pkg::ScaleLayerWithChannelShift,
  /// Bits of a scratchpad address, at most 32
  parameter int AddressBits = 20
) (
  /// Clock
  input  logic                                        clk_i,
  /// Reset, active low
  input  logic                                        rst_ni,

  /// Write a word of the next command, as arch/isa/commands.h encodes it
  input  logic                                        command_write_i,
  /// Its number; the last one is written last
  input  logic [4:0]                                  command_word_i,
  /// The word
  input  logic [31:0]                                 command_data_i,
  /// The next command is prepared
  output logic                                        ready_o,
  /// Begin the prepared command, while idle or done; its first cycle is the next one
  input  logic                                        start_i,
  /// A command is executed
  output logic                                        busy_o,
  /// Last cycle of a command
  output logic                                        done_o,
  /// Cycles of the command, with this one
  output logic [31:0]                                 cycles_o,
  /// Cycles in which the array waited for weights
  output logic [31:0]                                 weight_stalls_o,
  /// Cycles in which the array waited for the requantizer
  output logic [31:0]                                 requant_stalls_o,
  /// Codes of the command that the clamp raised
  output logic [31:0]                                 clamped_low_o,
  /// Codes of the command that the clamp lowered
  output logic [31:0]                                 clamped_high_o,

  /// Accumulator entries of a bank in use, at most AccumulatorEntries
  input  logic [$clog2(AccumulatorEntries+1)-1:0]     accumulator_entries_i,
  /// Requantizer lanes in use, at most RequantLanes; fewer only where RequantLanes is MacCols
  input  logic [$clog2(MacCols+1)-1:0]                requant_lanes_i,
  /// Rounding mode, where Rounding is RoundingAtRunTime
  input  logic [2:0]                                  rounding_i,
  /// Requantization scale, where RequantScale is ScaleAtRunTime
  input  logic [1:0]                                  requant_scale_i,
  /// Bits of M, where RequantScale is ScaleAtRunTime
  input  logic [4:0]                                  multiplier_bits_i,
  /// Bits of k_c, where RequantScale is ScaleAtRunTime
  input  logic [2:0]                                  shift_bits_i,

  /// Read weight_data_i
  output logic                                        weight_read_o,
  /// First byte of the weights
  output logic [AddressBits-1:0]                      weight_address_o,
  /// MacCols + 1 bytes
  input  logic [MacCols*8+7:0]                        weight_data_i,

  /// Read parameter_data_i
  output logic                                        parameter_read_o,
  /// First byte of the biases or scales
  output logic [AddressBits-1:0]                      parameter_address_o,
  /// 5 * MacCols + 1 bytes
  input  logic [MacCols*40+7:0]                       parameter_data_i,

  /// Read operand_data_i
  output logic                                        operand_read_o,
  /// The scratchpad answers in the next cycle
  input  logic                                        operand_ready_i,
  /// 0: a run of bytes, 1: taps
  output logic                                        operand_depthwise_o,
  /// Bytes that the read costs: those of the position, padding counted
  output logic [15:0]                                 operand_bytes_o,
  /// Addresses of the taps, that of row 0 lowest; a run begins at that of row 0
  output logic [MacRows*AddressBits-1:0]              operand_address_o,
  /// Run: bytes before this one are not read
  output logic [$clog2(MacRows+1)-1:0]                operand_first_o,
  /// Run: this byte and those behind it are not read
  output logic [$clog2(MacRows+1)-1:0]                operand_last_o,
  /// Taps to read
  output logic [MacRows-1:0]                          operand_taps_o,
  /// Taps: columns that read the byte behind that of the column before, not the same
  output logic [MacCols-1:0]                          operand_new_byte_o,
  /// Run: a byte a row, from the lowest byte on; taps: [row][column]
  input  logic [MacRows*MacCols*8-1:0]                operand_data_i,

  /// Write codes
  output logic                                        write_o,
  /// Address of lane 0's code
  output logic [AddressBits-1:0]                      write_address_o,
  /// Lanes whose code is written
  output logic [RequantLanes-1:0]                     write_strobe_o,
  /// Codes of the lanes
  output logic [RequantLanes*8-1:0]                   write_data_o,

  /// accumulators_o holds an entry that is drained
  output logic                                        accumulators_valid_o,
  /// Signed accumulators of the columns
  output logic [MacCols*AccumulatorBits-1:0]          accumulators_o
);
  localparam int CoordinateBits = evenshift_pkg::CoordinateBits;
  localparam int PipelineCycles = 6;
  localparam int RowBits = $clog2(MacRows);
  localparam int RowsBits = $clog2(MacRows + 1);
  localparam int ColumnsBits = $clog2(MacCols + 1);
  localparam int GroupBits = $clog2(MacCols);
  localparam int EntryBits = $clog2(AccumulatorEntries);
  localparam int CountBits = $clog2(AccumulatorEntries + 1);

  // Command.
  logic                                                        begins;
  logic [evenshift_commands_pkg::ConvBytes*8-1:0]                                      next_command;
  logic [evenshift_commands_pkg::ConvBytes*8-1:0]                                      command;
  logic [evenshift_pkg::Products*evenshift_pkg::ProductBits-1:0] products;
  logic [RowsBits-1:0]                                         kernel_rows;

  evenshift_command_port #(
    .MacRows(MacRows)
  ) u_command_port (
    .clk_i,
    .rst_ni,
    .write_i       (command_write_i),
    .write_word_i  (command_word_i),
    .write_data_i  (command_data_i),
    .ready_o,
    .start_i       (begins),
    .next_command_o(next_command),
    .command_o     (command),
    .products_o    (products),
    .kernel_rows_o (kernel_rows)
  );

  // Order of the work.
  logic       load_active;
  logic       loaded;
  logic       first_pass;
  logic       stream_free;
  logic [1:0] pending;
  logic       take;

  evenshift_core_control #(
    .PipelineCycles(PipelineCycles)
  ) u_control (
    .clk_i,
    .rst_ni,
    .start_i,
    .ready_i      (ready_o),
    .begin_o      (begins),
    .busy_o,
    .done_o,
    .load_active_i(load_active),
    .loaded_i     (loaded),
    .first_pass_i (first_pass),
    .stream_free_i(stream_free),
    .pending_i    (pending),
    .take_o       (take),
    .cycles_o,
    .weight_stalls_o,
    .requant_stalls_o
  );

  // The pass that is loaded, and its weights.
  logic                      parameters;
  logic [RowsBits-1:0]       rows;
  logic [RowsBits-1:0]       fresh_rows;
  logic                      last_pass;
  logic                      first_stripe;
  logic                      last_stripe;
  logic [CountBits-1:0]      positions;
  logic                      bank;
  logic [EntryBits-1:0]      entry;
  logic [ColumnsBits-1:0]    channels;
  logic [15:0]               first_channel;
  logic [15:0]               input_channel;
  logic [ColumnsBits-1:0]    input_channels;
  logic [MacCols-1:0]        new_channel;
  logic                      row;
  logic [RowBits-1:0]        row_number;
  logic [CoordinateBits-1:0] tap_row;
  logic [CoordinateBits-1:0] tap_column;
  logic [AddressBits-1:0]    tap_offset;
  logic                      tap_fresh;
  logic [27:0]               run_byte;
  logic                      weight_load;
  logic [RowBits-1:0]        weight_row;
  logic [MacCols*8-1:0]      weights;

  evenshift_loader #(
    .MacRows           (MacRows),
    .MacCols           (MacCols),
    .AccumulatorEntries(AccumulatorEntries),
    .AddressBits       (AddressBits)
  ) u_loader (
    .clk_i,
    .rst_ni,
    .start_i         (begins),
    .command_i       (command),
    .products_i      (products),
    .kernel_rows_i   (kernel_rows),
    .accumulator_entries_i,
    .active_o        (load_active),
    .loaded_o        (loaded),
    .take_i          (take),
    .parameters_o    (parameters),
    .rows_o          (rows),
    .fresh_rows_o    (fresh_rows),
    .first_pass_o    (first_pass),
    .last_pass_o     (last_pass),
    .first_stripe_o  (first_stripe),
    .last_stripe_o   (last_stripe),
    .positions_o     (positions),
    .bank_o          (bank),
    .entry_o         (entry),
    .channels_o      (channels),
    .first_channel_o (first_channel),
    .input_channel_o (input_channel),
    .input_channels_o(input_channels),
    .new_channel_o   (new_channel),
    .row_o           (row),
    .row_number_o    (row_number),
    .tap_row_o       (tap_row),
    .tap_column_o    (tap_column),
    .tap_offset_o    (tap_offset),
    .tap_fresh_o     (tap_fresh),
    .run_byte_o      (run_byte),
    .weight_read_o,
    .weight_address_o,
    .weight_data_i,
    .load_o          (weight_load),
    .load_row_o      (weight_row),
    .weights_o       (weights)
  );

  // The pass that is streamed, and its operands.
  logic                         stripe_done;
  logic                         swap;
  logic [RowsBits-1:0]          swap_rows;
  logic                         swap_block;
  logic                         operands_valid;
  logic                         accumulate_bank;
  logic [EntryBits-1:0]         accumulate_entry;
  logic                         from_bias;
  logic [MacRows*MacCols*8-1:0] operands;

  evenshift_stream #(
    .MacRows           (MacRows),
    .MacCols           (MacCols),
    .AccumulatorEntries(AccumulatorEntries),
    .AddressBits       (AddressBits)
  ) u_stream (
    .clk_i,
    .rst_ni,
    .command_i       (command),
    .products_i      (products),
    .free_o          (stream_free),
    .take_i          (take),
    .stripe_done_o   (stripe_done),
    .rows_i          (rows),
    .fresh_rows_i    (fresh_rows),
    .first_pass_i    (first_pass),
    .last_pass_i     (last_pass),
    .first_stripe_i  (first_stripe),
    .positions_i     (positions),
    .bank_i          (bank),
    .entry_i         (entry),
    .input_channel_i (input_channel),
    .input_channels_i(input_channels),
    .new_channel_i   (new_channel),
    .tap_write_i     (row),
    .tap_number_i    (row_number),
    .tap_row_i       (tap_row),
    .tap_column_i    (tap_column),
    .tap_offset_i    (tap_offset),
    .tap_fresh_i     (tap_fresh),
    .run_byte_i      (run_byte),
    .operand_read_o,
    .operand_ready_i,
    .operand_depthwise_o,
    .operand_bytes_o,
    .operand_address_o,
    .operand_first_o,
    .operand_last_o,
    .operand_taps_o,
    .operand_new_byte_o,
    .operand_data_i,
    .swap_o          (swap),
    .swap_rows_o     (swap_rows),
    .swap_block_o    (swap_block),
    .valid_o         (operands_valid),
    .bank_o          (accumulate_bank),
    .entry_o         (accumulate_entry),
    .from_bias_o     (from_bias),
    .operands_o      (operands)
  );

  // Biases and scales.
  logic [MacCols*AccumulatorBits-1:0] biases;
  logic [MacCols*MultiplierBits-1:0]  channel_multipliers;
  logic [MacCols*6-1:0]               channel_shifts;

  evenshift_channel_parameters #(
    .MacCols        (MacCols),
    .AccumulatorBits(AccumulatorBits),
    .MultiplierBits (MultiplierBits),
    .ShiftBits      (ShiftBits),
    .RequantScale   (RequantScale),
    .AddressBits    (AddressBits)
  ) u_channel_parameters (
    .clk_i,
    .rst_ni,
    .start_i              (begins),
    .next_command_i       (next_command),
    .command_i            (command),
    .block_i              (parameters),
    .first_channel_i      (first_channel),
    .channels_i           (channels),
    .swap_i               (swap && swap_block),
    .requant_scale_i,
    .multiplier_bits_i,
    .shift_bits_i,
    .parameter_read_o,
    .parameter_address_o,
    .parameter_data_i,
    .biases_o             (biases),
    .channel_multipliers_o(channel_multipliers),
    .channel_shifts_o     (channel_shifts)
  );

  // The stripe that is streamed, for its drain.
  logic                   stripe_bank_q;
  logic [EntryBits-1:0]   stripe_entry_q;
  logic [CountBits-1:0]   stripe_positions_q;
  logic [ColumnsBits-1:0] stripe_channels_q;
  logic                   stripe_last_q;

  always_ff @(posedge clk_i) begin
    if (take) begin
      stripe_bank_q      <= bank;
      stripe_entry_q     <= entry;
      stripe_positions_q <= positions;
      stripe_channels_q  <= channels;
      stripe_last_q      <= last_stripe;
    end
  end

  // Drain.
  logic                 drain;
  logic                 drain_bank;
  logic [EntryBits-1:0] drain_entry;
  logic [GroupBits-1:0] drain_group;
  logic                 drain_block;

  evenshift_drain #(
    .MacCols           (MacCols),
    .RequantLanes      (RequantLanes),
    .AccumulatorEntries(AccumulatorEntries),
    .AddressBits       (AddressBits),
    .RequestCycles     (PipelineCycles)
  ) u_drain (
    .clk_i,
    .rst_ni,
    .start_i           (begins),
    .command_i         (command),
    .requant_lanes_i,
    .stripe_i          (stripe_done && command[evenshift_commands_pkg::ConvFinishesLsb]),
    .stripe_bank_i     (stripe_bank_q),
    .stripe_entry_i    (stripe_entry_q),
    .stripe_positions_i(stripe_positions_q),
    .stripe_channels_i (stripe_channels_q),
    .stripe_last_i     (stripe_last_q),
    .pending_o         (pending),
    .request_o         (drain),
    .request_bank_o    (drain_bank),
    .request_entry_o   (drain_entry),
    .request_group_o   (drain_group),
    .request_block_o   (drain_block),
    .write_address_o,
    .write_strobe_o
  );

  // Datapath.
  wire [30:0] layer_multiplier =
      command[evenshift_commands_pkg::ConvMultiplierLsb +: evenshift_commands_pkg::ConvMultiplierBits];

  logic [RequantLanes-1:0] clamped_low;
  logic [RequantLanes-1:0] clamped_high;

  evenshift_conv_datapath #(
    .MacRows           (MacRows),
    .MacCols           (MacCols),
    .RequantLanes      (RequantLanes),
    .AccumulatorBits   (AccumulatorBits),
    .AccumulatorEntries(AccumulatorEntries),
    .MultiplierBits    (MultiplierBits),
    .ShiftBits         (ShiftBits),
    .Rounding          (Rounding),
    .RequantScale      (RequantScale)
  ) u_datapath (
    .clk_i,
    .rst_ni,
    .weight_load_i        (weight_load),
    .weight_row_i         (weight_row),
    .weights_i            (weights),
    .weight_swap_i        (swap),
    .weight_rows_i        (swap_rows),
    .operands_valid_i     (operands_valid),
    .operands_i           (operands),
    .accumulate_bank_i    (accumulate_bank),
    .accumulate_entry_i   (accumulate_entry),
    .from_bias_i          (from_bias),
    .bias_load_i          (swap && swap_block),
    .biases_i             (biases),
    .drain_i              (drain),
    .drain_bank_i         (drain_bank),
    .drain_entry_i        (drain_entry),
    .drain_group_i        (drain_group),
    .scale_load_i         (drain_block),
    .channel_multipliers_i(channel_multipliers),
    .channel_shifts_i     (channel_shifts),
    .multiplier_i         (layer_multiplier[MultiplierBits-1:0]),
    .shift_i              (command[evenshift_commands_pkg::ConvShiftLsb +: evenshift_commands_pkg::ConvShiftBits]),
    .rounding_i,
    .requant_scale_i,
    .zero_point_i         (command[evenshift_commands_pkg::ConvOutputZeroPointLsb +: evenshift_commands_pkg::ConvOutputZeroPointBits]),
    .clamp_low_i          (command[evenshift_commands_pkg::ConvClampLowLsb +: evenshift_commands_pkg::ConvClampLowBits]),
    .clamp_high_i         (command[evenshift_commands_pkg::ConvClampHighLsb +: evenshift_commands_pkg::ConvClampHighBits]),
    .accumulators_valid_o,
    .accumulators_o,
    .codes_valid_o        (write_o),
    .codes_o              (write_data_o),
    .clamped_low_o        (clamped_low),
    .clamped_high_o       (clamped_high)
  );

  // Codes of this cycle that the clamp changed.
  logic [ColumnsBits-1:0] raised;
  logic [ColumnsBits-1:0] lowered;
  always_comb begin
    raised  = '0;
    lowered = '0;
    for (int l = 0; l < RequantLanes; l++) begin
      if (write_strobe_o[l] && clamped_low[l]) raised = raised + ColumnsBits'(1);
      if (write_strobe_o[l] && clamped_high[l]) lowered = lowered + ColumnsBits'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (begins) begin
      clamped_low_o  <= '0;
      clamped_high_o <= '0;
    end else if (write_o) begin
      clamped_low_o  <= clamped_low_o + 32'(raised);
      clamped_high_o <= clamped_high_o + 32'(lowered);
    end
  end
endmodule
