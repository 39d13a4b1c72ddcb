#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evenshift::compiler {

/// What the compiler is asked to do; the `compile:` section of a configuration file. What the machine can do
/// (shift_bits, rounding, requant_scale, …) is NpuConfig.
struct CompileOptions {
  std::int64_t weight_bits = 8;
  /// Exceptions, as "PATTERN=BITS, …": the first pattern that a layer's name matches counts; `*` stands for any text.
  std::string layer_weight_bits;
  std::int64_t activation_bits = 8;
  /// Methods, comma-separated: see composition.h and docs/equalization.md.
  std::string equalize = "auto";
  /// `min_max`, `moving_average`, `percentile`, `kl` or `mse` (least squared error).
  std::string calibration = "min_max";
  double percentile = 99.99;  ///< of the absolute deviation that `percentile` keeps
  std::int64_t calibration_images = 64;
};

/// As visit_npu_config, for the `compile:` section.
template <typename Options, typename Visitor>
void visit_compile_options(Options& options, Visitor&& visitor) {
  visitor.section("");
  visitor.field("weight_bits", options.weight_bits, 2, 8, "bits of a weight");
  visitor.field("layer_weight_bits", options.layer_weight_bits,
                "bits of single layers, as NAME=BITS, comma-separated; * in a name stands for any text");
  visitor.field("activation_bits", options.activation_bits, 4, 8, "bits of an activation");
  visitor.field("equalize", options.equalize, "methods of equalization, rounding and correction, comma-separated");
  visitor.field("calibration", options.calibration,
                "how activation ranges are found: min_max, moving_average, percentile, kl, mse");
  visitor.field("percentile", options.percentile, 50.0, 100.0, "share of the values that calibration percentile keeps");
  visitor.field("calibration_images", options.calibration_images, 1, 1000000, "images that calibration reads at most");
}

/// One exception of layer_weight_bits.
struct LayerBits {
  std::string pattern;
  int bits = 8;
};

/// The exceptions of layer_weight_bits. Throws Error where the text is not NAME=BITS with 2 to 8 bits.
std::vector<LayerBits> parse_layer_weight_bits(const std::string& text);

/// Whether `name` is `pattern`, in which `*` stands for any text.
bool matches_pattern(std::string_view name, std::string_view pattern);

/// Bits of a layer's weights.
int weight_bits_of(const CompileOptions& options, const std::string& layer);

}  // namespace evenshift::compiler
