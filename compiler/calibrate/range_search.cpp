#include "compiler/calibrate/range_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "arch/numerics/quantization.h"

namespace evenshift::compiler {
namespace {

/// Numbers at most this many may lie outside on one side.
std::int64_t allowed_outside(std::int64_t total, double percentile) {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(total) * (100 - percentile) / 200));
}

}  // namespace

ValueRange percentile_range(const Histogram& histogram, double percentile) {
  std::vector<Histogram::Bin> bins = histogram.bins();
  if (histogram.zeros() > 0) {
    const auto after = std::ranges::find_if(bins, [](const Histogram::Bin& bin) { return bin.low >= 0; });
    bins.insert(after, {0, 0, histogram.zeros()});
  }
  const std::int64_t allowed = allowed_outside(histogram.total(), percentile);
  ValueRange range;
  std::int64_t below = 0;
  for (auto bin = bins.begin(); bin != bins.end(); below += bin++->count)
    if (below + bin->count > allowed) {
      range.low = std::min(bin->low, 0.0);
      break;
    }
  std::int64_t above = 0;
  for (auto bin = bins.rbegin(); bin != bins.rend(); above += bin++->count)
    if (above + bin->count > allowed) {
      range.high = std::max(bin->high, 0.0);
      break;
    }
  return range;
}

double squared_error(const std::vector<Histogram::Bin>& bins, const ValueRange& range, int bits) {
  const QuantParams params = quant_params_from_range(range.low, range.high, bits);
  double sum = 0;
  for (const Histogram::Bin& bin : bins) {
    const double value = (bin.low + bin.high) / 2;
    const double error = value - dequantize(quantize(value, params), params);
    sum += static_cast<double>(bin.count) * error * error;
  }
  return sum;
}

ValueRange mse_range(const Histogram& histogram, int bits) {
  constexpr int kSteps = 120;
  constexpr double kStep = 0.97;  // 0.97^120 = 0.026
  const std::vector<Histogram::Bin> bins = histogram.bins();
  const ValueRange whole = histogram.extent();
  ValueRange best{std::min(whole.low, 0.0), std::max(whole.high, 0.0)};
  double least = squared_error(bins, best, bits);

  const auto shrink = [&](bool low_end, bool high_end) {
    const ValueRange start = best;
    double ratio = 1;
    for (int step = 0; step < kSteps; ++step) {
      ratio *= kStep;
      const ValueRange candidate{low_end ? start.low * ratio : start.low, high_end ? start.high * ratio : start.high};
      const double error = squared_error(bins, candidate, bits);
      if (error > 16 * least) break;  // clipping only gets worse
      if (error < least) {
        least = error;
        best = candidate;
      }
    }
  };
  shrink(true, true);
  if (whole.low < 0 && whole.high > 0) {
    shrink(true, false);
    shrink(false, true);
  }
  return best;
}

}  // namespace evenshift::compiler
