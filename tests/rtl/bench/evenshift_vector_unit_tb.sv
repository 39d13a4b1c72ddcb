/// Runs the commands of a file of goldens (tests/rtl/vector_goldens.h) on an evenshift_vector_unit and compares cycles,
/// clamp counts, faults, and the whole scratchpad behind each. The words of a command are written while the one before is
/// executed; two of three commands begin in the last cycle of the one before, if they are prepared by then, which
/// loses the clamp counts of that one. Runs in Verilator and in Icarus Verilog:
///
///     +goldens=FILE     hexadecimal words
///
/// Prints PASS, or what differs first and FAIL.
module evenshift_vector_unit_tb;
  parameter int Lanes = 4;
  parameter int Rounding = evenshift_pkg::RoundingAtRunTime;  // a fixed mode takes the commands of that mode alone
  parameter int FileWords = 1 << 18;
  parameter int ScratchpadBytes = 1 << 14;
  localparam int AddressBits = 20;
  localparam int TableBytes = 4 * Lanes;
  localparam int HeaderWords = 5;
  localparam int ResultWords = 4;
  localparam int MaxPrepareCycles = 32;

  logic [31:0] words[0:FileWords-1];
  logic [7:0]  scratchpad[0:ScratchpadBytes-1];

  logic                       clk;
  logic                       rst_n;
  logic                       command_write, command_last, ready, start, busy, done, fault;
  logic [3:0]                 command_word;
  logic [31:0]                command_data;
  logic [31:0]                cycles, clamped_low, clamped_high;
  logic [$clog2(Lanes+1)-1:0] lanes;
  logic [2:0]                 rounding;
  logic                       operand_read, operand_ready, a_read, b_read, table_read, write;
  logic [15:0]                operand_bytes;
  logic [AddressBits-1:0]     a_address, b_address, table_address, write_address;
  logic [Lanes*8-1:0]         a_data, b_data, write_data;
  logic [TableBytes*8-1:0]    table_data;
  logic [Lanes-1:0]           write_strobe;

  evenshift_vector_unit #(
    .Lanes      (Lanes),
    .Rounding   (Rounding),
    .AddressBits(AddressBits),
    .TableBytes (TableBytes)
  ) u_unit (
    .clk_i          (clk),
    .rst_ni         (rst_n),
    .command_write_i(command_write),
    .command_word_i (command_word),
    .command_last_i (command_last),
    .command_data_i (command_data),
    .ready_o        (ready),
    .start_i        (start),
    .busy_o         (busy),
    .done_o         (done),
    .cycles_o       (cycles),
    .clamped_low_o  (clamped_low),
    .clamped_high_o (clamped_high),
    .fault_o        (fault),
    .lanes_i        (lanes),
    .rounding_i     (rounding),
    .operand_read_o (operand_read),
    .operand_ready_i(operand_ready),
    .operand_bytes_o(operand_bytes),
    .a_read_o       (a_read),
    .a_address_o    (a_address),
    .a_data_i       (a_data),
    .b_read_o       (b_read),
    .b_address_o    (b_address),
    .b_data_i       (b_data),
    .table_read_o   (table_read),
    .table_address_o(table_address),
    .table_data_i   (table_data),
    .write_o        (write),
    .write_address_o(write_address),
    .write_strobe_o (write_strobe),
    .write_data_o   (write_data)
  );

  // The scratchpad: a beat takes a cycle for each `bandwidth` bytes, tables come at once. What was not asked for, or
  // lies outside, is unknown, in every second command all ones.
  logic [31:0] size;
  logic [31:0] bandwidth;
  logic [31:0] delivered;
  logic [7:0]  nothing;
  logic        reads_outside, writes_outside;
  assign operand_ready = operand_read && delivered + bandwidth >= {16'b0, operand_bytes};

  function automatic logic [7:0] byte_at(input logic [31:0] address);
    return address < size ? scratchpad[address[$clog2(ScratchpadBytes)-1:0]] : nothing;
  endfunction

  always @(posedge clk) begin
    delivered  <= operand_read && !operand_ready ? delivered + bandwidth : 0;
    a_data     <= {Lanes{nothing}};
    b_data     <= {Lanes{nothing}};
    table_data <= {TableBytes{nothing}};
    if (operand_ready && a_read) for (int l = 0; l < Lanes; l++) a_data[l*8 +: 8] <= byte_at(32'(a_address) + l);
    if (operand_ready && b_read) for (int l = 0; l < Lanes; l++) b_data[l*8 +: 8] <= byte_at(32'(b_address) + l);
    if (table_read) for (int i = 0; i < TableBytes; i++) table_data[i*8 +: 8] <= byte_at(32'(table_address) + i);
    if (operand_ready && (a_read && 32'(a_address) >= size || b_read && 32'(b_address) >= size)) reads_outside = 1;
    if (write) begin
      for (int l = 0; l < Lanes; l++) begin
        if (write_strobe[l] && 32'(write_address) + l >= size) writes_outside = 1;
        else if (write_strobe[l]) scratchpad[write_address[$clog2(ScratchpadBytes)-1:0] + l] <= write_data[l*8 +: 8];
      end
    end
  end

  // Where the parts of a command lie in the file, of the command whose header is at `header`.
  function automatic int bytes_before(input int header);
    return header + HeaderWords + words[header+3];
  endfunction
  function automatic int results(input int header);
    return bytes_before(header) + (words[header+4] + 3) / 4;
  endfunction
  function automatic int bytes_behind(input int header);
    return results(header) + ResultWords;
  endfunction

  // The first command from `header` on for a unit of this rounding mode, or the end.
  function automatic int first_from(input int header);
    int found;
    found = header;
    while (words[found] != 0 && Rounding != evenshift_pkg::RoundingAtRunTime && words[found+1] != Rounding)
      found = bytes_behind(found) + (words[found+4] + 3) / 4;
    return found;
  endfunction
  function automatic int first_behind(input int header);
    return first_from(bytes_behind(header) + (words[header+4] + 3) / 4);
  endfunction

  // A cycle, and a word of the next command as long as it has some.
  int next_word, words_left;
  task automatic tick;
    command_write = words_left > 0;
    command_last  = words_left == 1;
    command_data  = words[next_word];
    #1 clk = 1;
    #1 clk = 0;
    if (command_write) begin
      command_word = command_word + 1;
      next_word    = next_word + 1;
      words_left   = words_left - 1;
    end
  endtask

  task automatic prepare(input int header);
    command_word = 0;
    next_word    = header + HeaderWords;
    words_left   = words[header] != 0 ? words[header+3] : 0;
  endtask

  task automatic wait_until_ready;
    for (int i = 0; i < MaxPrepareCycles && ready !== 1'b1; i++) tick;
  endtask

  task automatic compare(input string what, input logic [31:0] value, input logic [31:0] expected);
    if (value !== expected && !differs) begin
      $display("command %0d: %s %0d, expected %0d", command, what, value, expected);
      differs = 1;
    end
  endtask

  string file;
  int    header, following, command;
  logic  follows, differs;

  initial begin
    if (!$value$plusargs("goldens=%s", file)) $fatal(1, "give +goldens=FILE");
    $readmemh(file, words);
    clk            = 0;
    rst_n          = 0;
    start          = 0;
    words_left     = 0;
    next_word      = 0;
    command_word   = 0;
    delivered      = 0;
    bandwidth      = 1;
    size           = 0;
    lanes          = 1;
    rounding       = 0;
    differs        = 0;
    nothing        = 8'hxx;
    reads_outside  = 0;
    writes_outside = 0;
    command        = 0;
    tick;
    rst_n  = 1;
    header = first_from(0);
    prepare(header);
    wait_until_ready;
    start = 1;
    tick;
    while (words[header] != 0 && !differs) begin
      // Its first cycle.
      start         = 0;
      lanes         = words[header][$clog2(Lanes+1)-1:0];
      rounding      = words[header+1][2:0];
      bandwidth     = words[header+2];
      size          = words[header+4];
      for (int i = 0; i < size; i++) scratchpad[i] = words[bytes_before(header)+i/4][8*(i%4) +: 8];
      nothing       = command % 2 != 0 ? 8'hff : 8'hxx;
      reads_outside = 0;
      following     = first_behind(header);
      prepare(following);
      for (int i = 0; i < words[results(header)+1] + 64 && done !== 1'b1; i++) tick;
      compare("done", {31'b0, done}, 1);
      compare("fault", {31'b0, fault}, words[results(header)]);
      compare("cycles", cycles, words[results(header)+1]);

      follows = ready && command % 3 != 2;
      start   = follows;
      tick;
      compare("busy", {31'b0, busy}, {31'b0, follows});
      compare("writes outside", {31'b0, writes_outside}, 0);
      if (words[results(header)] == 0) begin
        compare("reads outside", {31'b0, reads_outside}, 0);
        for (int i = 0; i < size; i++) begin
          if (scratchpad[i] !== words[bytes_behind(header)+i/4][8*(i%4) +: 8] && !differs) begin
            $display("command %0d: byte %0d is %0d, expected %0d", command, i, scratchpad[i],
                     words[bytes_behind(header)+i/4][8*(i%4) +: 8]);
            differs = 1;
          end
        end
      end
      if (!follows) begin
        if (words[following] != 0) wait_until_ready;
        compare("fault behind it", {31'b0, fault}, words[results(header)]);
        compare("cycles behind it", cycles, words[results(header)+1]);
        if (words[results(header)] == 0) begin
          compare("raised codes", clamped_low, words[results(header)+2]);
          compare("lowered codes", clamped_high, words[results(header)+3]);
        end
        start = words[following] != 0;
        tick;
      end
      header  = following;
      command = command + 1;
    end
    if (differs || command == 0) $display("FAIL in command %0d", command - 1);
    else $display("PASS %0d commands", command);
    $finish;
  end
endmodule
