/// What the vector unit does in a cycle: load the table of a lookup, read the row and column indices of a gather, or
/// take a beat; begin, end and cycles of a command. docs/timing.md, "Vector unit".
module evenshift_vector_control (
  /// Clock
  input  logic        clk_i,
  /// Reset, active low
  input  logic        rst_ni,
  /// Begin the prepared command
  input  logic        start_i,
  /// It is prepared
  input  logic        ready_i,
  /// It is a lookup
  input  logic        next_lookup_i,
  /// It is a gather
  input  logic        next_gather_i,
  /// The prepared command begins: its first cycle is the next one
  output logic        begin_o,

  /// The command that is executed is a gather
  input  logic        gather_i,
  /// Load part load_part_o of the table
  output logic        load_o,
  /// Number of the part
  output logic [$clog2(evenshift_vector_pkg::TableLoadCycles)-1:0] load_part_o,
  /// The index of the first row is read
  output logic        first_index_o,
  /// The index of a row has come
  output logic        row_index_o,
  /// The index of a column has come
  output logic        column_index_o,

  /// Ask for the beat
  output logic        beat_o,
  /// The scratchpad answers in the next cycle
  input  logic        beat_ready_i,
  /// The beat is taken
  output logic        step_o,
  /// It is the last one of its pixel
  input  logic        ends_pixel_i,
  /// It is the last one of a row of pixels
  input  logic        ends_row_i,
  /// It is the last one of the command
  input  logic        ends_command_i,
  /// The last codes of the command are written
  input  logic        last_write_i,

  /// A command is executed
  output logic        busy_o,
  /// Last cycle of a command
  output logic        done_o,
  /// Cycles of the command, with this one
  output logic [31:0] cycles_o
);
  localparam int PartBits = $clog2(evenshift_vector_pkg::TableLoadCycles);
  localparam logic [2:0] Wait = 3'd0;  // for a command, or for the last codes of one
  localparam logic [2:0] Table = 3'd1;
  localparam logic [2:0] FirstIndex = 3'd2;
  localparam logic [2:0] RowIndex = 3'd3;
  localparam logic [2:0] ColumnIndex = 3'd4;
  localparam logic [2:0] Beat = 3'd5;

  logic [2:0]          phase_q;
  logic [PartBits-1:0] part_q;
  logic                busy_q;

  assign load_o         = phase_q == Table;
  assign load_part_o    = part_q;
  assign first_index_o  = phase_q == FirstIndex;
  assign row_index_o    = phase_q == RowIndex;
  assign column_index_o = phase_q == ColumnIndex;
  assign beat_o         = phase_q == Beat;
  assign step_o         = beat_o && beat_ready_i;
  assign busy_o         = busy_q;
  assign done_o         = busy_q && last_write_i;
  assign begin_o        = start_i && ready_i && (!busy_q || done_o);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= Wait;
      part_q  <= '0;
      busy_q  <= 1'b0;
    end else begin
      if (begin_o) busy_q <= 1'b1;
      else if (done_o) busy_q <= 1'b0;

      part_q <= load_o ? part_q + PartBits'(1) : '0;
      case (phase_q)
        Table:       if (part_q == PartBits'(evenshift_vector_pkg::TableLoadCycles - 1)) phase_q <= Beat;
        FirstIndex:  phase_q <= RowIndex;
        RowIndex:    phase_q <= ColumnIndex;
        ColumnIndex: phase_q <= Beat;
        Beat: begin
          if (step_o && ends_command_i) phase_q <= Wait;
          else if (step_o && gather_i && ends_pixel_i) phase_q <= ends_row_i ? RowIndex : ColumnIndex;
        end
        default: phase_q <= !begin_o ? Wait : next_lookup_i ? Table : next_gather_i ? FirstIndex : Beat;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (begin_o) cycles_o <= 32'd1;
    else if (busy_q && !done_o) cycles_o <= cycles_o + 32'd1;
  end
endmodule
