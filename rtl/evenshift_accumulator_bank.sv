/// A memory with one read port and one write port. A read of the entry that is being written gives the new word.
module evenshift_accumulator_bank #(
  /// Words
  parameter int Entries = 512,
  /// Bits of a word
  parameter int Width = 512
) (
  /// Clock
  input  logic                       clk_i,
  /// Read entry read_entry_i
  input  logic                       read_i,
  /// Entry to read
  input  logic [$clog2(Entries)-1:0] read_entry_i,
  /// Word read, one cycle later; holds until the next read
  output logic [Width-1:0]           read_data_o,
  /// Write write_data_i into entry write_entry_i
  input  logic                       write_i,
  /// Entry to write
  input  logic [$clog2(Entries)-1:0] write_entry_i,
  /// Word to write
  input  logic [Width-1:0]           write_data_i
);
  logic [Width-1:0] memory [0:Entries-1];

  always_ff @(posedge clk_i) begin
    if (write_i) memory[write_entry_i] <= write_data_i;
    if (read_i) begin
      if (write_i && write_entry_i == read_entry_i) read_data_o <= write_data_i;
      else read_data_o <= memory[read_entry_i];
    end
  end
endmodule
