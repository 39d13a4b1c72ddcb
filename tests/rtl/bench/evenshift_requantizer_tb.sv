/// Runs the operands of a file of goldens (tests/rtl/requantizer_goldens.h), one a cycle, through an
/// evenshift_requantizer that has every rounding mode and requantization scale, and compares codes and clamp flags. Runs in
/// Verilator and in Icarus Verilog:
///
///     +goldens=FILE     hexadecimal words
///
/// Prints PASS, or FAIL and how many cases differ.
module evenshift_requantizer_tb;
  parameter int FileWords = 1 << 20;
  localparam int CaseWords = 13;
  localparam int Stages = 4;

  logic [31:0] words[0:FileWords-1];

  logic        clk;
  logic [31:0] acc;
  logic [30:0] multiplier, channel_multiplier;
  logic [5:0]  shift, channel_shift;
  logic [2:0]  rounding;
  logic [1:0]  requant_scale;
  logic [7:0]  zero_point, clamp_low, clamp_high, code;
  logic        clamped_low, clamped_high;

  evenshift_requantizer #(
    .ShiftBits   (5),
    .Rounding    (evenshift_pkg::RoundingAtRunTime),
    .RequantScale(evenshift_pkg::ScaleAtRunTime)
  ) u_requantizer (
    .clk_i               (clk),
    .stage_valid_i       (4'b1111),
    .acc_i               (acc),
    .multiplier_i        (multiplier),
    .shift_i             (shift),
    .channel_multiplier_i(channel_multiplier),
    .channel_shift_i     (channel_shift),
    .rounding_i          (rounding),
    .requant_scale_i     (requant_scale),
    .zero_point_i        (zero_point),
    .clamp_low_i         (clamp_low),
    .clamp_high_i        (clamp_high),
    .code_o              (code),
    .clamped_low_o       (clamped_low),
    .clamped_high_o      (clamped_high)
  );

  string file;
  int    cases, first, failures;

  initial begin
    if (!$value$plusargs("goldens=%s", file)) $fatal(1, "give +goldens=FILE");
    $readmemh(file, words);
    clk      = 0;
    failures = 0;
    cases    = words[0];
    for (int i = 0; i < cases; i++) begin
      first              = 1 + i * CaseWords;
      acc                = words[first];
      multiplier         = words[first+1][30:0];
      shift              = words[first+2][5:0];
      channel_multiplier = words[first+3][30:0];
      channel_shift      = words[first+4][5:0];
      rounding           = words[first+5][2:0];
      requant_scale      = words[first+6][1:0];
      zero_point         = words[first+7][7:0];
      clamp_low          = words[first+8][7:0];
      clamp_high         = words[first+9][7:0];
      for (int s = 0; s < Stages; s++) begin
        #1 clk = 1;
        #1 clk = 0;
      end
      if (code !== words[first+10][7:0] || clamped_low !== words[first+11][0] || clamped_high !== words[first+12][0]) begin
        if (failures == 0)
          $display("case %0d: code %0d, clamped %b %b, expected %0d, %b %b", i, $signed(code), clamped_low, clamped_high,
                   $signed(words[first+10][7:0]), words[first+11][0], words[first+12][0]);
        failures = failures + 1;
      end
    end
    if (failures == 0) $display("PASS %0d cases", cases);
    else $display("FAIL %0d of %0d cases", failures, cases);
    $finish;
  end
endmodule
