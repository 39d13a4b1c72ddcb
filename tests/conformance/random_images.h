#pragma once

#include "tests/conformance/engines.h"
#include "tests/support/random_image.h"

namespace evenshift::conformance {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// Images that every engine runs: MAC arrays of 4 × 4 to 32 × 32, few of the large ones, which take the RTL longest.
inline support::RandomImageOptions image_options(std::uint64_t seed) {
  support::RandomImageOptions options;
  options.seed = seed;
  const std::size_t array = seed % 64 == 63 ? 3 : seed % 16 == 15 ? 2 : seed % 4 == 3 ? 1 : 0;
  options.mac_rows = options.mac_cols = {kBuiltArrays[array]};
  options.max_layers = 3;
  options.max_height = 8;
  options.max_width = 9;
  options.max_channels = array == 0 ? 24 : 40;
  options.max_kernel = 4;
  return options;
}

/// Images for machines that have no RTL: any array, wide layers, weights that are data.
inline support::RandomImageOptions odd_image_options(std::uint64_t seed) {
  support::RandomImageOptions options;
  options.seed = seed + 1'000'000;
  options.mac_rows = {1, 3, 5, 7, 24, 64};
  options.mac_cols = {2, 6, 9, 16, 48};
  options.weights_from_data = seed % 4 == 0;
  if (options.weights_from_data) {
    options.max_channels = 6;
    options.max_kernel = 2;
  } else if (seed % 4 == 1) {
    options.max_channels = 150;
    options.max_kernel = 3;
    options.max_layers = 2;
    options.scratchpad_bytes = 1 << 20;
  }
  return options;
}

}  // namespace evenshift::conformance
