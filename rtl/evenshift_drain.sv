/// Sends the accumulators of summed-up stripes through the requantizer, one after the other, and writes the codes that
/// come back. Up to two stripes wait or are drained. A request is an entry and up to RequantLanes of its columns.
module evenshift_drain #(
  /// Columns of the array
  parameter int MacCols = 16,
  /// Outputs requantized per cycle; divides MacCols
  parameter int RequantLanes = MacCols,
  /// Entries of an accumulator bank
  parameter int AccumulatorEntries = 512,
  /// Bits of a scratchpad address
  parameter int AddressBits = 20,
  /// Cycles from a request to its codes
  parameter int RequestCycles = 6
) (
  /// Clock
  input  logic                                           clk_i,
  /// Reset, active low
  input  logic                                           rst_ni,
  /// A command begins
  input  logic                                           start_i,
  /// The command
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0] command_i,
  /// Lanes in use, at most RequantLanes; fewer only where RequantLanes is MacCols
  input  logic [$clog2(MacCols+1)-1:0]                   requant_lanes_i,

  /// A stripe is summed up: drain it from the next cycle on, behind those before it
  input  logic                                           stripe_i,
  /// Its accumulator bank
  input  logic                                           stripe_bank_i,
  /// Accumulator entry of its first position
  input  logic [$clog2(AccumulatorEntries)-1:0]          stripe_entry_i,
  /// Its positions
  input  logic [$clog2(AccumulatorEntries+1)-1:0]        stripe_positions_i,
  /// Output channels of its block
  input  logic [$clog2(MacCols+1)-1:0]                   stripe_channels_i,
  /// It is the last one of its block
  input  logic                                           stripe_last_i,
  /// Stripes that have requests left behind this cycle, stripe_i counted
  output logic [1:0]                                     pending_o,

  /// Requantize an accumulator entry
  output logic                                           request_o,
  /// Its bank
  output logic                                           request_bank_o,
  /// The entry
  output logic [$clog2(AccumulatorEntries)-1:0]          request_entry_o,
  /// Its columns from request_group_o * RequantLanes on
  output logic [$clog2(MacCols)-1:0]                     request_group_o,
  /// The request is the first one of a block: its scales are taken
  output logic                                           request_block_o,

  /// Where the codes of a request go, RequestCycles behind it: lane 0's byte
  output logic [AddressBits-1:0]                         write_address_o,
  /// Lanes that are written
  output logic [RequantLanes-1:0]                        write_strobe_o
);
  localparam int ColumnsBits = $clog2(MacCols + 1);
  localparam int EntryBits = $clog2(AccumulatorEntries);
  localparam int CountBits = $clog2(AccumulatorEntries + 1);
  localparam int GroupBits = $clog2(MacCols);
  localparam int StripeBits = 2 + EntryBits + CountBits + ColumnsBits;
  localparam int TagBits = AddressBits + RequantLanes;

  wire [AddressBits-1:0] output_address = command_i[evenshift_commands_pkg::ConvOutputAddressLsb +: AddressBits];
  wire [AddressBits-1:0] pixel_stride   = command_i[evenshift_commands_pkg::ConvOutputPixelStrideLsb +: AddressBits];
  wire [AddressBits-1:0] row_stride     = command_i[evenshift_commands_pkg::ConvOutputRowStrideLsb +: AddressBits];
  wire [15:0]            output_width =
      command_i[evenshift_commands_pkg::ConvOutputWidthLsb +: evenshift_commands_pkg::ConvOutputWidthBits];

  // The stripe that is drained, and the one behind it.
  logic [1:0]             pending_q;
  logic                   bank_q;
  logic [EntryBits-1:0]   entry_q;
  logic [CountBits-1:0]   positions_q;
  logic [ColumnsBits-1:0] channels_q;
  logic                   last_q;
  logic [StripeBits-1:0]  waiting_q;

  // Where it is.
  logic                   begins_block_q;
  logic [ColumnsBits-1:0] column_q;
  logic [15:0]            x_q;
  logic [AddressBits-1:0] block_address_q;  // of position 0
  logic [AddressBits-1:0] row_address_q;
  logic [AddressBits-1:0] address_q;

  wire                   active       = pending_q != 2'd0;
  wire [ColumnsBits-1:0] columns_left = channels_q - column_q;
  wire                   ends_entry   = columns_left <= requant_lanes_i;
  wire                   ends_stripe  = ends_entry && positions_q == CountBits'(1);
  wire                   drained      = active && ends_stripe;
  wire                   ends_row     = x_q + 16'd1 == output_width;
  wire [ColumnsBits-1:0] columns      = ends_entry ? columns_left : requant_lanes_i;
  wire [AddressBits-1:0] next_row     = row_address_q + row_stride;
  wire [AddressBits-1:0] next_block   = block_address_q + AddressBits'(channels_q);
  wire [StripeBits-1:0]  stripe       =
      {stripe_last_i, stripe_bank_i, stripe_entry_i, stripe_positions_i, stripe_channels_i};

  assign pending_o = pending_q + {1'b0, stripe_i} - {1'b0, drained};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pending_q <= 2'd0;
    else pending_q <= pending_o;
  end

  always_ff @(posedge clk_i) begin
    if (stripe_i) waiting_q <= stripe;
    if (drained && pending_q == 2'd2) {last_q, bank_q, entry_q, positions_q, channels_q} <= waiting_q;
    else if (stripe_i && (!active || drained)) {last_q, bank_q, entry_q, positions_q, channels_q} <= stripe;
    else if (active && ends_entry) begin
      entry_q     <= entry_q + EntryBits'(1);
      positions_q <= positions_q - CountBits'(1);
    end

    if (start_i) begins_block_q <= 1'b1;
    else if (active) begins_block_q <= drained && last_q;
    if (start_i) column_q <= '0;
    else if (active) column_q <= ends_entry ? '0 : column_q + requant_lanes_i;
  end

  // The first row of a command begins where its block does: start_i comes before command_i is there.
  logic restarts_q;
  always_ff @(posedge clk_i) begin
    restarts_q <= start_i;
    if (restarts_q) begin
      x_q             <= '0;
      block_address_q <= output_address;
      row_address_q   <= output_address;
      address_q       <= output_address;
    end else if (drained && last_q) begin
      x_q             <= '0;
      block_address_q <= next_block;
      row_address_q   <= next_block;
      address_q       <= next_block;
    end else if (active && ends_entry && ends_row) begin
      x_q           <= '0;
      row_address_q <= next_row;
      address_q     <= next_row;
    end else if (active && ends_entry) begin
      x_q       <= x_q + 16'd1;
      address_q <= address_q + pixel_stride;
    end
  end

  // The lanes of the request.
  logic [AddressBits-1:0]  lane_address;
  logic [RequantLanes-1:0] strobe;
  logic [GroupBits-1:0]    group;
  if (RequantLanes == MacCols) begin : g_all_columns
    assign lane_address = address_q;
    assign group        = '0;
    assign strobe       = ~({RequantLanes{1'b1}} << columns) << column_q;
  end else begin : g_group
    logic [GroupBits-1:0] group_q;
    always_ff @(posedge clk_i) begin
      if (start_i) group_q <= '0;
      else if (active) group_q <= ends_entry ? '0 : group_q + GroupBits'(1);
    end
    assign lane_address = address_q + AddressBits'(column_q);
    assign group        = group_q;
    assign strobe       = ~({RequantLanes{1'b1}} << columns);
  end

  logic [RequestCycles*TagBits-1:0] tags_q;  // the latest one lowest
  logic [TagBits-1:0]               tag_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) request_o <= 1'b0;
    else request_o <= active;
  end

  always_ff @(posedge clk_i) begin
    if (active) begin
      request_bank_o  <= bank_q;
      request_entry_o <= entry_q;
      request_group_o <= group;
      tag_q           <= {lane_address, strobe};
    end
    request_block_o <= active && begins_block_q;
    tags_q          <= {tags_q[(RequestCycles-1)*TagBits-1:0], tag_q};
  end

  assign {write_address_o, write_strobe_o} = tags_q[(RequestCycles-1)*TagBits +: TagBits];
endmodule
