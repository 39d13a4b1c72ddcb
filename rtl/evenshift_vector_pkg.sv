/// Widths inside the vector unit, and the bus of what a command says: the fields of evenshift_vector_decode.
package evenshift_vector_pkg;
  // Of the longest command of the vector unit.
  localparam int CommandBytes = 40;

  // Bytes of a table that a lookup takes over in a cycle.
  localparam int TableLoadBytes = 16;
  localparam int TableLoadCycles = 256 / TableLoadBytes;

  // Products of a command's fields, see evenshift_vector_command.
  localparam int ProductRowBytes = 0;
  localparam int ProductStepX = 1;
  localparam int ProductStepY = 2;
  localparam int ProductTapStepX = 3;
  localparam int ProductTapStepY = 4;
  localparam int ProductLeft = 5;
  localparam int ProductTop = 6;
  localparam int Products = 7;

  // The bus. Fields that a command does not have are those of one that leaves every value as it is.
  localparam int AddLsb = 0;                    //  1 bits: it is an add
  localparam int MultiplyLsb = 1;               //  1 bits: it is a multiply
  localparam int MaxPoolLsb = 2;                //  1 bits: it is a max_pool
  localparam int AveragePoolLsb = 3;            //  1 bits: it is an average_pool
  localparam int LookupLsb = 4;                 //  1 bits: it is a lookup
  localparam int ParametricReluLsb = 5;         //  1 bits: it is a parametric_relu
  localparam int GatherLsb = 6;                 //  1 bits: it is a gather
  localparam int FillLsb = 7;                   //  1 bits: it is a fill
  localparam int AAddressLsb = 8;               // 32 bits: first operand or input
  localparam int BAddressLsb = 40;              // 32 bits: second operand
  localparam int OutputAddressLsb = 72;         // 32 bits: output
  localparam int TableAddressLsb = 104;         // 32 bits: table
  localparam int ElementsLsb = 136;             // 28 bits: outputs, where there is no output tile
  localparam int RowElementsLsb = 164;          // 28 bits: outputs of a row
  localparam int InputHeightLsb = 192;          // 16 bits: rows of the input tile
  localparam int InputWidthLsb = 208;           // 16 bits: columns of the input tile
  localparam int OutputHeightLsb = 224;         // 16 bits: rows of the output tile
  localparam int OutputWidthLsb = 240;          // 16 bits: columns of the output tile
  localparam int KernelHeightLsb = 256;         // 12 bits: rows of the window, 1 where there is none
  localparam int KernelWidthLsb = 268;          // 12 bits: columns of the window, 1 where there is none
  localparam int StrideHeightLsb = 280;         // 12 bits: rows from one output to the next
  localparam int StrideWidthLsb = 292;          // 12 bits: columns from one output to the next
  localparam int DilationHeightLsb = 304;       // 12 bits: rows from one tap to the next
  localparam int DilationWidthLsb = 316;        // 12 bits: columns from one tap to the next
  localparam int PadTopLsb = 328;               // 12 bits: rows of padding above the tile
  localparam int PadLeftLsb = 340;              // 12 bits: columns of padding left of the tile
  localparam int ByCountLsb = 352;              //  1 bits: the table's entry is chosen by the number of taps inside the tile
  localparam int ZeroPointALsb = 353;           //  8 bits: signed zero point of the first operand
  localparam int ZeroPointBLsb = 361;           //  8 bits: signed zero point of the second operand
  localparam int MultiplierALsb = 369;          // 32 bits: signed multiplier of the first operand
  localparam int MultiplierBLsb = 401;          // 32 bits: signed multiplier of the second operand, 0 where there is none
  localparam int ShiftLsb = 433;                //  6 bits: shift amount
  localparam int OutputZeroPointLsb = 439;      //  8 bits: signed zero point of the output
  localparam int ClampLowLsb = 447;             //  8 bits: least signed output code
  localparam int ClampHighLsb = 455;            //  8 bits: greatest signed output code
  localparam int ValueLsb = 463;                //  8 bits: signed code that a fill writes
  localparam int FieldsBits = 471;
endpackage
