#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evenshift::compiler {

/// What the compiler is asked to do; the `compile:` section of a configuration file. What the machine can do
/// (shift_bits, rounding, requant_scale, …) is NpuConfig.
struct CompileOptions {
  std::int64_t weight_bits = 8;
  std::int64_t activation_bits = 8;
  /// Methods in order, comma-separated: `none`, or `shift`; see docs/equalization.md.
  std::string equalize = "shift";
  /// `min_max`, `percentile` or `mse` (least squared error).
  std::string calibration = "min_max";
  double percentile = 99.99;  ///< of the absolute deviation that `percentile` keeps
  std::int64_t calibration_images = 64;
};

/// As visit_npu_config, for the `compile:` section.
template <typename Options, typename Visitor>
void visit_compile_options(Options& options, Visitor&& visitor) {
  visitor.section("");
  visitor.field("weight_bits", options.weight_bits, 2, 8, "bits of a weight");
  visitor.field("activation_bits", options.activation_bits, 4, 8, "bits of an activation");
  visitor.field("equalize", options.equalize, "equalization methods, comma-separated: none, shift");
  visitor.field("calibration", options.calibration, "how activation ranges are found: min_max, percentile, mse");
  visitor.field("percentile", options.percentile, 50.0, 100.0, "share of the values that calibration percentile keeps");
  visitor.field("calibration_images", options.calibration_images, 1, 1000000, "images that calibration reads at most");
}

}  // namespace evenshift::compiler
