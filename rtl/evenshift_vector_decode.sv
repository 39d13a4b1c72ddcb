/// What a command of the vector unit says, whichever it is, as the fields of one bus (evenshift_vector_pkg).
/// Combinational.
///
/// Outputs lie one behind the other in rows of `row_elements`: the channels of a pixel, the elements that a repeated
/// operand goes with, or all elements.
module evenshift_vector_decode (
  /// The command, encoded
  input  logic [evenshift_vector_pkg::CommandBytes*8-1:0] command_i,
  /// Its fields
  output logic [evenshift_vector_pkg::FieldsBits-1:0]     fields_o
);
  wire [7:0] opcode = command_i[7:0];

  wire add             = opcode == 8'(evenshift_commands_pkg::AddOpcode);
  wire multiply        = opcode == 8'(evenshift_commands_pkg::MultiplyOpcode);
  wire max_pool        = opcode == 8'(evenshift_commands_pkg::MaxPoolOpcode);
  wire average_pool    = opcode == 8'(evenshift_commands_pkg::AveragePoolOpcode);
  wire lookup          = opcode == 8'(evenshift_commands_pkg::LookupOpcode);
  wire parametric_relu = opcode == 8'(evenshift_commands_pkg::ParametricReluOpcode);
  wire gather          = opcode == 8'(evenshift_commands_pkg::GatherOpcode);
  wire fill            = opcode == 8'(evenshift_commands_pkg::FillOpcode);

  // One field of each command that has it.
  wire pair = add || multiply;
  wire pool = max_pool || average_pool;
  wire tile = pool || gather;

  wire [31:0] a_address =
      ({32{add}}             & command_i[evenshift_commands_pkg::AddAAddressLsb +: 32]) |
      ({32{multiply}}        & command_i[evenshift_commands_pkg::MultiplyAAddressLsb +: 32]) |
      ({32{max_pool}}        & command_i[evenshift_commands_pkg::MaxPoolInputAddressLsb +: 32]) |
      ({32{average_pool}}    & command_i[evenshift_commands_pkg::AveragePoolInputAddressLsb +: 32]) |
      ({32{lookup}}          & command_i[evenshift_commands_pkg::LookupInputAddressLsb +: 32]) |
      ({32{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluInputAddressLsb +: 32]) |
      ({32{gather}}          & command_i[evenshift_commands_pkg::GatherInputAddressLsb +: 32]);
  wire [31:0] b_address =
      ({32{add}}      & command_i[evenshift_commands_pkg::AddBAddressLsb +: 32]) |
      ({32{multiply}} & command_i[evenshift_commands_pkg::MultiplyBAddressLsb +: 32]);
  wire [31:0] output_address =
      ({32{add}}             & command_i[evenshift_commands_pkg::AddOutputAddressLsb +: 32]) |
      ({32{multiply}}        & command_i[evenshift_commands_pkg::MultiplyOutputAddressLsb +: 32]) |
      ({32{max_pool}}        & command_i[evenshift_commands_pkg::MaxPoolOutputAddressLsb +: 32]) |
      ({32{average_pool}}    & command_i[evenshift_commands_pkg::AveragePoolOutputAddressLsb +: 32]) |
      ({32{lookup}}          & command_i[evenshift_commands_pkg::LookupOutputAddressLsb +: 32]) |
      ({32{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluOutputAddressLsb +: 32]) |
      ({32{gather}}          & command_i[evenshift_commands_pkg::GatherOutputAddressLsb +: 32]) |
      ({32{fill}}            & command_i[evenshift_commands_pkg::FillOutputAddressLsb +: 32]);
  wire [31:0] table_address =
      ({32{average_pool}}    & command_i[evenshift_commands_pkg::AveragePoolTableAddressLsb +: 32]) |
      ({32{lookup}}          & command_i[evenshift_commands_pkg::LookupTableAddressLsb +: 32]) |
      ({32{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluTableAddressLsb +: 32]) |
      ({32{gather}}          & command_i[evenshift_commands_pkg::GatherTableAddressLsb +: 32]);

  wire [15:0] channels =
      ({16{max_pool}}        & command_i[evenshift_commands_pkg::MaxPoolChannelsLsb +: 16]) |
      ({16{average_pool}}    & command_i[evenshift_commands_pkg::AveragePoolChannelsLsb +: 16]) |
      ({16{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluChannelsLsb +: 16]) |
      ({16{gather}}          & command_i[evenshift_commands_pkg::GatherChannelsLsb +: 16]);

  wire [27:0] elements =
      ({28{add}}             & command_i[evenshift_commands_pkg::AddElementsLsb +: 28]) |
      ({28{multiply}}        & command_i[evenshift_commands_pkg::MultiplyElementsLsb +: 28]) |
      ({28{lookup}}          & command_i[evenshift_commands_pkg::LookupElementsLsb +: 28]) |
      ({28{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluElementsLsb +: 28]) |
      ({28{fill}}            & command_i[evenshift_commands_pkg::FillElementsLsb +: 28]);
  wire [27:0] row_elements =
      ({28{add}}                     & command_i[evenshift_commands_pkg::AddBPeriodLsb +: 28]) |
      ({28{multiply}}                & command_i[evenshift_commands_pkg::MultiplyBPeriodLsb +: 28]) |
      ({28{tile || parametric_relu}} & {12'b0, channels}) |
      ({28{lookup || fill}}        & elements);

  wire [15:0] input_height =
      ({16{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolInputHeightLsb +: 16]) |
      ({16{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolInputHeightLsb +: 16]) |
      ({16{gather}}       & command_i[evenshift_commands_pkg::GatherInputHeightLsb +: 16]);
  wire [15:0] input_width =
      ({16{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolInputWidthLsb +: 16]) |
      ({16{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolInputWidthLsb +: 16]) |
      ({16{gather}}       & command_i[evenshift_commands_pkg::GatherInputWidthLsb +: 16]);
  wire [15:0] output_height =
      ({16{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolOutputHeightLsb +: 16]) |
      ({16{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolOutputHeightLsb +: 16]) |
      ({16{gather}}       & command_i[evenshift_commands_pkg::GatherOutputHeightLsb +: 16]);
  wire [15:0] output_width =
      ({16{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolOutputWidthLsb +: 16]) |
      ({16{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolOutputWidthLsb +: 16]) |
      ({16{gather}}       & command_i[evenshift_commands_pkg::GatherOutputWidthLsb +: 16]);

  wire [11:0] kernel_height =
      ({12{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolKernelHeightLsb +: 12]) |
      ({12{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolKernelHeightLsb +: 12]) | {11'b0, !pool};
  wire [11:0] kernel_width =
      ({12{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolKernelWidthLsb +: 12]) |
      ({12{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolKernelWidthLsb +: 12]) | {11'b0, !pool};
  wire [11:0] stride_height =
      ({12{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolStrideHeightLsb +: 12]) |
      ({12{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolStrideHeightLsb +: 12]);
  wire [11:0] stride_width =
      ({12{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolStrideWidthLsb +: 12]) |
      ({12{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolStrideWidthLsb +: 12]);
  wire [11:0] dilation_height =
      ({12{max_pool}} & command_i[evenshift_commands_pkg::MaxPoolDilationHeightLsb +: 12]) | {11'b0, average_pool};
  wire [11:0] dilation_width =
      ({12{max_pool}} & command_i[evenshift_commands_pkg::MaxPoolDilationWidthLsb +: 12]) | {11'b0, average_pool};
  wire [11:0] pad_top =
      ({12{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolPadTopLsb +: 12]) |
      ({12{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolPadTopLsb +: 12]);
  wire [11:0] pad_left =
      ({12{max_pool}}     & command_i[evenshift_commands_pkg::MaxPoolPadLeftLsb +: 12]) |
      ({12{average_pool}} & command_i[evenshift_commands_pkg::AveragePoolPadLeftLsb +: 12]);
  wire by_count = average_pool && command_i[evenshift_commands_pkg::AveragePoolByCountLsb];

  wire [7:0] zero_point_a =
      ({8{add}}             & command_i[evenshift_commands_pkg::AddZeroPointALsb +: 8]) |
      ({8{multiply}}        & command_i[evenshift_commands_pkg::MultiplyZeroPointALsb +: 8]) |
      ({8{average_pool}}    & command_i[evenshift_commands_pkg::AveragePoolInputZeroPointLsb +: 8]) |
      ({8{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluInputZeroPointLsb +: 8]);
  wire [7:0] zero_point_b =
      ({8{add}}      & command_i[evenshift_commands_pkg::AddZeroPointBLsb +: 8]) |
      ({8{multiply}} & command_i[evenshift_commands_pkg::MultiplyZeroPointBLsb +: 8]);
  wire [31:0] multiplier_a =
      ({32{add}}             & command_i[evenshift_commands_pkg::AddMultiplierALsb +: 32]) |
      ({32{multiply}}        & command_i[evenshift_commands_pkg::MultiplyMultiplierLsb +: 32]) |
      ({32{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluMultiplierLsb +: 32]) |
      {31'b0, max_pool || lookup || gather || fill};
  wire [31:0] multiplier_b = {32{add}} & command_i[evenshift_commands_pkg::AddMultiplierBLsb +: 32];
  wire [5:0] shift =
      ({6{add}}             & command_i[evenshift_commands_pkg::AddShiftLsb +: 6]) |
      ({6{multiply}}        & command_i[evenshift_commands_pkg::MultiplyShiftLsb +: 6]) |
      ({6{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluShiftLsb +: 6]);
  wire [7:0] output_zero_point =
      ({8{add}}             & command_i[evenshift_commands_pkg::AddOutputZeroPointLsb +: 8]) |
      ({8{multiply}}        & command_i[evenshift_commands_pkg::MultiplyOutputZeroPointLsb +: 8]) |
      ({8{average_pool}}    & command_i[evenshift_commands_pkg::AveragePoolOutputZeroPointLsb +: 8]) |
      ({8{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluOutputZeroPointLsb +: 8]);
  wire [7:0] clamp_low =
      ({8{add}}             & command_i[evenshift_commands_pkg::AddClampLowLsb +: 8]) |
      ({8{multiply}}        & command_i[evenshift_commands_pkg::MultiplyClampLowLsb +: 8]) |
      ({8{max_pool}}        & command_i[evenshift_commands_pkg::MaxPoolClampLowLsb +: 8]) |
      ({8{average_pool}}    & command_i[evenshift_commands_pkg::AveragePoolClampLowLsb +: 8]) |
      ({8{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluClampLowLsb +: 8]) |
      {!(pair || pool || parametric_relu), 7'b0};
  wire [7:0] clamp_high =
      ({8{add}}             & command_i[evenshift_commands_pkg::AddClampHighLsb +: 8]) |
      ({8{multiply}}        & command_i[evenshift_commands_pkg::MultiplyClampHighLsb +: 8]) |
      ({8{max_pool}}        & command_i[evenshift_commands_pkg::MaxPoolClampHighLsb +: 8]) |
      ({8{average_pool}}    & command_i[evenshift_commands_pkg::AveragePoolClampHighLsb +: 8]) |
      ({8{parametric_relu}} & command_i[evenshift_commands_pkg::ParametricReluClampHighLsb +: 8]) |
      {1'b0, {7{!(pair || pool || parametric_relu)}}};
  wire [7:0] value = command_i[evenshift_commands_pkg::FillValueLsb +: 8];

  assign fields_o = {
    value, clamp_high, clamp_low, output_zero_point, shift, multiplier_b,
    multiplier_a, zero_point_b, zero_point_a, by_count, pad_left, pad_top,
    dilation_width, dilation_height, stride_width, stride_height, kernel_width, kernel_height,
    output_width, output_height, input_width, input_height, row_elements, elements,
    table_address, output_address, b_address, a_address, fill, gather,
    parametric_relu, lookup, average_pool, max_pool, multiply, add
  };
endmodule
