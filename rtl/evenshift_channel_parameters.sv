/// Reads the biases and the packed channel scales of a column block, in two cycles that follow each other, while the array
/// still works on the block before; both change to the new block when the array does.
module evenshift_channel_parameters #(
  /// Columns of the array
  parameter int MacCols = 16,
  /// Bits of an accumulator
  parameter int AccumulatorBits = 32,
  /// Bits of M
  parameter int MultiplierBits = 31,
  /// Bits of k_c
  parameter int ShiftBits = 4,
  /// A requantization scale of evenshift_pkg, or ScaleAtRunTime
  parameter int RequantScale = evenshift_pkg::ScaleLayerWithChannelShift,
  /// Bits of a scratchpad address
  parameter int AddressBits = 20
) (
  /// Clock
  input  logic                                           clk_i,
  /// Reset, active low
  input  logic                                           rst_ni,
  /// A command begins: read the biases of its first block in this cycle
  input  logic                                           start_i,
  /// The command that begins
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0] next_command_i,
  /// The command
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0] command_i,
  /// Read the biases of the next block in this cycle
  input  logic                                           block_i,
  /// Its first output channel
  input  logic [15:0]                                    first_channel_i,
  /// Its output channels
  input  logic [$clog2(MacCols+1)-1:0]                   channels_i,
  /// The array begins the next block
  input  logic                                           swap_i,
  /// Requantization scale, where RequantScale is ScaleAtRunTime
  input  logic [1:0]                                     requant_scale_i,
  /// Bits of M, where RequantScale is ScaleAtRunTime
  input  logic [4:0]                                     multiplier_bits_i,
  /// Bits of k_c, where RequantScale is ScaleAtRunTime
  input  logic [2:0]                                     shift_bits_i,
  /// Read parameter_data_i, which comes a cycle behind
  output logic                                           parameter_read_o,
  /// Its first byte
  output logic [AddressBits-1:0]                         parameter_address_o,
  /// 5 * MacCols + 1 bytes
  input  logic [MacCols*40+7:0]                          parameter_data_i,
  /// Signed biases of the next block's columns
  output logic [MacCols*AccumulatorBits-1:0]             biases_o,
  /// M_c of the columns, a cycle behind swap_i
  output logic [MacCols*MultiplierBits-1:0]              channel_multipliers_o,
  /// k_c or n_c of the columns, a cycle behind swap_i
  output logic [MacCols*6-1:0]                           channel_shifts_o
);
  localparam int BitAddressBits = AddressBits + 3;
  localparam bit AtRunTime = RequantScale == evenshift_pkg::ScaleAtRunTime;

  // Bits of M_c and of k_c or n_c that a channel stores.
  logic [4:0] stored_multiplier;
  logic [2:0] stored_shift;
  wire  [1:0] scale = AtRunTime ? requant_scale_i : 2'(RequantScale);
  always_comb begin
    stored_multiplier = '0;
    case (scale)
      2'(evenshift_pkg::ScaleLayer):                 stored_shift = '0;
      2'(evenshift_pkg::ScaleLayerWithChannelShift): stored_shift = AtRunTime ? shift_bits_i : 3'(ShiftBits);
      2'(evenshift_pkg::ScaleChannelShiftOnly):      stored_shift = 3'(evenshift_pkg::ShiftOnlyBits);
      default: begin
        stored_multiplier = AtRunTime ? multiplier_bits_i : 5'(MultiplierBits);
        stored_shift      = 3'(evenshift_pkg::ChannelShiftBits);
      end
    endcase
  end
  wire [5:0] scale_bits = {1'b0, stored_multiplier} + {3'b0, stored_shift};

  wire                   next_continues    = next_command_i[evenshift_commands_pkg::ConvContinuesLsb];
  wire [AddressBits-1:0] next_bias_address = next_command_i[evenshift_commands_pkg::ConvBiasAddressLsb +: AddressBits];
  wire                   continues         = command_i[evenshift_commands_pkg::ConvContinuesLsb];
  wire                   finishes          = command_i[evenshift_commands_pkg::ConvFinishesLsb];
  wire [AddressBits-1:0] bias_address      = command_i[evenshift_commands_pkg::ConvBiasAddressLsb +: AddressBits];
  wire [AddressBits-1:0] scale_address     = command_i[evenshift_commands_pkg::ConvScaleAddressLsb +: AddressBits];

  logic                      reads_scales_q;
  logic [BitAddressBits-1:0] scale_bit_q;  // from scale_address
  logic                      bias_comes_q;
  logic                      scales_come_q;
  logic [2:0]                scale_offset_q;
  logic                      swap_q;

  wire reads_biases = start_i ? !next_continues : block_i && !continues;
  wire reads_scales = reads_scales_q && finishes;  // of no bits: 0

  wire [AddressBits-1:0] scale_byte = scale_bit_q[BitAddressBits-1:3];

  assign parameter_read_o = reads_biases || (reads_scales && scale_bits != 6'd0);
  always_comb begin
    if (start_i) parameter_address_o = next_bias_address;
    else if (reads_scales_q) parameter_address_o = scale_address + scale_byte;
    else parameter_address_o = bias_address + AddressBits'({first_channel_i, 2'b0});
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      reads_scales_q <= 1'b0;
      bias_comes_q   <= 1'b0;
      scales_come_q  <= 1'b0;
      swap_q         <= 1'b0;
    end else begin
      reads_scales_q <= start_i || block_i;
      bias_comes_q   <= reads_biases;
      scales_come_q  <= reads_scales;
      swap_q         <= swap_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) scale_bit_q <= '0;
    else if (reads_scales_q) scale_bit_q <= scale_bit_q + BitAddressBits'(channels_i) * BitAddressBits'(scale_bits);
    if (reads_scales_q) scale_offset_q <= scale_bit_q[2:0];
  end

  always_ff @(posedge clk_i) begin
    if (bias_comes_q) begin
      for (int c = 0; c < MacCols; c++) begin
        biases_o[c*AccumulatorBits +: AccumulatorBits] <= parameter_data_i[c*32 +: AccumulatorBits];
      end
    end
  end

  // Field c of the scales: the multiplier below the shift.
  wire [MultiplierBits-1:0] multiplier_mask = ~({MultiplierBits{1'b1}} << stored_multiplier);
  wire [5:0]                shift_mask      = ~(6'h3f << stored_shift);

  logic [MacCols*MultiplierBits-1:0] next_multipliers_q;
  logic [MacCols*6-1:0]              next_shifts_q;

  always_ff @(posedge clk_i) begin
    if (scales_come_q) begin
      for (int c = 0; c < MacCols; c++) begin
        next_multipliers_q[c*MultiplierBits +: MultiplierBits] <= multiplier_mask &
            parameter_data_i[32'(scale_offset_q) + c*32'(scale_bits) +: MultiplierBits];
        next_shifts_q[c*6 +: 6] <= shift_mask &
            parameter_data_i[32'(scale_offset_q) + c*32'(scale_bits) + 32'(stored_multiplier) +: 6];
      end
    end
    if (swap_q) begin
      channel_multipliers_o <= next_multipliers_q;
      channel_shifts_o      <= next_shifts_q;
    end
  end
endmodule
