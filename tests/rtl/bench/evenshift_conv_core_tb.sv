/// Runs the commands of a file of goldens (tests/rtl/conv_goldens.h) on an evenshift_conv_core and compares cycles, stalls,
/// clamp counts, every accumulator that is drained, and the whole scratchpad. Runs in Verilator and in Icarus Verilog:
///
///     +goldens=FILE     hexadecimal words
///
/// Prints PASS, or what differs first and FAIL.
module evenshift_conv_core_tb;
  parameter int Size = 4;
  parameter int FileWords = 1 << 20;
  parameter int ScratchpadBytes = 1 << 16;
  localparam int CommandWords = evenshift_commands_pkg::ConvBytes / 4;
  localparam int MaxWaitCycles = 1 << 20;

  logic [31:0] words[0:FileWords-1];
  logic [7:0]  scratchpad[0:ScratchpadBytes-1];

  logic                    clk;
  logic                    rst_n;
  logic                    command_write, ready, start, busy, done;
  logic [4:0]              command_word;
  logic [31:0]             command_data;
  logic [31:0]             cycles, weight_stalls, requant_stalls, clamped_low, clamped_high;
  logic [9:0]              accumulator_entries;
  logic [$clog2(Size+1)-1:0] requant_lanes;
  logic [2:0]              rounding;
  logic [1:0]              requant_scale;
  logic [4:0]              multiplier_bits;
  logic [2:0]              shift_bits;
  logic                    weight_read, parameter_read, operand_read, operand_ready, operand_depthwise, write;
  logic [31:0]             weight_address, parameter_address, write_address;
  logic [Size*8+7:0]       weight_data;
  logic [Size*40+7:0]      parameter_data;
  logic [15:0]             operand_bytes;
  logic [Size*32-1:0]      operand_address;
  logic [$clog2(Size+1)-1:0] operand_first, operand_last;
  logic [Size-1:0]         operand_taps, operand_new_byte, write_strobe;
  logic [Size*Size*8-1:0]  operand_data;
  logic [Size*8-1:0]       write_data;
  logic                    accumulators_valid;
  logic [Size*32-1:0]      accumulators;

  evenshift_conv_core #(
    .MacRows           (Size),
    .MacCols           (Size),
    .AccumulatorEntries(512),
    .ShiftBits         (5),
    .Rounding          (evenshift_pkg::RoundingAtRunTime),
    .RequantScale      (evenshift_pkg::ScaleAtRunTime),
    .AddressBits       (32)
  ) u_core (
    .clk_i                (clk),
    .rst_ni               (rst_n),
    .command_write_i      (command_write),
    .command_word_i       (command_word),
    .command_data_i       (command_data),
    .ready_o              (ready),
    .start_i              (start),
    .busy_o               (busy),
    .done_o               (done),
    .cycles_o             (cycles),
    .weight_stalls_o      (weight_stalls),
    .requant_stalls_o     (requant_stalls),
    .clamped_low_o        (clamped_low),
    .clamped_high_o       (clamped_high),
    .accumulator_entries_i(accumulator_entries),
    .requant_lanes_i      (requant_lanes),
    .rounding_i           (rounding),
    .requant_scale_i      (requant_scale),
    .multiplier_bits_i    (multiplier_bits),
    .shift_bits_i         (shift_bits),
    .weight_read_o        (weight_read),
    .weight_address_o     (weight_address),
    .weight_data_i        (weight_data),
    .parameter_read_o     (parameter_read),
    .parameter_address_o  (parameter_address),
    .parameter_data_i     (parameter_data),
    .operand_read_o       (operand_read),
    .operand_ready_i      (operand_ready),
    .operand_depthwise_o  (operand_depthwise),
    .operand_bytes_o      (operand_bytes),
    .operand_address_o    (operand_address),
    .operand_first_o      (operand_first),
    .operand_last_o       (operand_last),
    .operand_taps_o       (operand_taps),
    .operand_new_byte_o   (operand_new_byte),
    .operand_data_i       (operand_data),
    .write_o              (write),
    .write_address_o      (write_address),
    .write_strobe_o       (write_strobe),
    .write_data_o         (write_data),
    .accumulators_valid_o (accumulators_valid),
    .accumulators_o       (accumulators)
  );

  // The scratchpad: `bandwidth` bytes of operands in a cycle, everything else at once.
  logic [31:0] bandwidth;
  logic [31:0] delivered;
  assign operand_ready = operand_read && delivered + bandwidth >= {16'b0, operand_bytes};

  function automatic logic [7:0] byte_at(input logic [31:0] address);
    return address < ScratchpadBytes ? scratchpad[address[$clog2(ScratchpadBytes)-1:0]] : 8'hxx;
  endfunction

  logic [31:0] tap_byte;
  always @(posedge clk) begin
    delivered <= operand_read && !operand_ready ? delivered + bandwidth : 0;
    if (weight_read) for (int i = 0; i < Size + 1; i++) weight_data[i*8 +: 8] <= byte_at(weight_address + i);
    if (parameter_read) for (int i = 0; i < 5 * Size + 1; i++) parameter_data[i*8 +: 8] <= byte_at(parameter_address + i);
    if (operand_ready && operand_depthwise) begin
      for (int r = 0; r < Size; r++) begin
        if (operand_taps[r]) begin
          tap_byte = operand_address[r*32 +: 32];
          for (int c = 0; c < Size; c++) begin
            if (c != 0 && operand_new_byte[c]) tap_byte = tap_byte + 1;
            operand_data[(r*Size + c)*8 +: 8] <= byte_at(tap_byte);
          end
        end
      end
    end else if (operand_ready) begin
      for (int r = 0; r < Size; r++) begin
        if (r >= 32'(operand_first) && r < 32'(operand_last)) operand_data[r*8 +: 8] <= byte_at(operand_address[31:0] + r);
      end
    end
    if (write) begin
      for (int l = 0; l < Size; l++) begin
        if (write_strobe[l]) scratchpad[write_address[$clog2(ScratchpadBytes)-1:0] + l] <= write_data[l*8 +: 8];
      end
    end
  end

  // Accumulators, request by request.
  int   next_request;
  logic accumulators_differ;
  always @(posedge clk) begin
    if (accumulators_valid) begin
      for (int i = 0; i < Size; i++) begin
        if (i < 32'(words[next_request][31:16]) &&
            accumulators[(32'(words[next_request][15:0])+i)*32 +: 32] !== words[next_request+1+i])
          accumulators_differ = 1;
      end
      next_request = next_request + 1 + 32'(words[next_request][31:16]);
    end
  end

  task automatic tick;
    #1 clk = 1;
    #1 clk = 0;
  endtask

  string  file;
  int     next, chains, size, commands, waited;
  logic   differs;

  initial begin
    if (!$value$plusargs("goldens=%s", file)) $fatal(1, "give +goldens=FILE");
    $readmemh(file, words);
    clk           = 0;
    rst_n         = 0;
    start         = 0;
    command_write = 0;
    command_word  = 0;
    command_data  = 0;
    delivered     = 0;
    bandwidth     = 1;
    operand_data  = '0;
    chains        = words[0];
    next          = 1;
    for (int chain = 0; chain < chains; chain++) begin
      accumulator_entries = words[next][9:0];
      requant_lanes       = words[next+1][$clog2(Size+1)-1:0];
      rounding            = words[next+2][2:0];
      requant_scale       = words[next+3][1:0];
      multiplier_bits     = words[next+4][4:0];
      shift_bits          = words[next+5][2:0];
      bandwidth           = words[next+6];
      size                = words[next+7];
      commands            = words[next+8];
      next                = next + 9;
      for (int i = 0; i < size; i++) scratchpad[i] = words[next+i/4][8*(i%4) +: 8];
      next    = next + (size + 3) / 4;
      differs = 0;
      rst_n   = 0;
      tick;
      rst_n = 1;
      tick;
      for (int command = 0; command < commands && !differs; command++) begin
        for (int w = 0; w < CommandWords; w++) begin
          command_write = 1;
          command_word  = 5'(w);
          command_data  = words[next+w];
          tick;
        end
        command_write = 0;
        next          = next + CommandWords;
        while (!ready) tick;
        next_request        = next + 6;
        accumulators_differ = 0;
        start = 1;
        tick;
        start  = 0;
        waited = 0;
        while (done !== 1'b1 && waited < MaxWaitCycles) begin
          tick;
          waited = waited + 1;
          if (waited > words[next] + 64) waited = MaxWaitCycles;
        end
        tick;
        if (waited == MaxWaitCycles || cycles !== words[next] || weight_stalls !== words[next+1] ||
            requant_stalls !== words[next+2] || clamped_low !== words[next+3] || clamped_high !== words[next+4]) begin
          $display("chain %0d command %0d: cycles %0d weight_stalls %0d requant_stalls %0d clamped %0d %0d", chain, command,
                   cycles, weight_stalls, requant_stalls, clamped_low, clamped_high);
          $display("  expected:        cycles %0d weight_stalls %0d requant_stalls %0d clamped %0d %0d", words[next],
                   words[next+1], words[next+2], words[next+3], words[next+4]);
          differs = 1;
        end
        if (accumulators_differ || next_request != next + 6 + words[next+5]) begin
          $display("chain %0d command %0d: accumulators differ", chain, command);
          differs = 1;
        end
        next = next + 6 + words[next+5];
      end
      if (!differs) begin
        for (int i = 0; i < size; i++) begin
          if (scratchpad[i] !== words[next+i/4][8*(i%4) +: 8] && !differs) begin
            $display("chain %0d: byte %0d is %0d, expected %0d", chain, i, scratchpad[i], words[next+i/4][8*(i%4) +: 8]);
            differs = 1;
          end
        end
      end
      next = next + (size + 3) / 4;
      if (differs) begin
        $display("FAIL in chain %0d of %0d", chain, chains);
        $finish;
        chain = chains;
      end
    end
    if (!differs) $display("PASS %0d chains", chains);
    $finish;
  end
endmodule
