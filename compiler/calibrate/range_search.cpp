#include "compiler/calibrate/range_search.h"

#include <algorithm>
#include <cmath>

#include "arch/numerics/quantization.h"

namespace evenshift::compiler {
namespace {

/// Numbers at most this many may lie outside on one side.
std::int64_t allowed_outside(std::int64_t total, double percentile) {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(total) * (100 - percentile) / 200));
}

/// The best range so far.
struct Search {
  const std::vector<Histogram::Bin>& bins;
  int bits;
  ValueRange best;
  double least;

  void offer(const ValueRange& candidate) {
    const double error = squared_error(bins, candidate, bits);
    if (error >= least) return;
    least = error;
    best = candidate;
  }
};

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
  const std::vector<Histogram::Bin> bins = histogram.bins();
  const ValueRange whole{std::min(histogram.extent().low, 0.0), std::max(histogram.extent().high, 0.0)};
  Search search{bins, bits, whole, squared_error(bins, whole, bits)};
  for (double low = 1; low > 0.02; low = whole.low < 0 ? low * 0.8 : 0)
    for (double high = 1; high > 0.02; high = whole.high > 0 ? high * 0.8 : 0)
      search.offer({whole.low * low, whole.high * high});
  for (int round = 0; round < 2; ++round)
    for (const bool low_end : {false, true}) {
      const ValueRange start = search.best;
      for (double ratio = 0.8; ratio < 1.25; ratio *= 1.03)
        search.offer({low_end ? std::max(start.low * ratio, whole.low) : start.low,
                      low_end ? start.high : std::min(start.high * ratio, whole.high)});
    }
  return search.best;
}

}  // namespace evenshift::compiler
