/// Walks through the reduction of a column block: its passes, and the rows of each. Rows go one by one with the weights
/// that are loaded for them; what the pass is stands still while the last row waits to be taken.
///
/// A pass of a depthwise command is as many whole kernel rows as fit into the array, or up to MacRows taps of one. A pass
/// of any other command is up to MacRows consecutive bytes of a run: a kernel row where pixels touch, otherwise the
/// channels of a tap.
module evenshift_pass_walker #(
  /// Rows of the array
  parameter int MacRows = 16,
  /// Bits of a scratchpad address
  parameter int AddressBits = 20
) (
  /// Clock
  input  logic                                                            clk_i,
  /// Go to the first pass
  input  logic                                                            start_i,
  /// A row is loaded
  input  logic                                                            row_i,
  /// The pass is taken: go to the next one
  input  logic                                                            next_i,
  /// The command
  input  logic [evenshift_commands_pkg::ConvBytes*8-1:0]                  command_i,
  /// Products of its fields
  input  logic [evenshift_pkg::Products*evenshift_pkg::ProductBits-1:0]   products_i,
  /// Kernel rows that fit into the array
  input  logic [$clog2(MacRows+1)-1:0]                                    kernel_rows_i,
  /// There are rows left to load
  output logic                                                            row_due_o,
  /// The row to load
  output logic [$clog2(MacRows)-1:0]                                      row_o,
  /// It is the last one of the pass
  output logic                                                            last_row_o,
  /// All rows are loaded, or the last one is in this cycle
  output logic                                                            loaded_o,
  /// Last pass of the block's reduction
  output logic                                                            last_pass_o,
  /// Rows of the pass
  output logic [$clog2(MacRows+1)-1:0]                                    rows_o,
  /// Depthwise: rows that a position reads anew where it shares columns with the one before
  output logic [$clog2(MacRows+1)-1:0]                                    fresh_rows_o,
  /// Row's tap: input rows below the window's first
  output logic [evenshift_pkg::CoordinateBits-1:0]                        tap_row_o,
  /// Row's tap: input columns right of the window's first
  output logic [evenshift_pkg::CoordinateBits-1:0]                        tap_column_o,
  /// Row's tap: bytes behind the window's first
  output logic [AddressBits-1:0]                                          tap_offset_o,
  /// Row's tap is read anew at every position
  output logic                                                            tap_fresh_o,
  /// Bytes of the run before the pass
  output logic [27:0]                                                     run_byte_o
);
  localparam int ProductBits = evenshift_pkg::ProductBits;
  localparam int CoordinateBits = evenshift_pkg::CoordinateBits;
  localparam int RowBits = $clog2(MacRows);
  localparam int RowsBits = $clog2(MacRows + 1);

  wire [15:0] inputs_per_group =
      command_i[evenshift_commands_pkg::ConvInputsPerGroupLsb +: evenshift_commands_pkg::ConvInputsPerGroupBits];
  wire [31:0] pixel_stride =
      command_i[evenshift_commands_pkg::ConvInputPixelStrideLsb +: evenshift_commands_pkg::ConvInputPixelStrideBits];
  wire [11:0] kernel_height =
      command_i[evenshift_commands_pkg::ConvKernelHeightLsb +: evenshift_commands_pkg::ConvKernelHeightBits];
  wire [11:0] kernel_width =
      command_i[evenshift_commands_pkg::ConvKernelWidthLsb +: evenshift_commands_pkg::ConvKernelWidthBits];
  wire [11:0] stride_width =
      command_i[evenshift_commands_pkg::ConvStrideWidthLsb +: evenshift_commands_pkg::ConvStrideWidthBits];
  wire [11:0] dilation_height =
      command_i[evenshift_commands_pkg::ConvDilationHeightLsb +: evenshift_commands_pkg::ConvDilationHeightBits];
  wire [11:0] dilation_width =
      command_i[evenshift_commands_pkg::ConvDilationWidthLsb +: evenshift_commands_pkg::ConvDilationWidthBits];
  wire        depthwise        = inputs_per_group == 16'd1;
  wire        touching         = dilation_width == 12'd1 && pixel_stride == {16'b0, inputs_per_group};
  wire [27:0] run              = products_i[evenshift_pkg::ProductRun*ProductBits +: 28];
  wire [AddressBits-1:0] tap_step_x = products_i[evenshift_pkg::ProductTapStepX*ProductBits +: AddressBits];
  wire [AddressBits-1:0] tap_step_y = products_i[evenshift_pkg::ProductTapStepY*ProductBits +: AddressBits];

  logic [RowsBits-1:0]    row_q;
  logic [11:0]            tap_y_q;
  logic [11:0]            tap_x_q;
  logic [AddressBits-1:0] kernel_row_offset_q;
  logic [RowsBits-1:0]    column_q;  // depthwise: the tap's column in the pass

  // The pass, from where its first row is; kept for the other rows.
  wire        first_row    = row_q == '0;
  wire [11:0] columns_left = kernel_width - tap_x_q;
  wire [11:0] rows_left    = kernel_height - tap_y_q;
  wire [27:0] run_left     = run - run_byte_o;
  wire        ends_run     = run_left <= 28'(MacRows);

  wire [RowsBits-1:0] width      = columns_left < 12'(MacRows) ? columns_left[RowsBits-1:0] : RowsBits'(MacRows);
  wire [RowsBits-1:0] height     = rows_left < 12'(kernel_rows_i) ? rows_left[RowsBits-1:0] : kernel_rows_i;
  wire                all_fresh  = dilation_width != 12'd1 || stride_width >= 12'(width);
  wire [RowsBits-1:0] new_width  = all_fresh ? width : stride_width[RowsBits-1:0];
  wire                ends_taps  = 12'(width) == columns_left && 12'(height) == rows_left;
  wire                last_tap   = (touching || columns_left == 12'd1) && rows_left == 12'd1;

  logic [RowsBits-1:0] rows_q, fresh_rows_q, width_q, new_width_q;
  logic                last_pass_q;
  wire  [RowsBits-1:0] pass_width = first_row ? width : width_q;
  wire  [RowsBits-1:0] pass_new_width = first_row ? new_width : new_width_q;

  always_comb begin
    rows_o       = rows_q;
    fresh_rows_o = fresh_rows_q;
    last_pass_o  = last_pass_q;
    if (first_row && depthwise) begin
      rows_o       = width * height;
      fresh_rows_o = new_width * height;
      last_pass_o  = ends_taps;
    end else if (first_row) begin
      rows_o       = ends_run ? RowsBits'(run_left) : RowsBits'(MacRows);
      fresh_rows_o = rows_o;
      last_pass_o  = ends_run && last_tap;
    end
  end

  assign row_o       = row_q[RowBits-1:0];
  assign row_due_o   = first_row || row_q != rows_q;
  assign last_row_o  = row_q + RowsBits'(1) == rows_o;
  assign loaded_o    = row_i ? last_row_o : !row_due_o;
  assign tap_fresh_o = pass_width - column_q <= pass_new_width;

  // The tap goes on with every row of a depthwise pass, otherwise with every run.
  wire steps_tap       = row_i && (depthwise || (last_row_o && ends_run));
  wire ends_kernel_row = (touching && !depthwise) || columns_left == 12'd1;
  wire ends_kernel     = ends_kernel_row && rows_left == 12'd1;

  always_ff @(posedge clk_i) begin
    if (start_i || next_i) row_q <= '0;
    else if (row_i) row_q <= row_q + RowsBits'(1);

    if (row_i && first_row) begin
      rows_q       <= rows_o;
      fresh_rows_q <= fresh_rows_o;
      last_pass_q  <= last_pass_o;
      width_q      <= width;
      new_width_q  <= new_width;
    end

    if (start_i) column_q <= '0;
    else if (row_i) column_q <= column_q + RowsBits'(1) == pass_width ? '0 : column_q + RowsBits'(1);

    if (start_i) run_byte_o <= '0;
    else if (row_i && last_row_o) run_byte_o <= ends_run || depthwise ? 28'd0 : run_byte_o + 28'(MacRows);

    if (start_i || (steps_tap && ends_kernel)) begin
      tap_y_q             <= '0;
      tap_x_q             <= '0;
      tap_row_o           <= '0;
      tap_column_o        <= '0;
      tap_offset_o        <= '0;
      kernel_row_offset_q <= '0;
    end else if (steps_tap && ends_kernel_row) begin
      tap_y_q             <= tap_y_q + 12'd1;
      tap_x_q             <= '0;
      tap_row_o           <= tap_row_o + CoordinateBits'(dilation_height);
      tap_column_o        <= '0;
      tap_offset_o        <= kernel_row_offset_q + tap_step_y;
      kernel_row_offset_q <= kernel_row_offset_q + tap_step_y;
    end else if (steps_tap) begin
      tap_x_q      <= tap_x_q + 12'd1;
      tap_column_o <= tap_column_o + CoordinateBits'(dilation_width);
      tap_offset_o <= tap_offset_o + tap_step_x;
    end
  end
endmodule
