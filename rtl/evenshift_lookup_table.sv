/// The table of a lookup: 256 codes, TableLoadBytes of them loaded in a cycle, one read by every lane in a cycle.
module evenshift_lookup_table #(
  /// Codes read per cycle
  parameter int Lanes = 16
) (
  /// Clock
  input  logic                                                    clk_i,
  /// Load table_i
  input  logic                                                    load_i,
  /// To entries load_part_i * TableLoadBytes on
  input  logic [$clog2(evenshift_vector_pkg::TableLoadCycles)-1:0] load_part_i,
  /// The entries, first one lowest
  input  logic [evenshift_vector_pkg::TableLoadBytes*8-1:0]       table_i,
  /// Signed codes to look up
  input  logic [Lanes*8-1:0]                                      codes_i,
  /// Their entries: entry code + 128
  output logic [Lanes*8-1:0]                                      entries_o
);
  localparam int PartBits = evenshift_vector_pkg::TableLoadBytes * 8;

  logic [256*8-1:0] table_q;

  always_ff @(posedge clk_i) begin
    for (int p = 0; p < evenshift_vector_pkg::TableLoadCycles; p++) begin
      if (load_i && load_part_i == ($clog2(evenshift_vector_pkg::TableLoadCycles))'(p)) begin
        table_q[p*PartBits +: PartBits] <= table_i;
      end
    end
  end

  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    wire [7:0] entry = {~codes_i[l*8+7], codes_i[l*8 +: 7]};
    assign entries_o[l*8 +: 8] = table_q[{entry, 3'b000} +: 8];
  end
endmodule
