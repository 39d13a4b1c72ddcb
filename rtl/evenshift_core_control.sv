/// When a command begins, when the array takes its passes, and when it ends; counts what the cycles were for.
///
/// The array takes a pass two cycles before it has the first operands, EarlyCycles; in the same measure a stripe ends and
/// is drained EarlyCycles before its accumulators are there and are read.
module evenshift_core_control #(
  /// Cycles from the last operands, or the last drain request, of a command to its last byte written
  parameter int PipelineCycles = 6,
  /// Cycles from a pass that is taken to its first operands
  parameter int EarlyCycles = 2
) (
  /// Clock
  input  logic        clk_i,
  /// Reset, active low
  input  logic        rst_ni,
  /// Begin the command that is prepared
  input  logic        start_i,
  /// A command is prepared
  input  logic        ready_i,
  /// A command begins
  output logic        begin_o,
  /// A command is executed
  output logic        busy_o,
  /// Last cycle of a command
  output logic        done_o,

  /// The loader has passes
  input  logic        load_active_i,
  /// The next pass is loaded
  input  logic        loaded_i,
  /// It is the first one of its stripe
  input  logic        first_pass_i,
  /// The stream can take a pass
  input  logic        stream_free_i,
  /// Stripes that have drain requests left behind this cycle
  input  logic [1:0]  pending_i,
  /// The array takes the pass
  output logic        take_o,

  /// Cycles of the command, with this one
  output logic [31:0] cycles_o,
  /// Cycles in which the array waited for weights
  output logic [31:0] weight_stalls_o,
  /// Cycles in which the array waited for the requantizer
  output logic [31:0] requant_stalls_o
);
  localparam logic [3:0] LastEnd = 4'(PipelineCycles + EarlyCycles - 1);

  logic       busy_q;
  logic [3:0] end_q;

  assign begin_o = start_i && ready_i && (!busy_q || done_o);
  assign busy_o  = busy_q;
  assign done_o  = busy_q && end_q == LastEnd;

  // The bank of the stripe before the last one must have been drained.
  wire bank_free = !first_pass_i || pending_i <= 2'd1;
  assign take_o = busy_q && load_active_i && loaded_i && stream_free_i && bank_free;

  // An array without a pass waits: for weights, for a bank, or for the last drain.
  wire waits         = busy_q && stream_free_i && !take_o;
  wire waits_weights = waits && load_active_i && !loaded_i;
  wire waits_requant = waits && !waits_weights && (load_active_i || pending_i != 2'd0);
  wire ends          = waits && !load_active_i && pending_i == 2'd0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      end_q  <= '0;
    end else begin
      if (begin_o) busy_q <= 1'b1;
      else if (done_o) busy_q <= 1'b0;
      end_q <= ends && !done_o ? end_q + 4'd1 : '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (begin_o) begin
      cycles_o         <= 32'd1;
      weight_stalls_o  <= 32'(EarlyCycles);
      requant_stalls_o <= '0;
    end else if (busy_q) begin
      if (!done_o) cycles_o <= cycles_o + 32'd1;
      if (waits_weights) weight_stalls_o <= weight_stalls_o + 32'd1;
      if (waits_requant) requant_stalls_o <= requant_stalls_o + 32'd1;
    end
  end
endmodule
