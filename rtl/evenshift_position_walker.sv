/// Walks through the output positions of a stripe, row by row, and keeps where the window of each begins in the input.
/// Every pass of a stripe walks through the same positions; the next stripe of a block goes on where the one before has
/// ended.
module evenshift_position_walker #(
  /// Entries of an accumulator bank
  parameter int AccumulatorEntries = 512,
  /// Bits of a scratchpad address
  parameter int AddressBits = 20
) (
  /// Clock
  input  logic                                                          clk_i,
  /// A pass begins in the next cycle
  input  logic                                                          pass_i,
  /// It is the first one of its stripe
  input  logic                                                          first_pass_i,
  /// The stripe is the first one of its block
  input  logic                                                          first_stripe_i,
  /// Positions of the stripe
  input  logic [$clog2(AccumulatorEntries+1)-1:0]                       positions_i,
  /// Go to the next position
  input  logic                                                          next_i,
  /// The command
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0]                command_i,
  /// Products of its fields
  input  logic [evenshift_pkg::Products*evenshift_pkg::ProductBits-1:0] products_i,
  /// Window's first input row, signed
  output logic [evenshift_pkg::CoordinateBits-1:0]                      row_o,
  /// Window's first input column, signed
  output logic [evenshift_pkg::CoordinateBits-1:0]                      column_o,
  /// Address of the first byte of the window's first input row
  output logic [AddressBits-1:0]                                        row_address_o,
  /// Window's first byte in its input rows, signed
  output logic [evenshift_pkg::RowByteBits-1:0]                         row_byte_o,
  /// First position of an output row or of the stripe
  output logic                                                          row_start_o,
  /// Last position of the stripe
  output logic                                                          last_o
);
  localparam int ProductBits = evenshift_pkg::ProductBits;
  localparam int CoordinateBits = evenshift_pkg::CoordinateBits;
  localparam int RowByteBits = evenshift_pkg::RowByteBits;
  localparam int CountBits = $clog2(AccumulatorEntries + 1);
  localparam int PlaceBits = 16 + 2 * CoordinateBits + AddressBits + RowByteBits;

  wire [15:0]               output_width =
      command_i[evenshift_commands_pkg::ConvOutputWidthLsb +: evenshift_commands_pkg::ConvOutputWidthBits];
  wire [11:0]               stride_height =
      command_i[evenshift_commands_pkg::ConvStrideHeightLsb +: evenshift_commands_pkg::ConvStrideHeightBits];
  wire [11:0]               stride_width =
      command_i[evenshift_commands_pkg::ConvStrideWidthLsb +: evenshift_commands_pkg::ConvStrideWidthBits];
  wire [11:0]               pad_top =
      command_i[evenshift_commands_pkg::ConvPadTopLsb +: evenshift_commands_pkg::ConvPadTopBits];
  wire [11:0]               pad_left =
      command_i[evenshift_commands_pkg::ConvPadLeftLsb +: evenshift_commands_pkg::ConvPadLeftBits];
  wire [AddressBits-1:0]    input_address = command_i[evenshift_commands_pkg::ConvInputAddressLsb +: AddressBits];
  wire [AddressBits-1:0]    top           = products_i[evenshift_pkg::ProductTop*ProductBits +: AddressBits];
  wire [RowByteBits-1:0]    left          = products_i[evenshift_pkg::ProductLeft*ProductBits +: RowByteBits];
  wire [AddressBits-1:0]    step_y        = products_i[evenshift_pkg::ProductStepY*ProductBits +: AddressBits];
  wire [RowByteBits-1:0]    step_x        = products_i[evenshift_pkg::ProductStepX*ProductBits +: RowByteBits];

  logic [15:0]          x_q;
  logic [CountBits-1:0] left_q;  // positions of the stripe, with this one
  logic                 begins_q;
  logic [PlaceBits-1:0] stripe_q;

  // A place is x, row, column, address of the row, byte in it.
  wire [CoordinateBits-1:0] first_row    = '0 - CoordinateBits'(pad_top);
  wire [CoordinateBits-1:0] first_column = '0 - CoordinateBits'(pad_left);
  wire [RowByteBits-1:0]    first_byte   = -left;
  wire                      ends_row     = x_q + 16'd1 == output_width;
  wire [PlaceBits-1:0]      here         = {x_q, row_o, column_o, row_address_o, row_byte_o};

  logic [PlaceBits-1:0] next;
  logic [PlaceBits-1:0] begin_place;
  always_comb begin
    next = here;
    if (next_i && ends_row)
      next = {16'd0, row_o + CoordinateBits'(stride_height), first_column, row_address_o + step_y, first_byte};
    else if (next_i)
      next = {x_q + 16'd1, row_o, column_o + CoordinateBits'(stride_width), row_address_o, row_byte_o + step_x};

    begin_place = stripe_q;
    if (first_pass_i && first_stripe_i)
      begin_place = {16'd0, first_row, first_column, input_address - top, first_byte};
    else if (first_pass_i)
      begin_place = next;
  end

  assign row_start_o = begins_q || x_q == 16'd0;
  assign last_o      = left_q == CountBits'(1);

  always_ff @(posedge clk_i) begin
    {x_q, row_o, column_o, row_address_o, row_byte_o} <= pass_i ? begin_place : next;
    if (pass_i) begin
      stripe_q <= begin_place;
      left_q   <= positions_i;
      begins_q <= 1'b1;
    end else if (next_i) begin
      left_q   <= left_q - CountBits'(1);
      begins_q <= 1'b0;
    end
  end
endmodule
