#pragma once

#include <cstdint>
#include <vector>

#include "compiler/calibrate/calibrate.h"
#include "compiler/ir/graph.h"
#include "compiler/weights/plan_weights.h"

namespace evenshift::compiler {

/// A calibration image that alone stretches ranges: for some values it reaches more than kFactor times as far as every
/// other image.
struct OutlierImage {
  std::int64_t image = 0;
  std::int64_t values = 0;  ///< whose range it stretches so
  double factor = 1;        ///< the most by which it does
  static constexpr double kFactor = 2;
  static constexpr double kLeastShare = 0.25;  ///< of the network's values; less is taken for chance
};

/// Those of a set of images, by index. Reads every image once. Throws Cancelled.
std::vector<OutlierImage> outlier_images(const Graph& graph, const CalibrationData& data, const WorkContext& work);

/// The data without some images.
CalibrationData without_images(const CalibrationData& data, const std::vector<OutlierImage>& outliers);

}  // namespace evenshift::compiler
