#include "compiler/explain/outlier_images.h"

#include <algorithm>
#include <cmath>

#include "compiler/calibrate/calibration_images.h"
#include "compiler/calibrate/scan.h"

namespace evenshift::compiler {
namespace {

/// The image that reaches furthest for a value, and how far the second one reaches.
struct Reach {
  double first = 0;
  double second = 0;
  std::size_t image = 0;

  void add(double reach, std::size_t of) {
    if (reach > first) {
      second = first;
      first = reach;
      image = of;
    } else {
      second = std::max(second, reach);
    }
  }
};

}  // namespace

std::vector<OutlierImage> outlier_images(const Graph& graph, const CalibrationData& data, const WorkContext& work) {
  CalibrationImages images(graph, data, work.threads);
  std::vector<Reach> reaches(graph.values.size());
  std::int64_t done = 0;
  parallel_reduce_ordered(
      images.count(), work.threads,
      [&](std::size_t image, int worker) {
        std::vector<double> reach(graph.values.size());
        images.visit(image, worker, [&](ValueId id, std::span<const float> values) {
          const ValueRange extent = extent_of(values);
          reach[static_cast<std::size_t>(id)] = std::max(std::abs(extent.low), std::abs(extent.high));
        });
        return reach;
      },
      [&](std::size_t image, const std::vector<double>& reach) {
        for (std::size_t value = 0; value < reach.size(); ++value) reaches[value].add(reach[value], image);
        if (work.progress) work.progress("outliers", ++done, data.count);
      },
      work.cancel);
  std::vector<OutlierImage> found(images.count());
  for (std::size_t image = 0; image < found.size(); ++image) found[image].image = static_cast<std::int64_t>(image);
  std::int64_t varying = 0;
  for (const Reach& reach : reaches) {
    varying += reach.first > 0;
    if (!(reach.second > 0) || reach.first <= OutlierImage::kFactor * reach.second) continue;
    OutlierImage& image = found[reach.image];
    ++image.values;
    image.factor = std::max(image.factor, reach.first / reach.second);
  }
  std::erase_if(found, [&](const OutlierImage& image) {
    return image.values == 0 ||
           static_cast<double>(image.values) < OutlierImage::kLeastShare * static_cast<double>(varying);
  });
  return found;
}

CalibrationData without_images(const CalibrationData& data, const std::vector<OutlierImage>& outliers) {
  std::vector<std::int64_t> kept;
  for (std::int64_t image = 0; image < data.count; ++image)
    if (std::ranges::find(outliers, image, &OutlierImage::image) == outliers.end()) kept.push_back(image);
  return {static_cast<std::int64_t>(kept.size()),
          [load = data.load, kept](std::int64_t index) { return load(kept[static_cast<std::size_t>(index)]); }};
}

}  // namespace evenshift::compiler
