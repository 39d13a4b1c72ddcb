#include "tests/conformance/trace.h"

#include <fmt/format.h>

#include <algorithm>

namespace evenshift::conformance {

Trace trace_of(const image::Image& image, sim::Executor& executor, std::span<const sim::TensorCodes> inputs,
               Accumulators accumulators) {
  Trace trace;
  sim::Observer observer;
  observer.layer_done = [&](std::int64_t layer, std::span<const std::uint8_t> dram) {
    for (const std::int64_t t : image.layers[static_cast<std::size_t>(layer)].outputs)
      trace.tensors[t] = sim::read_tensor(image.tensors[static_cast<std::size_t>(t)], dram);
  };
  if (accumulators == Accumulators::record)
    observer.accumulator = [&](std::int64_t command, std::int64_t y, std::int64_t x, std::int64_t c,
                               std::int32_t value) {
      trace.accumulators.push_back({command, y, x, c, value});
    };
  trace.outputs = executor.run(inputs, observer);
  std::ranges::sort(trace.accumulators);
  return trace;
}

std::optional<Place> first_difference(const image::Image& image, const Trace& expected, const Trace& actual) {
  for (std::size_t layer = 0; layer < image.layers.size(); ++layer)
    for (const std::int64_t t : image.layers[layer].outputs) {
      const auto a = expected.tensors.find(t);
      const auto b = actual.tensors.find(t);
      if (a == expected.tensors.end() && b == actual.tensors.end()) continue;
      Place place{static_cast<std::int64_t>(layer), t};
      if (a == expected.tensors.end() || b == actual.tensors.end() || a->second.size() != b->second.size())
        return place;
      const image::Tensor& tensor = image.tensors[static_cast<std::size_t>(t)];
      for (place.channel = 0; place.channel < tensor.channels; ++place.channel)
        for (place.y = 0; place.y < tensor.height; ++place.y)
          for (place.x = 0; place.x < tensor.width; ++place.x) {
            const auto i =
                static_cast<std::size_t>((place.y * tensor.width + place.x) * tensor.channels + place.channel);
            if (a->second[i] != b->second[i]) return place;
          }
    }
  return std::nullopt;
}

std::string difference(const image::Image& image, const Trace& expected, const Trace& actual) {
  if (const auto place = first_difference(image, expected, actual)) {
    const auto& layer = image.layers[static_cast<std::size_t>(place->layer)];
    return fmt::format("layer {} ({}), tensor {}, channel {}, y {}, x {} differs", place->layer, layer.kind,
                       place->tensor, place->channel, place->y, place->x);
  }
  if (expected.outputs != actual.outputs) return "outputs differ, though the layers' tensors do not";
  if (expected.accumulators.size() != actual.accumulators.size())
    return fmt::format("{} accumulators expected, {} observed", expected.accumulators.size(),
                       actual.accumulators.size());
  for (std::size_t i = 0; i < expected.accumulators.size(); ++i)
    if (const auto& e = expected.accumulators[i], &a = actual.accumulators[i]; e != a)
      return fmt::format("accumulator: expected command {} y {} x {} c {}: {}, observed command {} y {} x {} c {}: {}",
                         e[0], e[1], e[2], e[3], e[4], a[0], a[1], a[2], a[3], a[4]);
  return "";
}

}  // namespace evenshift::conformance
