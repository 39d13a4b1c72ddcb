/// The beats of a command of the vector unit and where they lie: pixels of the output tile (or rows of elements), in
/// each of them up to `lanes` elements at a time, for each of those the taps of the window.
module evenshift_vector_walker #(
  /// Elements per cycle
  parameter int Lanes = 16,
  /// Bits of a scratchpad address
  parameter int AddressBits = 20
) (
  /// Clock
  input  logic                                                  clk_i,
  /// A command begins
  input  logic                                                  start_i,
  /// Its fields
  input  logic [evenshift_vector_pkg::FieldsBits-1:0]           next_fields_i,
  /// Its products
  input  logic [evenshift_vector_pkg::Products*AddressBits-1:0] next_products_i,
  /// Fields of the command that is executed
  input  logic [evenshift_vector_pkg::FieldsBits-1:0]           fields_i,
  /// Products of the command that is executed
  input  logic [evenshift_vector_pkg::Products*AddressBits-1:0] products_i,
  /// Lanes in use
  input  logic [$clog2(Lanes+1)-1:0]                            lanes_i,

  /// The index of a gather's first row is read
  input  logic                                                  first_index_i,
  /// The index of a row of a gather has come
  input  logic                                                  row_index_i,
  /// The index of a column of a gather has come
  input  logic                                                  column_index_i,
  /// The index
  input  logic [15:0]                                           index_i,
  /// The index lies outside the tile
  output logic                                                  index_fault_o,

  /// The beat is taken
  input  logic                                                  step_i,
  /// Elements of the beat
  output logic [$clog2(Lanes+1)-1:0]                            count_o,
  /// First element of the first operand
  output logic [AddressBits-1:0]                                a_address_o,
  /// First element of the second operand
  output logic [AddressBits-1:0]                                b_address_o,
  /// First output
  output logic [AddressBits-1:0]                                output_address_o,
  /// The beat begins a window
  output logic                                                  first_tap_o,
  /// The beat ends a window: its outputs are written
  output logic                                                  last_tap_o,
  /// The tap lies inside the tile
  output logic                                                  inside_o,
  /// Last beat of a pixel
  output logic                                                  ends_pixel_o,
  /// Last beat of a row of pixels
  output logic                                                  ends_row_o,
  /// Last beat of the command
  output logic                                                  ends_command_o,
  /// Where the table has what the beat needs, or what the next pixel does
  output logic [AddressBits-1:0]                                table_address_o
);
  localparam int CoordinateBits = evenshift_pkg::CoordinateBits;
  localparam int LanesBits = $clog2(Lanes + 1);

  wire                   max_pool        = fields_i[evenshift_vector_pkg::MaxPoolLsb];
  wire                   average_pool    = fields_i[evenshift_vector_pkg::AveragePoolLsb];
  wire                   parametric_relu = fields_i[evenshift_vector_pkg::ParametricReluLsb];
  wire                   gather          = fields_i[evenshift_vector_pkg::GatherLsb];
  wire                   by_count        = fields_i[evenshift_vector_pkg::ByCountLsb];
  wire [27:0]            row_elements    = fields_i[evenshift_vector_pkg::RowElementsLsb +: 28];
  wire [15:0]            input_height    = fields_i[evenshift_vector_pkg::InputHeightLsb +: 16];
  wire [15:0]            input_width     = fields_i[evenshift_vector_pkg::InputWidthLsb +: 16];
  wire [15:0]            output_height   = fields_i[evenshift_vector_pkg::OutputHeightLsb +: 16];
  wire [15:0]            output_width    = fields_i[evenshift_vector_pkg::OutputWidthLsb +: 16];
  wire [11:0]            kernel_height   = fields_i[evenshift_vector_pkg::KernelHeightLsb +: 12];
  wire [11:0]            kernel_width    = fields_i[evenshift_vector_pkg::KernelWidthLsb +: 12];
  wire [11:0]            stride_height   = fields_i[evenshift_vector_pkg::StrideHeightLsb +: 12];
  wire [11:0]            stride_width    = fields_i[evenshift_vector_pkg::StrideWidthLsb +: 12];
  wire [11:0]            dilation_height = fields_i[evenshift_vector_pkg::DilationHeightLsb +: 12];
  wire [11:0]            dilation_width  = fields_i[evenshift_vector_pkg::DilationWidthLsb +: 12];
  wire [11:0]            pad_left        = fields_i[evenshift_vector_pkg::PadLeftLsb +: 12];
  wire [AddressBits-1:0] a_address       = fields_i[evenshift_vector_pkg::AAddressLsb +: AddressBits];
  wire [AddressBits-1:0] b_address       = fields_i[evenshift_vector_pkg::BAddressLsb +: AddressBits];
  wire [AddressBits-1:0] table_address   = fields_i[evenshift_vector_pkg::TableAddressLsb +: AddressBits];
  wire [AddressBits-1:0] row_bytes       = products_i[evenshift_vector_pkg::ProductRowBytes*AddressBits +: AddressBits];
  wire [AddressBits-1:0] step_x          = products_i[evenshift_vector_pkg::ProductStepX*AddressBits +: AddressBits];
  wire [AddressBits-1:0] step_y          = products_i[evenshift_vector_pkg::ProductStepY*AddressBits +: AddressBits];
  wire [AddressBits-1:0] tap_step_x      = products_i[evenshift_vector_pkg::ProductTapStepX*AddressBits +: AddressBits];
  wire [AddressBits-1:0] tap_step_y      = products_i[evenshift_vector_pkg::ProductTapStepY*AddressBits +: AddressBits];

  wire pool = max_pool || average_pool;
  wire tile = pool || gather;

  // Of the command that begins.
  wire [11:0]               next_pad_left = next_fields_i[evenshift_vector_pkg::PadLeftLsb +: 12];
  wire [11:0]               next_pad_top  = next_fields_i[evenshift_vector_pkg::PadTopLsb +: 12];
  wire [AddressBits-1:0]    next_corner   = next_fields_i[evenshift_vector_pkg::AAddressLsb +: AddressBits] -
      next_products_i[evenshift_vector_pkg::ProductLeft*AddressBits +: AddressBits] -
      next_products_i[evenshift_vector_pkg::ProductTop*AddressBits +: AddressBits];
  wire [CoordinateBits-1:0] next_origin_x = -{{(CoordinateBits - 12) {1'b0}}, next_pad_left};
  wire [CoordinateBits-1:0] next_origin_y = -{{(CoordinateBits - 12) {1'b0}}, next_pad_top};

  // Where the walk is: pixel, element of it, tap.
  logic [15:0]               x_q, y_q;
  logic [27:0]               elements_left_q;
  logic [27:0]               element_q;
  logic [11:0]               kernel_x_q, kernel_y_q;
  logic [CoordinateBits-1:0] origin_x_q, origin_y_q;  // input coordinates of the window's first tap
  logic [CoordinateBits-1:0] tap_x_q, tap_y_q;
  logic [AddressBits-1:0]    row_address_q;     // first element of the first tap of the row's first window
  logic [AddressBits-1:0]    window_address_q;  // of the window's first tap
  logic [AddressBits-1:0]    tap_row_address_q, tap_address_q;
  logic [16:0]               taps_q;  // inside the tile, of this window so far

  wire [27:0] elements_behind = row_elements - element_q;
  wire        ends_elements   = elements_behind <= {{(28 - LanesBits) {1'b0}}, lanes_i};
  wire        ends_kernel_row = kernel_x_q + 12'd1 == kernel_width;
  wire        last_column     = x_q + 16'd1 == output_width;
  wire        last_row        = y_q + 16'd1 == output_height;

  assign count_o        = ends_elements ? elements_behind[LanesBits-1:0] : lanes_i;
  assign first_tap_o    = kernel_x_q == 12'd0 && kernel_y_q == 12'd0;
  assign last_tap_o     = ends_kernel_row && kernel_y_q + 12'd1 == kernel_height;
  assign ends_pixel_o   = last_tap_o && ends_elements;
  assign ends_row_o     = ends_pixel_o && last_column;
  assign ends_command_o =
      ends_pixel_o && (tile ? last_column && last_row : elements_left_q == {{(28 - LanesBits) {1'b0}}, count_o});

  // Coordinates before the tile are the largest when they are read without a sign.
  wire inside_y = tap_y_q < {{(CoordinateBits - 16) {1'b0}}, input_height};
  wire inside_x = tap_x_q < {{(CoordinateBits - 16) {1'b0}}, input_width};
  assign inside_o    = !pool || (inside_y && inside_x);
  assign a_address_o = tap_address_q + AddressBits'(element_q);
  assign b_address_o = b_address + AddressBits'(element_q);

  // Tables.
  wire [16:0] taps  = (first_tap_o ? 17'd0 : taps_q) + {16'b0, inside_o};
  wire [16:0] entry = by_count && taps != 17'd0 ? taps - 17'd1 : 17'd0;
  wire [17:0] index = first_index_i ? 18'd0 : ends_row_o ? {2'b0, y_q} + 18'd1 : {2'b0, output_height} + {2'b0, x_q} + 18'd1;

  logic [AddressBits-1:0] table_offset;
  always_comb begin
    table_offset = '0;
    if (average_pool) table_offset = AddressBits'({entry, 3'b0});
    if (parametric_relu) table_offset = AddressBits'({element_q, 2'b0});
    if (gather) table_offset = row_index_i ? AddressBits'({output_height, 1'b0}) : AddressBits'({index, 1'b0});
  end
  assign table_address_o = table_address + table_offset;

  // A gather's pixel.
  wire [AddressBits-1:0] indexed =
      (row_index_i ? a_address : row_address_q) +
      AddressBits'(index_i) * (row_index_i ? row_bytes : AddressBits'(row_elements));
  assign index_fault_o = (row_index_i && index_i >= input_height) || (column_index_i && index_i >= input_width);

  // The next window.
  wire [AddressBits-1:0] next_row_address = row_address_q + step_y;
  wire [AddressBits-1:0] next_window_address =
      !pool ? window_address_q + AddressBits'(row_elements) :
      last_column ? next_row_address : window_address_q + step_x;
  wire [CoordinateBits-1:0] next_x =
      last_column ? -{{(CoordinateBits - 12) {1'b0}}, pad_left} : origin_x_q + {{(CoordinateBits - 12) {1'b0}}, stride_width};
  wire [CoordinateBits-1:0] next_y =
      last_column ? origin_y_q + {{(CoordinateBits - 12) {1'b0}}, stride_height} : origin_y_q;
  wire [AddressBits-1:0] next_tap_row_address = tap_row_address_q + tap_step_y;

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      x_q               <= '0;
      y_q               <= '0;
      elements_left_q   <= next_fields_i[evenshift_vector_pkg::ElementsLsb +: 28];
      element_q         <= '0;
      kernel_x_q        <= '0;
      kernel_y_q        <= '0;
      origin_x_q        <= next_origin_x;
      origin_y_q        <= next_origin_y;
      tap_x_q           <= next_origin_x;
      tap_y_q           <= next_origin_y;
      row_address_q     <= next_corner;
      window_address_q  <= next_corner;
      tap_row_address_q <= next_corner;
      tap_address_q     <= next_corner;
      output_address_o  <= next_fields_i[evenshift_vector_pkg::OutputAddressLsb +: AddressBits];
    end else if (row_index_i) begin
      row_address_q <= indexed;
    end else if (column_index_i) begin
      tap_address_q <= indexed;
    end else if (step_i) begin
      taps_q <= taps;
      if (!last_tap_o) begin
        if (!ends_kernel_row) begin
          kernel_x_q    <= kernel_x_q + 12'd1;
          tap_x_q       <= tap_x_q + {{(CoordinateBits - 12) {1'b0}}, dilation_width};
          tap_address_q <= tap_address_q + tap_step_x;
        end else begin
          kernel_x_q        <= '0;
          kernel_y_q        <= kernel_y_q + 12'd1;
          tap_x_q           <= origin_x_q;
          tap_y_q           <= tap_y_q + {{(CoordinateBits - 12) {1'b0}}, dilation_height};
          tap_row_address_q <= next_tap_row_address;
          tap_address_q     <= next_tap_row_address;
        end
      end else begin
        kernel_x_q       <= '0;
        kernel_y_q       <= '0;
        elements_left_q  <= elements_left_q - {{(28 - LanesBits) {1'b0}}, count_o};
        output_address_o <= output_address_o + AddressBits'(count_o);
        if (!ends_elements) begin
          element_q <= element_q + {{(28 - LanesBits) {1'b0}}, count_o};
          tap_x_q   <= origin_x_q;
          tap_y_q   <= origin_y_q;
          if (pool) begin
            tap_row_address_q <= window_address_q;
            tap_address_q     <= window_address_q;
          end
        end else begin
          element_q         <= '0;
          x_q               <= last_column ? '0 : x_q + 16'd1;
          if (last_column) begin
            y_q           <= y_q + 16'd1;
            row_address_q <= next_row_address;
          end
          origin_x_q        <= next_x;
          origin_y_q        <= next_y;
          tap_x_q           <= next_x;
          tap_y_q           <= next_y;
          window_address_q  <= next_window_address;
          tap_row_address_q <= next_window_address;
          tap_address_q     <= next_window_address;
        end
      end
    end
  end
endmodule
