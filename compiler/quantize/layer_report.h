#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evenshift::compiler {

/// What quantization did to a conv layer, for the table that `compile` prints.
struct LayerReport {
  std::string name;
  std::string kind;
  std::int64_t weight_bits = 8;
  std::int64_t channels = 0;
  std::int64_t dead_channels = 0;             ///< R_c = 0 or denormal
  std::vector<std::int64_t> shift_histogram;  ///< channels by k_c, 2^shift_bits entries
  double mean_range_ratio_before = 1;         ///< mean of R_c / L over the channels that are not dead
  double min_range_ratio_before = 1;
  double mean_range_ratio_after = 1;  ///< of R_c · 2^k_c / L
  double min_range_ratio_after = 1;
  double weight_sqnr_db_before = 0;  ///< with one scale for the layer and no shifts
  double weight_sqnr_db_after = 0;
  std::vector<std::int64_t> lowered_channels;  ///< k_c (or n_c) lowered so that the accumulator cannot overflow
  /// channel_shift_only: channels whose weights are above what n_c = 0 can carry, and are clipped to it.
  std::vector<std::int64_t> clipped_channels;
  bool is_imported =
      false;                ///< integers of a network that was quantized already; the ratios and SQNR above say nothing
  double scale_raised = 1;  ///< factor by which S_w had to grow for the same reason, 1 mostly
};

}  // namespace evenshift::compiler
