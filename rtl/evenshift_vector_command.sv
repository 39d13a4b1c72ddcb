/// The command registers of the vector unit: the words of the next command are written here while the unit still works
/// on the one before. The last word starts the preparation: one multiplier makes the products of fields that addresses
/// of pooling need, one a cycle. `start_i` takes the command over.
///
/// Products, of the names in evenshift_vector_pkg, modulo 2^AddressBits:
///   RowBytes             row_elements · input_width
///   StepX, StepY         row_elements · stride_width, RowBytes · stride_height
///   TapStepX, TapStepY   row_elements · dilation_width, RowBytes · dilation_height
///   Left, Top            row_elements · pad_left, RowBytes · pad_top
module evenshift_vector_command #(
  /// Bits of a scratchpad address, at most 32
  parameter int AddressBits = 20
) (
  /// Clock
  input  logic                                                  clk_i,
  /// Reset, active low
  input  logic                                                  rst_ni,
  /// Write a word of the next command
  input  logic                                                  write_i,
  /// Its number
  input  logic [3:0]                                            write_word_i,
  /// It is the last one
  input  logic                                                  write_last_i,
  /// The word
  input  logic [31:0]                                           write_data_i,
  /// The next command is prepared
  output logic                                                  ready_o,
  /// Take the next command
  input  logic                                                  start_i,
  /// Fields of the next command
  output logic [evenshift_vector_pkg::FieldsBits-1:0]           next_fields_o,
  /// Products of the next command
  output logic [evenshift_vector_pkg::Products*AddressBits-1:0] next_products_o,
  /// Fields of the command taken last
  output logic [evenshift_vector_pkg::FieldsBits-1:0]           fields_o,
  /// Products of the command taken last
  output logic [evenshift_vector_pkg::Products*AddressBits-1:0] products_o
);
  localparam int Words = evenshift_vector_pkg::CommandBytes / 4;
  localparam logic [2:0] Done = 3'(evenshift_vector_pkg::Products);

  logic [evenshift_vector_pkg::CommandBytes*8-1:0] command_q;
  logic [2:0]                                      step_q;
  logic                                            full_q;  // words are there

  evenshift_vector_decode u_decode (
    .command_i(command_q),
    .fields_o (next_fields_o)
  );

  wire [AddressBits-1:0] row_elements    = AddressBits'(next_fields_o[evenshift_vector_pkg::RowElementsLsb +: 28]);
  wire [15:0]            input_width     = next_fields_o[evenshift_vector_pkg::InputWidthLsb +: 16];
  wire [11:0]            stride_width    = next_fields_o[evenshift_vector_pkg::StrideWidthLsb +: 12];
  wire [11:0]            stride_height   = next_fields_o[evenshift_vector_pkg::StrideHeightLsb +: 12];
  wire [11:0]            dilation_width  = next_fields_o[evenshift_vector_pkg::DilationWidthLsb +: 12];
  wire [11:0]            dilation_height = next_fields_o[evenshift_vector_pkg::DilationHeightLsb +: 12];
  wire [11:0]            pad_left        = next_fields_o[evenshift_vector_pkg::PadLeftLsb +: 12];
  wire [11:0]            pad_top         = next_fields_o[evenshift_vector_pkg::PadTopLsb +: 12];
  wire [AddressBits-1:0] row_bytes       = next_products_o[evenshift_vector_pkg::ProductRowBytes*AddressBits +: AddressBits];

  logic [AddressBits-1:0] factor_a;
  logic [15:0]            factor_b;
  always_comb begin
    factor_a = row_elements;
    factor_b = input_width;
    case (step_q)
      3'(evenshift_vector_pkg::ProductStepX):    factor_b = {4'b0, stride_width};
      3'(evenshift_vector_pkg::ProductTapStepX): factor_b = {4'b0, dilation_width};
      3'(evenshift_vector_pkg::ProductLeft):     factor_b = {4'b0, pad_left};
      3'(evenshift_vector_pkg::ProductStepY): begin
        factor_a = row_bytes;
        factor_b = {4'b0, stride_height};
      end
      3'(evenshift_vector_pkg::ProductTapStepY): begin
        factor_a = row_bytes;
        factor_b = {4'b0, dilation_height};
      end
      3'(evenshift_vector_pkg::ProductTop): begin
        factor_a = row_bytes;
        factor_b = {4'b0, pad_top};
      end
      default: factor_b = input_width;
    endcase
  end
  wire [AddressBits-1:0] product = factor_a * AddressBits'(factor_b);

  assign ready_o = full_q && step_q == Done;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q <= 1'b0;
      step_q <= Done;
    end else if (start_i) begin
      full_q <= 1'b0;
      step_q <= Done;
    end else if (write_i && write_last_i) begin
      full_q <= 1'b1;
      step_q <= '0;
    end else if (step_q != Done) begin
      step_q <= step_q + 3'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (write_i) begin
      for (int w = 0; w < Words; w++) begin
        if (write_word_i == 4'(w)) command_q[w*32 +: 32] <= write_data_i;
      end
    end
    for (int p = 0; p < evenshift_vector_pkg::Products; p++) begin
      if (step_q == 3'(p)) next_products_o[p*AddressBits +: AddressBits] <= product;
    end
    if (start_i) begin
      fields_o   <= next_fields_o;
      products_o <= next_products_o;
    end
  end
endmodule
