#include "compiler/calibrate/calibrate.h"

#include <algorithm>
#include <span>

#include "arch/base/error.h"
#include "compiler/calibrate/calibration_images.h"
#include "compiler/calibrate/histogram.h"
#include "compiler/calibrate/kl_range.h"
#include "compiler/calibrate/range_search.h"
#include "compiler/calibrate/scan.h"

namespace evenshift::compiler {
namespace {

ValueRange range_of(std::span<const float> values) {
  const ValueRange extent = extent_of(values);
  return {std::min(extent.low, 0.0), std::max(extent.high, 0.0)};
}

void widen(ValueRange& range, const ValueRange& other) {
  range.low = std::min(range.low, other.low);
  range.high = std::max(range.high, other.high);
}

std::vector<ValueRange> min_max(CalibrationImages& images, std::size_t values, const CalibrationOptions& options,
                                CalibrationCounter& counter) {
  std::vector<std::vector<ValueRange>> ranges(images.workers(), std::vector<ValueRange>(values));
  parallel_for_ordered(
      images.count(), options.threads,
      [&](std::size_t image, int worker) {
        images.visit(image, worker, [&](ValueId id, std::span<const float> numbers) {
          widen(ranges[static_cast<std::size_t>(worker)][static_cast<std::size_t>(id)], range_of(numbers));
        });
        counter.image_done();
      },
      options.cancel);
  for (std::size_t worker = 1; worker < ranges.size(); ++worker)
    for (std::size_t i = 0; i < values; ++i) widen(ranges[0][i], ranges[worker][i]);
  return std::move(ranges[0]);
}

std::vector<ValueRange> moving_average(CalibrationImages& images, std::size_t values, const CalibrationOptions& options,
                                       CalibrationCounter& counter) {
  const double momentum = options.momentum;
  if (!(momentum >= 0 && momentum < 1))
    fail("calibration by moving_average needs a momentum from 0 to below 1, and was given {}", momentum);
  std::vector<ValueRange> ranges;
  parallel_reduce_ordered(
      images.count(), options.threads,
      [&](std::size_t image, int worker) {
        std::vector<ValueRange> of_image(values);
        images.visit(image, worker, [&](ValueId id, std::span<const float> numbers) {
          of_image[static_cast<std::size_t>(id)] = range_of(numbers);
        });
        return of_image;
      },
      [&](std::size_t image, std::vector<ValueRange> of_image) {
        if (image == 0) ranges = of_image;
        for (std::size_t i = 0; image > 0 && i < values; ++i) {
          ranges[i].low = momentum * ranges[i].low + (1 - momentum) * of_image[i].low;
          ranges[i].high = momentum * ranges[i].high + (1 - momentum) * of_image[i].high;
        }
        counter.image_done();
      },
      options.cancel);
  return ranges;
}

template <typename Search>
std::vector<ValueRange> by_histogram(CalibrationImages& images, std::size_t values, const CalibrationOptions& options,
                                     CalibrationCounter& counter, Search&& search) {
  std::vector<std::vector<Histogram>> histograms(images.workers(), std::vector<Histogram>(values));
  parallel_for_ordered(
      images.count(), options.threads,
      [&](std::size_t image, int worker) {
        images.visit(image, worker, [&](ValueId id, std::span<const float> numbers) {
          histograms[static_cast<std::size_t>(worker)][static_cast<std::size_t>(id)].add(numbers);
        });
        counter.image_done();
      },
      options.cancel);
  std::vector<ValueRange> ranges(values);
  parallel_for_ordered(
      values, options.threads,
      [&](std::size_t i) {
        for (std::size_t worker = 1; worker < histograms.size(); ++worker) histograms[0][i].add(histograms[worker][i]);
        ranges[i] = search(histograms[0][i]);
      },
      options.cancel);
  return ranges;
}

}  // namespace

std::vector<ValueRange> calibrate(const Graph& graph, const CalibrationData& data, const CalibrationOptions& options,
                                  const CalibrationProgress& progress) {
  CalibrationImages images(graph, data, options.threads);
  CalibrationCounter counter(progress);
  const std::size_t values = graph.values.size();
  if (options.method == "min_max") return min_max(images, values, options, counter);
  if (options.method == "moving_average") return moving_average(images, values, options, counter);
  if (options.method == "percentile")
    return by_histogram(images, values, options, counter,
                        [&](const Histogram& histogram) { return percentile_range(histogram, options.percentile); });
  if (options.method == "mse")
    return by_histogram(images, values, options, counter, [&](const Histogram& histogram) {
      return mse_range(histogram, static_cast<int>(options.activation_bits));
    });
  if (options.method == "kl")
    return by_histogram(images, values, options, counter, [&](const Histogram& histogram) {
      return kl_range(histogram, static_cast<int>(options.activation_bits));
    });
  fail("calibration method '{}' is not known; known are min_max, moving_average, percentile, mse, kl", options.method);
}

}  // namespace evenshift::compiler
