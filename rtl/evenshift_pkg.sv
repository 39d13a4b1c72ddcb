/// Numbers of the rounding modes and requantization scales, in the order of arch/numerics; widths inside the core.
package evenshift_pkg;
  localparam int RoundHalfUp = 0;
  localparam int RoundHalfAway = 1;
  localparam int RoundHalfEven = 2;
  localparam int RoundTruncate = 3;
  localparam int RoundTfliteDouble = 4;
  localparam int RoundingAtRunTime = 5;  // every mode, chosen by an input

  localparam int ScaleLayer = 0;
  localparam int ScaleLayerWithChannelShift = 1;
  localparam int ScaleChannelShiftOnly = 2;
  localparam int ScaleChannelMultiplier = 3;
  localparam int ScaleAtRunTime = 4;  // every scale, chosen by an input

  localparam int ShiftOnlyBits = 5;  // n_c of channel_shift_only
  localparam int ChannelShiftBits = 6;  // n_c of channel_multiplier

  // A row or column of the input, padding included; signed. |position · stride + tap · dilation| < 2^29.
  localparam int CoordinateBits = 30;
  // Byte of an input row, padding included; signed.
  localparam int RowByteBits = 48;

  // Products of a command's fields, see evenshift_command_port.
  localparam int ProductBits = 48;
  localparam int ProductRun = 0;
  localparam int ProductRowBytes = 1;
  localparam int ProductStepX = 2;
  localparam int ProductStepY = 3;
  localparam int ProductTapStepX = 4;
  localparam int ProductTapStepY = 5;
  localparam int ProductLeft = 6;
  localparam int ProductTop = 7;
  localparam int ProductPositions = 8;
  localparam int Products = 9;
endpackage
