/// The vector unit: takes every compute command but conv through its registers, reads operands and tables from the
/// scratchpad, and writes the outputs. docs/timing.md gives its cycles, docs of the command set the commands.
///
/// A beat is what the lanes take in a cycle: operands of up to `lanes` outputs, for pooling of one tap of them. What is
/// read in a cycle is answered in the next one; a beat holds until operand_ready_i is set, because its bytes may be more
/// than the scratchpad delivers in a cycle. Addresses are bytes. Outputs may overlap the first operand (or the second, where
/// none of it repeats) only in their very places, and nothing else that the command reads.
module evenshift_vector_unit #(
  /// Elements per cycle
  parameter int Lanes = 16,
  /// A rounding mode of evenshift_pkg, or RoundingAtRunTime
  parameter int Rounding = evenshift_pkg::RoundHalfUp,
  /// Bits of a scratchpad address, at most 32
  parameter int AddressBits = 20,
  /// Bytes of the table port: what a beat of a parametric_relu or a part of a lookup's table needs
  parameter int TableBytes = 4 * Lanes > evenshift_vector_pkg::TableLoadBytes ? 4 * Lanes : evenshift_vector_pkg::TableLoadBytes
) (
  /// Clock
  input  logic                       clk_i,
  /// Reset, active low
  input  logic                       rst_ni,

  /// Write a word of the next command, as arch/isa/commands.h encodes it
  input  logic                       command_write_i,
  /// Its number
  input  logic [3:0]                 command_word_i,
  /// It is the command's last one, which is written last
  input  logic                       command_last_i,
  /// The word
  input  logic [31:0]                command_data_i,
  /// The next command is prepared
  output logic                       ready_o,
  /// Begin the prepared command, while idle or done; its first cycle is the next one
  input  logic                       start_i,
  /// A command is executed
  output logic                       busy_o,
  /// Last cycle of a command
  output logic                       done_o,
  /// Cycles of the command, with this one
  output logic [31:0]                cycles_o,
  /// Codes of the command that the clamp raised
  output logic [31:0]                clamped_low_o,
  /// Codes of the command that the clamp lowered
  output logic [31:0]                clamped_high_o,
  /// A table of the command names a pixel outside the tile, or a shift above 62: its outputs mean nothing
  output logic                       fault_o,

  /// Lanes in use, at most Lanes
  input  logic [$clog2(Lanes+1)-1:0] lanes_i,
  /// Rounding mode, where Rounding is RoundingAtRunTime
  input  logic [2:0]                 rounding_i,

  /// Take a beat
  output logic                       operand_read_o,
  /// The scratchpad answers in the next cycle
  input  logic                       operand_ready_i,
  /// Bytes that the beat costs: those that it reads, taps outside the tile counted, and those that it will write
  output logic [15:0]                operand_bytes_o,
  /// Read a_data_i
  output logic                       a_read_o,
  /// Its first byte
  output logic [AddressBits-1:0]     a_address_o,
  /// Lanes bytes
  input  logic [Lanes*8-1:0]         a_data_i,
  /// Read b_data_i
  output logic                       b_read_o,
  /// Its first byte
  output logic [AddressBits-1:0]     b_address_o,
  /// Lanes bytes
  input  logic [Lanes*8-1:0]         b_data_i,

  /// Read table_data_i
  output logic                       table_read_o,
  /// Its first byte
  output logic [AddressBits-1:0]     table_address_o,
  /// TableBytes bytes
  input  logic [TableBytes*8-1:0]    table_data_i,

  /// Write codes
  output logic                       write_o,
  /// Address of lane 0's code
  output logic [AddressBits-1:0]     write_address_o,
  /// Lanes whose code is written
  output logic [Lanes-1:0]           write_strobe_o,
  /// Codes of the lanes
  output logic [Lanes*8-1:0]         write_data_o
);
  localparam int LanesBits = $clog2(Lanes + 1);
  localparam int PartBits = $clog2(evenshift_vector_pkg::TableLoadCycles);
  localparam logic [31:0] LargestShift = 32'd62;

  // Command.
  logic                                                  begins;
  logic [evenshift_vector_pkg::FieldsBits-1:0]           next_fields;
  logic [evenshift_vector_pkg::FieldsBits-1:0]           fields;
  logic [evenshift_vector_pkg::Products*AddressBits-1:0] next_products;
  logic [evenshift_vector_pkg::Products*AddressBits-1:0] products;

  evenshift_vector_command #(
    .AddressBits(AddressBits)
  ) u_command (
    .clk_i,
    .rst_ni,
    .write_i        (command_write_i),
    .write_word_i   (command_word_i),
    .write_last_i   (command_last_i),
    .write_data_i   (command_data_i),
    .ready_o,
    .start_i        (begins),
    .next_fields_o  (next_fields),
    .next_products_o(next_products),
    .fields_o       (fields),
    .products_o     (products)
  );

  wire add             = fields[evenshift_vector_pkg::AddLsb];
  wire multiply        = fields[evenshift_vector_pkg::MultiplyLsb];
  wire average_pool    = fields[evenshift_vector_pkg::AveragePoolLsb];
  wire parametric_relu = fields[evenshift_vector_pkg::ParametricReluLsb];
  wire gather          = fields[evenshift_vector_pkg::GatherLsb];
  wire fill            = fields[evenshift_vector_pkg::FillLsb];

  // Order of the work.
  logic                load;
  logic [PartBits-1:0] load_part;
  logic                first_index;
  logic                row_index;
  logic                column_index;
  logic                step;
  logic                ends_pixel;
  logic                ends_row;
  logic                ends_command;
  logic                last_write;

  evenshift_vector_control u_control (
    .clk_i,
    .rst_ni,
    .start_i,
    .ready_i       (ready_o),
    .next_lookup_i (next_fields[evenshift_vector_pkg::LookupLsb]),
    .next_gather_i (next_fields[evenshift_vector_pkg::GatherLsb]),
    .begin_o       (begins),
    .gather_i      (gather),
    .load_o        (load),
    .load_part_o   (load_part),
    .first_index_o (first_index),
    .row_index_o   (row_index),
    .column_index_o(column_index),
    .beat_o        (operand_read_o),
    .beat_ready_i  (operand_ready_i),
    .step_o        (step),
    .ends_pixel_i  (ends_pixel),
    .ends_row_i    (ends_row),
    .ends_command_i(ends_command),
    .last_write_i  (last_write),
    .busy_o,
    .done_o,
    .cycles_o
  );

  // The beat.
  logic [LanesBits-1:0]   count;
  logic [AddressBits-1:0] output_address;
  logic                   first_tap;
  logic                   last_tap;
  logic                   tap_inside;
  logic                   index_fault;
  logic [AddressBits-1:0] walker_table_address;

  evenshift_vector_walker #(
    .Lanes      (Lanes),
    .AddressBits(AddressBits)
  ) u_walker (
    .clk_i,
    .start_i         (begins),
    .next_fields_i   (next_fields),
    .next_products_i (next_products),
    .fields_i        (fields),
    .products_i      (products),
    .lanes_i,
    .first_index_i   (first_index),
    .row_index_i     (row_index),
    .column_index_i  (column_index),
    .index_i         (table_data_i[15:0]),
    .index_fault_o   (index_fault),
    .step_i          (step),
    .count_o         (count),
    .a_address_o,
    .b_address_o,
    .output_address_o(output_address),
    .first_tap_o     (first_tap),
    .last_tap_o      (last_tap),
    .inside_o        (tap_inside),
    .ends_pixel_o    (ends_pixel),
    .ends_row_o      (ends_row),
    .ends_command_o  (ends_command),
    .table_address_o (walker_table_address)
  );

  wire [15:0] beat_count = {{(16 - LanesBits) {1'b0}}, count};

  assign a_read_o        = operand_read_o && !fill && tap_inside;
  assign b_read_o        = operand_read_o && (add || multiply);
  assign operand_bytes_o = (fill ? 16'd0 : beat_count) + (add || multiply ? beat_count : 16'd0) +
                           (last_tap ? beat_count : 16'd0);
  assign table_read_o    = load || first_index || row_index ||
                           (operand_read_o && (average_pool || parametric_relu || gather));
  assign table_address_o = load ? fields[evenshift_vector_pkg::TableAddressLsb +: AddressBits] +
                                      AddressBits'({load_part, {$clog2(evenshift_vector_pkg::TableLoadBytes) {1'b0}}})
                                : walker_table_address;

  // The table of a lookup; its parts come a cycle after they were asked for.
  logic                loaded_q;
  logic [PartBits-1:0] loaded_part_q;
  logic [Lanes*8-1:0]  table_codes;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) loaded_q <= 1'b0;
    else loaded_q <= load;
  end
  always_ff @(posedge clk_i) loaded_part_q <= load_part;

  evenshift_lookup_table #(
    .Lanes(Lanes)
  ) u_lookup_table (
    .clk_i,
    .load_i     (loaded_q),
    .load_part_i(loaded_part_q),
    .table_i    (table_data_i[evenshift_vector_pkg::TableLoadBytes*8-1:0]),
    .codes_i    (a_data_i),
    .entries_o  (table_codes)
  );

  // Beats in the lanes; bit s and entry s of stage s.
  logic [3:0]             valid_q;
  logic                   step_q;
  logic                   first_tap_q, last_tap_q, inside_q;
  logic [3:0]             last_q;
  logic [4*LanesBits-1:0] counts_q;
  logic [4*AddressBits-1:0] addresses_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      step_q  <= 1'b0;
      valid_q <= '0;
      last_q  <= '0;
    end else begin
      step_q  <= step;
      valid_q <= {valid_q[2:0], step && last_tap};
      last_q  <= {last_q[2:0], step && ends_command};
    end
  end

  always_ff @(posedge clk_i) begin
    first_tap_q <= first_tap;
    last_tap_q  <= last_tap;
    inside_q    <= tap_inside;
    counts_q    <= {counts_q[3*LanesBits-1:0], count};
    addresses_q <= {addresses_q[3*AddressBits-1:0], output_address};
  end

  assign last_write = last_q[3];

  // Shift amounts of stages 1 and 2.
  wire [31:0] table_shift = table_data_i[63:32];
  wire [5:0]  shift       = fields[evenshift_vector_pkg::ShiftLsb +: 6];
  logic [5:0] shift_1_q, shift_2_q;
  always_ff @(posedge clk_i) begin
    shift_1_q <= average_pool ? table_shift[5:0] : shift;
    shift_2_q <= shift_1_q;
  end

  logic [Lanes-1:0] clamped_low;
  logic [Lanes-1:0] clamped_high;

  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    evenshift_vector_lane #(
      .Rounding(Rounding)
    ) u_lane (
      .clk_i,
      .stage_valid_i        ({valid_q[2:1], step_q}),
      .rounding_i,
      .fields_i             (fields),
      .a_i                  (a_data_i[l*8 +: 8]),
      .b_i                  (b_data_i[l*8 +: 8]),
      .table_code_i         (table_codes[l*8 +: 8]),
      .first_tap_i          (first_tap_q),
      .inside_i             (inside_q),
      .negative_multiplier_i(table_data_i[l*32 +: 32]),
      .window_multiplier_i  (table_data_i[31:0]),
      .shift_1_i            (shift_1_q),
      .shift_2_i            (shift_2_q),
      .code_o               (write_data_o[l*8 +: 8]),
      .clamped_low_o        (clamped_low[l]),
      .clamped_high_o       (clamped_high[l])
    );
  end

  // Codes.
  assign write_o         = valid_q[3];
  assign write_address_o = addresses_q[3*AddressBits +: AddressBits];
  assign write_strobe_o  = ~({Lanes{1'b1}} << counts_q[3*LanesBits +: LanesBits]);

  // Codes of this cycle that the clamp changed.
  logic [LanesBits-1:0] raised;
  logic [LanesBits-1:0] lowered;
  always_comb begin
    raised  = '0;
    lowered = '0;
    for (int l = 0; l < Lanes; l++) begin
      if (write_strobe_o[l] && clamped_low[l]) raised = raised + LanesBits'(1);
      if (write_strobe_o[l] && clamped_high[l]) lowered = lowered + LanesBits'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (begins) begin
      clamped_low_o  <= '0;
      clamped_high_o <= '0;
    end else if (write_o) begin
      clamped_low_o  <= clamped_low_o + {{(32 - LanesBits) {1'b0}}, raised};
      clamped_high_o <= clamped_high_o + {{(32 - LanesBits) {1'b0}}, lowered};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fault_o <= 1'b0;
    else if (begins) fault_o <= 1'b0;
    else if (index_fault || (average_pool && step_q && last_tap_q && table_shift > LargestShift)) fault_o <= 1'b1;
  end
endmodule
