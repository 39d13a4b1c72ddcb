/// The command registers: the words of the next conv command are written here while the core still works on the one
/// before. The last word starts the preparation: one multiplier makes the products of fields that address generation
/// needs, one a cycle, so that the core itself only adds. `start_i` takes the command over.
///
/// Products, of the names in evenshift_pkg:
///   Run          bytes that lie together: inputs_per_group, times kernel_width where pixels touch
///   RowBytes     inputs_per_group · input_width
///   StepX, StepY         pixel_stride · stride_width, row_stride · stride_height
///   TapStepX, TapStepY   pixel_stride · dilation_width, row_stride · dilation_height
///   Left, Top            pixel_stride · pad_left, row_stride · pad_top
///   Positions    output_height · output_width
/// Beside them, the kernel rows that fit into the array: MacRows / kernel_width, at least 1.
module evenshift_command_port #(
  /// Rows of the array
  parameter int MacRows = 16
) (
  /// Clock
  input  logic        clk_i,
  /// Reset, active low
  input  logic        rst_ni,
  /// Write a word of the next command
  input  logic        write_i,
  /// Its number
  input  logic [4:0]  write_word_i,
  /// The word
  input  logic [31:0] write_data_i,
  /// The next command is prepared
  output logic        ready_o,
  /// Take the next command
  input  logic        start_i,
  /// The next command, encoded
  output logic [evenshift_commands_pkg::ConvBytes*8-1:0]                  next_command_o,
  /// The command taken last, encoded
  output logic [evenshift_commands_pkg::ConvBytes*8-1:0]                  command_o,
  /// Products of the command taken last
  output logic [evenshift_pkg::Products*evenshift_pkg::ProductBits-1:0] products_o,
  /// Kernel rows that fit into the array, of the command taken last
  output logic [$clog2(MacRows+1)-1:0] kernel_rows_o
);
  localparam int Words = evenshift_commands_pkg::ConvBytes / 4;
  localparam int ProductBits = evenshift_pkg::ProductBits;
  localparam logic [3:0] Done = 4'(evenshift_pkg::Products);
  localparam logic [3:0] Empty = 4'd15;

  localparam int RowsBits = $clog2(MacRows + 1);

  logic [3:0]             step_q;
  logic [evenshift_pkg::Products*ProductBits-1:0] next_products_q;
  logic [31:0]            factor_a;
  logic [15:0]            factor_b;
  logic [ProductBits-1:0] product;

  wire [31:0] pixel_stride =
      next_command_o[evenshift_commands_pkg::ConvInputPixelStrideLsb +: evenshift_commands_pkg::ConvInputPixelStrideBits];
  wire [31:0] row_stride =
      next_command_o[evenshift_commands_pkg::ConvInputRowStrideLsb +: evenshift_commands_pkg::ConvInputRowStrideBits];
  wire [15:0] inputs =
      next_command_o[evenshift_commands_pkg::ConvInputsPerGroupLsb +: evenshift_commands_pkg::ConvInputsPerGroupBits];
  wire [15:0] input_width =
      next_command_o[evenshift_commands_pkg::ConvInputWidthLsb +: evenshift_commands_pkg::ConvInputWidthBits];
  wire [15:0] output_height =
      next_command_o[evenshift_commands_pkg::ConvOutputHeightLsb +: evenshift_commands_pkg::ConvOutputHeightBits];
  wire [15:0] output_width =
      next_command_o[evenshift_commands_pkg::ConvOutputWidthLsb +: evenshift_commands_pkg::ConvOutputWidthBits];
  wire [11:0] kernel_width =
      next_command_o[evenshift_commands_pkg::ConvKernelWidthLsb +: evenshift_commands_pkg::ConvKernelWidthBits];
  wire [11:0] stride_width =
      next_command_o[evenshift_commands_pkg::ConvStrideWidthLsb +: evenshift_commands_pkg::ConvStrideWidthBits];
  wire [11:0] stride_height =
      next_command_o[evenshift_commands_pkg::ConvStrideHeightLsb +: evenshift_commands_pkg::ConvStrideHeightBits];
  wire [11:0] dilation_width =
      next_command_o[evenshift_commands_pkg::ConvDilationWidthLsb +: evenshift_commands_pkg::ConvDilationWidthBits];
  wire [11:0] dilation_height =
      next_command_o[evenshift_commands_pkg::ConvDilationHeightLsb +: evenshift_commands_pkg::ConvDilationHeightBits];
  wire [11:0] pad_left =
      next_command_o[evenshift_commands_pkg::ConvPadLeftLsb +: evenshift_commands_pkg::ConvPadLeftBits];
  wire [11:0] pad_top =
      next_command_o[evenshift_commands_pkg::ConvPadTopLsb +: evenshift_commands_pkg::ConvPadTopBits];
  wire        touching        = dilation_width == 12'd1 && pixel_stride == {16'b0, inputs};

  always_comb begin
    factor_a = pixel_stride;
    factor_b = '0;
    case (step_q)
      4'(evenshift_pkg::ProductRun): begin
        factor_a = {16'b0, inputs};
        factor_b = touching ? {4'b0, kernel_width} : 16'd1;
      end
      4'(evenshift_pkg::ProductRowBytes): begin
        factor_a = {16'b0, inputs};
        factor_b = input_width;
      end
      4'(evenshift_pkg::ProductStepX):    factor_b = {4'b0, stride_width};
      4'(evenshift_pkg::ProductTapStepX): factor_b = {4'b0, dilation_width};
      4'(evenshift_pkg::ProductLeft):     factor_b = {4'b0, pad_left};
      4'(evenshift_pkg::ProductStepY): begin
        factor_a = row_stride;
        factor_b = {4'b0, stride_height};
      end
      4'(evenshift_pkg::ProductTapStepY): begin
        factor_a = row_stride;
        factor_b = {4'b0, dilation_height};
      end
      4'(evenshift_pkg::ProductTop): begin
        factor_a = row_stride;
        factor_b = {4'b0, pad_top};
      end
      4'(evenshift_pkg::ProductPositions): begin
        factor_a = {16'b0, output_height};
        factor_b = output_width;
      end
      default: factor_a = pixel_stride;
    endcase
  end
  assign product = {16'b0, factor_a} * {32'b0, factor_b};
  assign ready_o = step_q == Done;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) step_q <= Empty;
    else if (start_i) step_q <= Empty;
    else if (write_i && write_word_i == 5'(Words - 1)) step_q <= '0;
    else if (step_q < Done) step_q <= step_q + 4'd1;
  end

  always_ff @(posedge clk_i) begin
    if (write_i) begin
      for (int w = 0; w < Words; w++) begin
        if (write_word_i == 5'(w)) next_command_o[w*32 +: 32] <= write_data_i;
      end
    end
    if (step_q < Done) begin
      for (int p = 0; p < evenshift_pkg::Products; p++) begin
        if (step_q == 4'(p)) next_products_q[p*ProductBits +: ProductBits] <= product;
      end
    end
    if (start_i) begin
      command_o     <= next_command_o;
      products_o    <= next_products_q;
      kernel_rows_o <= RowsBits'(1);
      for (int rows = 2; rows <= MacRows; rows++) begin
        if (20'(rows) * {8'b0, kernel_width} <= 20'(MacRows)) kernel_rows_o <= RowsBits'(rows);
      end
    end
  end
endmodule
