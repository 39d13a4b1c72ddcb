#include "compiler/calibrate/calibrate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

#include "arch/base/error.h"
#include "compiler/calibrate/histogram.h"
#include "compiler/calibrate/range_search.h"
#include "compiler/calibrate/scan.h"
#include "compiler/reference/float_evaluator.h"

namespace evenshift::compiler {
namespace {

/// Loads images and evaluates them, for one thread at a time by `worker`.
class Images {
 public:
  Images(const Graph& graph, const CalibrationData& data, int threads)
      : data_(data),
        network_(prepare_float_network(std::shared_ptr<const Graph>(std::shared_ptr<const Graph>(), &graph))),
        evaluators_(static_cast<std::size_t>(thread_count(threads, static_cast<std::size_t>(data.count)))) {}

  /// Calls observe(ValueId, numbers) for every value of an image.
  template <typename Observe>
  void visit(std::size_t image, int worker, Observe&& observe) {
    std::optional<FloatEvaluator>& evaluator = evaluators_[static_cast<std::size_t>(worker)];
    if (!evaluator) evaluator.emplace(network_);
    const std::vector<FloatTensor> inputs = data_.load(static_cast<std::int64_t>(image));
    evaluator->run(inputs, [&](ValueId id, std::span<const float> values) {
      if (!all_finite(values))
        fail("image {} of the calibration data makes value '{}' infinite or not a number", image,
             evaluator->graph().value(id).name);
      observe(id, values);
    });
  }

  [[nodiscard]] std::size_t workers() const { return evaluators_.size(); }
  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(data_.count); }

 private:
  const CalibrationData& data_;
  std::shared_ptr<const FloatNetwork> network_;
  std::vector<std::optional<FloatEvaluator>> evaluators_;
};

class Counter {
 public:
  explicit Counter(const CalibrationProgress& progress) : progress_(progress) {}
  void image_done() {
    if (!progress_) return;
    const std::lock_guard lock(mutex_);
    progress_(++done_);
  }

 private:
  const CalibrationProgress& progress_;
  std::mutex mutex_;
  std::int64_t done_ = 0;
};

void check_data(const CalibrationData& data) {
  if (data.count < 1) fail("calibration needs at least 1 image, and there is none");
}

ValueRange range_of(std::span<const float> values) {
  const ValueRange extent = extent_of(values);
  return {std::min(extent.low, 0.0), std::max(extent.high, 0.0)};
}

void widen(ValueRange& range, const ValueRange& other) {
  range.low = std::min(range.low, other.low);
  range.high = std::max(range.high, other.high);
}

std::vector<ValueRange> min_max(Images& images, std::size_t values, const CalibrationOptions& options,
                                Counter& counter) {
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

template <typename Search>
std::vector<ValueRange> by_histogram(Images& images, std::size_t values, const CalibrationOptions& options,
                                     Counter& counter, Search&& search) {
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

/// Of one image: least, greatest and sum of each channel.
ChannelStatistics statistics_of(std::span<const float> numbers, const Shape& shape) {
  ChannelStatistics statistics;
  const auto pixels = static_cast<std::size_t>(shape.height * shape.width);
  for (std::size_t c = 0; c < static_cast<std::size_t>(shape.channels); ++c) {
    const std::span<const float> channel = numbers.subspan(c * pixels, pixels);
    const ValueRange extent = extent_of(channel);
    double sum = 0;
    for (const float number : channel) sum += number;
    statistics.low.push_back(extent.low);
    statistics.high.push_back(extent.high);
    statistics.mean.push_back(sum);
  }
  return statistics;
}

}  // namespace

std::vector<ValueRange> calibrate(const Graph& graph, const CalibrationData& data, const CalibrationOptions& options,
                                  const CalibrationProgress& progress) {
  check_data(data);
  Images images(graph, data, options.threads);
  Counter counter(progress);
  const std::size_t values = graph.values.size();
  if (options.method == "min_max") return min_max(images, values, options, counter);
  if (options.method == "percentile")
    return by_histogram(images, values, options, counter,
                        [&](const Histogram& histogram) { return percentile_range(histogram, options.percentile); });
  if (options.method == "mse")
    return by_histogram(images, values, options, counter, [&](const Histogram& histogram) {
      return mse_range(histogram, static_cast<int>(options.activation_bits));
    });
  fail("calibration method '{}' is not known; known are min_max, percentile, mse", options.method);
}

std::vector<ChannelStatistics> channel_statistics(const Graph& graph, const CalibrationData& data,
                                                  const CalibrationOptions& options,
                                                  const CalibrationProgress& progress) {
  check_data(data);
  Images images(graph, data, options.threads);
  Counter counter(progress);
  std::vector<ChannelStatistics> statistics(graph.values.size());
  parallel_reduce_ordered(
      images.count(), options.threads,
      [&](std::size_t image, int worker) {
        std::vector<ChannelStatistics> of_image(graph.values.size());
        images.visit(image, worker, [&](ValueId id, std::span<const float> numbers) {
          of_image[static_cast<std::size_t>(id)] = statistics_of(numbers, graph.value(id).shape);
        });
        return of_image;
      },
      [&](std::size_t image, std::vector<ChannelStatistics> of_image) {
        for (std::size_t i = 0; image > 0 && i < of_image.size(); ++i)
          for (std::size_t c = 0; c < of_image[i].mean.size(); ++c) {
            of_image[i].low[c] = std::min(statistics[i].low[c], of_image[i].low[c]);
            of_image[i].high[c] = std::max(statistics[i].high[c], of_image[i].high[c]);
            of_image[i].mean[c] = statistics[i].mean[c] + of_image[i].mean[c];
          }
        statistics = std::move(of_image);
        counter.image_done();
      },
      options.cancel);
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    const Shape& shape = graph.values[i].shape;
    for (double& mean : statistics[i].mean) mean /= static_cast<double>(shape.height * shape.width * data.count);
  }
  return statistics;
}

}  // namespace evenshift::compiler
