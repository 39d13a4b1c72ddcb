#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "arch/base/error.h"
#include "compiler/calibrate/calibration_data.h"
#include "compiler/calibrate/scan.h"
#include "compiler/reference/float_evaluator.h"

/// What the loops over calibration images share.
namespace evenshift::compiler {

/// Loads images and evaluates them, for one thread at a time by `worker`. Throws Error when there are none.
class CalibrationImages {
 public:
  CalibrationImages(const Graph& graph, const CalibrationData& data, int threads) : data_(data) {
    if (data.count < 1) fail("calibration needs at least 1 image, and there is none");
    network_ = prepare_float_network(std::shared_ptr<const Graph>(std::shared_ptr<const Graph>(), &graph));
    evaluators_.resize(static_cast<std::size_t>(thread_count(threads, static_cast<std::size_t>(data.count))));
  }

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

class CalibrationCounter {
 public:
  explicit CalibrationCounter(const CalibrationProgress& progress) : progress_(progress) {}
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

}  // namespace evenshift::compiler
