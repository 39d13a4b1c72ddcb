/// Reads packed weights, a row of the array in a cycle, and unpacks them. The weights of a column block are one stream of
/// bits, in the order of its reduction; every stripe reads it again, and the next block begins at the next whole byte.
module evenshift_weight_fetch #(
  /// Rows of the array
  parameter int MacRows = 16,
  /// Columns of the array
  parameter int MacCols = 16,
  /// Bits of a scratchpad address
  parameter int AddressBits = 20
) (
  /// Clock
  input  logic                                           clk_i,
  /// Reset, active low
  input  logic                                           rst_ni,
  /// A command begins
  input  logic                                           start_i,
  /// Read a row
  input  logic                                           row_i,
  /// The row
  input  logic [$clog2(MacRows)-1:0]                     row_number_i,
  /// It is the last one of the block's reduction
  input  logic                                           last_row_i,
  /// The block has another stripe
  input  logic                                           repeat_i,
  /// Output channels of the block
  input  logic [$clog2(MacCols+1)-1:0]                   channels_i,
  /// The command
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0] command_i,
  /// Read weight_data_i, which comes a cycle behind
  output logic                                           weight_read_o,
  /// Its first byte
  output logic [AddressBits-1:0]                         weight_address_o,
  /// MacCols + 1 bytes
  input  logic [MacCols*8+7:0]                           weight_data_i,
  /// weights_o are a new row; two cycles behind row_i
  output logic                                           load_o,
  /// Its number
  output logic [$clog2(MacRows)-1:0]                     load_row_o,
  /// Signed 8-bit weights, column 0 lowest
  output logic [MacCols*8-1:0]                           weights_o
);
  localparam int BitAddressBits = AddressBits + 3;

  wire [AddressBits-1:0] weight_address = command_i[evenshift_commands_pkg::ConvWeightAddressLsb +: AddressBits];
  wire [3:0]             weight_bits =
      command_i[evenshift_commands_pkg::ConvWeightBitsLsb +: evenshift_commands_pkg::ConvWeightBitsBits];

  // In bits from weight_address.
  logic [BitAddressBits-1:0] row_bit_q;
  logic [BitAddressBits-1:0] block_bit_q;
  logic [2:0]                offset_q;

  wire [BitAddressBits-1:0] row_bits   = BitAddressBits'(channels_i) * BitAddressBits'(weight_bits);
  wire [BitAddressBits-1:0] next_bit   = row_bit_q + row_bits;
  wire [BitAddressBits-1:0] next_byte  = next_bit + BitAddressBits'(7);
  wire [BitAddressBits-1:0] next_block = {next_byte[BitAddressBits-1:3], 3'b0};

  assign weight_read_o    = row_i;
  assign weight_address_o = weight_address + row_bit_q[BitAddressBits-1:3];

  logic                       comes_q;
  logic [$clog2(MacRows)-1:0] row_number_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      comes_q <= 1'b0;
      load_o  <= 1'b0;
    end else begin
      comes_q <= row_i;
      load_o  <= comes_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      row_bit_q   <= '0;
      block_bit_q <= '0;
    end else if (row_i) begin
      if (!last_row_i) row_bit_q <= next_bit;
      else if (repeat_i) row_bit_q <= block_bit_q;
      else row_bit_q <= next_block;
      if (last_row_i && !repeat_i) block_bit_q <= next_block;
    end
    if (row_i) begin
      offset_q     <= row_bit_q[2:0];
      row_number_q <= row_number_i;
    end
  end

  // Field c of the row, its sign extended.
  wire [MacCols*8+7:0] row = weight_data_i >> offset_q;

  always_ff @(posedge clk_i) begin
    if (comes_q) begin
      load_row_o <= row_number_q;
      for (int c = 0; c < MacCols; c++) begin
        case (weight_bits)
          4'd2:    weights_o[c*8 +: 8] <= {{6{row[c*2+1]}}, row[c*2 +: 2]};
          4'd3:    weights_o[c*8 +: 8] <= {{5{row[c*3+2]}}, row[c*3 +: 3]};
          4'd4:    weights_o[c*8 +: 8] <= {{4{row[c*4+3]}}, row[c*4 +: 4]};
          4'd5:    weights_o[c*8 +: 8] <= {{3{row[c*5+4]}}, row[c*5 +: 5]};
          4'd6:    weights_o[c*8 +: 8] <= {{2{row[c*6+5]}}, row[c*6 +: 6]};
          4'd7:    weights_o[c*8 +: 8] <= {row[c*7+6], row[c*7 +: 7]};
          default: weights_o[c*8 +: 8] <= row[c*8 +: 8];
        endcase
      end
    end
  end
endmodule
