/// What an output position reads from the scratchpad: for a run, its first byte and which bytes of it lie inside the
/// tile; for a depthwise pass, the address of every tap and whether it lies inside. Combinational.
module evenshift_operand_request #(
  /// Rows of the array
  parameter int MacRows = 16,
  /// Bits of a scratchpad address
  parameter int AddressBits = 20,
  /// Bits of a tap: read anew, row, column, offset from the highest bit on
  parameter int TapBits = 81
) (
  /// There is a position
  input  logic                                                          valid_i,
  /// The command
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0]                command_i,
  /// Products of its fields
  input  logic [evenshift_pkg::Products*evenshift_pkg::ProductBits-1:0] products_i,
  /// Rows of the pass
  input  logic [$clog2(MacRows+1)-1:0]                                  rows_i,
  /// First input channel of the block
  input  logic [15:0]                                                   input_channel_i,
  /// Bytes of the run before the pass
  input  logic [27:0]                                                   run_byte_i,
  /// Taps of the rows
  input  logic [MacRows*TapBits-1:0]                                    taps_i,
  /// Window's first input row, signed
  input  logic [evenshift_pkg::CoordinateBits-1:0]                      row_i,
  /// Window's first input column, signed
  input  logic [evenshift_pkg::CoordinateBits-1:0]                      column_i,
  /// Address of the first byte of the window's first input row
  input  logic [AddressBits-1:0]                                        row_address_i,
  /// Window's first byte in its input rows, signed
  input  logic [evenshift_pkg::RowByteBits-1:0]                         row_byte_i,
  /// The position shares no columns with the one before
  input  logic                                                          row_start_i,
  /// Addresses: of the run in row 0, or of the taps
  output logic [MacRows*AddressBits-1:0]                                address_o,
  /// Run: rows before this one lie outside the tile
  output logic [$clog2(MacRows+1)-1:0]                                  run_first_o,
  /// Run: this row and those behind it lie outside the tile
  output logic [$clog2(MacRows+1)-1:0]                                  run_last_o,
  /// Depthwise: taps to read
  output logic [MacRows-1:0]                                            tap_read_o,
  /// Depthwise: taps outside the tile
  output logic [MacRows-1:0]                                            tap_pad_o
);
  localparam int CoordinateBits = evenshift_pkg::CoordinateBits;
  localparam int RowByteBits = evenshift_pkg::RowByteBits;
  localparam int RowsBits = $clog2(MacRows + 1);

  wire [15:0] inputs_per_group =
      command_i[evenshift_commands_pkg::ConvInputsPerGroupLsb +: evenshift_commands_pkg::ConvInputsPerGroupBits];
  wire [15:0] input_height =
      command_i[evenshift_commands_pkg::ConvInputHeightLsb +: evenshift_commands_pkg::ConvInputHeightBits];
  wire [15:0] input_width =
      command_i[evenshift_commands_pkg::ConvInputWidthLsb +: evenshift_commands_pkg::ConvInputWidthBits];
  wire [31:0] pixel_stride =
      command_i[evenshift_commands_pkg::ConvInputPixelStrideLsb +: evenshift_commands_pkg::ConvInputPixelStrideBits];
  wire [11:0] dilation_width =
      command_i[evenshift_commands_pkg::ConvDilationWidthLsb +: evenshift_commands_pkg::ConvDilationWidthBits];
  wire        depthwise        = inputs_per_group == 16'd1;
  wire        touching         = dilation_width == 12'd1 && pixel_stride == {16'b0, inputs_per_group};

  wire [RowByteBits-1:0] row_bytes =
      RowByteBits'(products_i[evenshift_pkg::ProductRowBytes*evenshift_pkg::ProductBits +: 32]);
  wire [RowByteBits-1:0]  rows   = RowByteBits'(rows_i);
  wire [CoordinateBits-1:0] height = CoordinateBits'(input_height);
  wire [CoordinateBits-1:0] width  = CoordinateBits'(input_width);
  wire [AddressBits-1:0]  window = row_address_i + row_byte_i[AddressBits-1:0] + AddressBits'(input_channel_i);

  // The run's bytes inside the tile, in touching pixels: those from row_before on that row_behind does not reach.
  wire [RowByteBits-1:0] row_byte   = row_byte_i + RowByteBits'(run_byte_i);
  wire [RowByteBits-1:0] row_before = -row_byte;
  wire [RowByteBits-1:0] row_behind = row_bytes - row_byte;
  wire                   is_before  = row_byte[RowByteBits-1];
  wire                   is_behind  = row_behind[RowByteBits-1];

  logic [CoordinateBits-1:0] row;
  logic [CoordinateBits-1:0] column;
  logic [AddressBits-1:0]    offset;
  logic                      fresh;
  always_comb begin
    address_o   = '0;
    tap_read_o  = '0;
    tap_pad_o   = '0;
    run_first_o = '0;
    run_last_o  = '0;
    row         = '0;
    column      = '0;
    offset      = '0;
    fresh       = 1'b0;
    if (valid_i && depthwise) begin
      for (int r = 0; r < MacRows; r++) begin
        {fresh, row, column, offset} = taps_i[r*TapBits +: TapBits];
        row    = row + row_i;
        column = column + column_i;
        address_o[r*AddressBits +: AddressBits] = window + offset;
        // Signed values from 0 on are those that are small as unsigned ones.
        tap_pad_o[r]  = row >= height || column >= width;
        tap_read_o[r] = (fresh || row_start_i) && !tap_pad_o[r] && RowsBits'(r) < rows_i;
      end
    end else if (valid_i) begin
      for (int r = 0; r < 1; r++) begin
        {fresh, row, column, offset} = taps_i[r*TapBits +: TapBits];
        address_o[r*AddressBits +: AddressBits] = window + offset + AddressBits'(run_byte_i);
      end
      row    = row + row_i;
      column = column + column_i;
      if (row < height && touching) begin
        if (is_before) run_first_o = row_before < rows ? RowsBits'(row_before) : rows_i;
        if (!is_behind) run_last_o = row_behind < rows ? RowsBits'(row_behind) : rows_i;
      end else if (row < height && column < width) begin
        run_last_o = rows_i;
      end
    end
  end
endmodule
