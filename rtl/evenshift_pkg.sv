/// Numbers of the rounding modes and requantization scales, in the order of arch/numerics.
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
endpackage
