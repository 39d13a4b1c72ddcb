#include "compiler/quantize/quantize_pool.h"

#include <cmath>

#include "arch/base/ceil_divide.h"
#include "compiler/quantize/rescale.h"

namespace evenshift::compiler {
namespace {

/// 1 / taps, rounded up.
Rescale reciprocal(std::int64_t taps, int multiplier_bits) {
  int exponent = 0;
  std::frexp(1.0 / static_cast<double>(taps), &exponent);
  const int shift = multiplier_bits - 1 - exponent;
  const std::int64_t one = std::int64_t{1} << shift;
  return {static_cast<std::int32_t>(ceil_divide(one, taps)), shift};
}

}  // namespace

QuantizedAveragePool quantize_average_pool(const AveragePool& pool, const QuantParams& input, const QuantParams& output,
                                           const NpuConfig::Requantizer& requantizer) {
  const Window& w = pool.window;
  const std::int64_t taps = w.kernel_height * w.kernel_width;
  const bool padded = w.pad_top > 0 || w.pad_left > 0 || w.pad_bottom > 0 || w.pad_right > 0;
  const bool counts_all = pool.count_padding || !padded;
  const int bits = static_cast<int>(requantizer.multiplier_bits);
  const bool averages_codes =
      requantizer.rounding == RoundingMode::tflite_double && input == output && !(pool.count_padding && padded);
  QuantizedAveragePool result{input.zero_point, {}, output_range(pool.clamp, output)};
  if (averages_codes) result.input_zero_point = result.range.zero_point = 0;
  for (std::int64_t count = counts_all ? taps : 1; count <= taps; ++count)
    result.by_count.push_back(averages_codes
                                  ? reciprocal(count, bits)
                                  : rescale_for(input.scale / output.scale / static_cast<double>(count), bits));
  return result;
}

}  // namespace evenshift::compiler
