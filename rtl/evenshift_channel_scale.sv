/// The effective scale of an output channel: its multiplier, and its total shift, saturated at 63. Combinational.
module evenshift_channel_scale #(
  /// Bits of M
  parameter int MultiplierBits = 31,
  /// Bits of k_c of layer_with_channel_shift
  parameter int ShiftBits = 4,
  /// A requantization scale of evenshift_pkg, or ScaleAtRunTime
  parameter int RequantScale = evenshift_pkg::ScaleAtRunTime
) (
  /// Requantization scale, where RequantScale is ScaleAtRunTime
  input  logic [1:0]                requant_scale_i,
  /// M of the layer
  input  logic [MultiplierBits-1:0] multiplier_i,
  /// n of the layer
  input  logic [5:0]                shift_i,
  /// M_c of the channel, for channel_multiplier
  input  logic [MultiplierBits-1:0] channel_multiplier_i,
  /// k_c or n_c of the channel
  input  logic [5:0]                channel_shift_i,
  /// M_c of the effective scale
  output logic [MultiplierBits-1:0] multiplier_o,
  /// n + k_c of the effective scale
  output logic [5:0]                shift_o
);
  localparam logic [MultiplierBits-1:0] One = 1;
  localparam logic [5:0] ChannelShiftMask = 6'((1 << ShiftBits) - 1);

  logic [6:0] sum;
  logic [5:0] saturated;

  assign sum       = {1'b0, shift_i} + {1'b0, channel_shift_i & ChannelShiftMask};
  assign saturated = sum[6] ? 6'd63 : sum[5:0];

  if (RequantScale == evenshift_pkg::ScaleLayer) begin : g_layer
    assign multiplier_o = multiplier_i;
    assign shift_o      = shift_i;
  end else if (RequantScale == evenshift_pkg::ScaleLayerWithChannelShift) begin : g_layer_with_channel_shift
    assign multiplier_o = multiplier_i;
    assign shift_o      = saturated;
  end else if (RequantScale == evenshift_pkg::ScaleChannelShiftOnly) begin : g_channel_shift_only
    assign multiplier_o = One;
    assign shift_o      = channel_shift_i;
  end else if (RequantScale == evenshift_pkg::ScaleChannelMultiplier) begin : g_channel_multiplier
    assign multiplier_o = channel_multiplier_i;
    assign shift_o      = channel_shift_i;
  end else begin : g_run_time
    always_comb begin
      case (requant_scale_i)
        2'(evenshift_pkg::ScaleLayer): begin
          multiplier_o = multiplier_i;
          shift_o      = shift_i;
        end
        2'(evenshift_pkg::ScaleLayerWithChannelShift): begin
          multiplier_o = multiplier_i;
          shift_o      = saturated;
        end
        2'(evenshift_pkg::ScaleChannelShiftOnly): begin
          multiplier_o = One;
          shift_o      = channel_shift_i;
        end
        default: begin
          multiplier_o = channel_multiplier_i;
          shift_o      = channel_shift_i;
        end
      endcase
    end
  end
endmodule
