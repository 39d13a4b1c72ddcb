#include "sim/verify/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "arch/base/check.h"
#include "sim/verify/accumulator_locator.h"

namespace evenshift::sim {
namespace {

/// Tensors of every layer, by tensor index.
using Tensors = std::vector<TensorCodes>;

Tensors run_and_keep(const image::Image& image, Executor& executor, std::span<const TensorCodes> inputs) {
  Tensors tensors(image.tensors.size());
  const auto completed = layers_completed_by(image);
  Observer observer;
  observer.layer_done = [&](std::int64_t layer, std::span<const std::uint8_t> dram) {
    for (const std::int64_t complete : completed[static_cast<std::size_t>(layer)])
      for (const std::int64_t tensor : image.layers[static_cast<std::size_t>(complete)].outputs)
        tensors[static_cast<std::size_t>(tensor)] = read_tensor(image.tensors[static_cast<std::size_t>(tensor)], dram);
  };
  const auto outputs = executor.run(inputs, observer);
  const auto output_tensors = image.tensors_with(image::TensorRole::output);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    check(tensors[static_cast<std::size_t>(output_tensors[i])] == outputs[i] ||
              image.tensors[static_cast<std::size_t>(output_tensors[i])].layer < 0,
          executor.name() + ": an output differs from what its layer stored");
  return tensors;
}

/// The accumulator behind one element, by running the inference once more.
std::optional<std::int32_t> accumulator_at(const AccumulatorPlace& place, Executor& executor,
                                           std::span<const TensorCodes> inputs) {
  std::optional<std::int32_t> found;
  Observer observer;
  observer.accumulator = [&](std::int64_t command, std::int64_t y, std::int64_t x, std::int64_t c,
                             std::int32_t accumulator) {
    if (AccumulatorPlace{command, y, x, c} == place) found = accumulator;
  };
  executor.run(inputs, observer);
  return found;
}

/// First difference in (channel, y, x) order.
std::optional<Divergence> compare(const image::Image& image, std::int64_t layer, std::int64_t tensor_index,
                                  const TensorCodes& reference, const TensorCodes& codes) {
  if (reference == codes) return std::nullopt;
  const image::Tensor& tensor = image.tensors[static_cast<std::size_t>(tensor_index)];
  Divergence divergence;
  divergence.layer = layer;
  divergence.tensor = tensor_index;
  for (std::int64_t c = 0; c < tensor.channels; ++c)
    for (std::int64_t y = 0; y < tensor.height; ++y)
      for (std::int64_t x = 0; x < tensor.width; ++x) {
        const auto i = static_cast<std::size_t>((y * tensor.width + x) * tensor.channels + c);
        if (i < reference.size() && i < codes.size() && reference[i] == codes[i]) continue;
        divergence.channel = c;
        divergence.y = y;
        divergence.x = x;
        divergence.reference_value = i < reference.size() ? reference[i] : 0;
        divergence.value = i < codes.size() ? codes[i] : 0;
        return divergence;
      }
  return divergence;
}

}  // namespace

std::string Divergence::sentence(const image::Image& image) const {
  const auto& where = image.layers[static_cast<std::size_t>(layer)];
  std::string text = fmt::format("layer {} '{}' ({}), tensor '{}', channel {}, y {}, x {}: {} {}, {} {}", layer,
                                 where.name, where.kind, image.tensors[static_cast<std::size_t>(tensor)].name, channel,
                                 y, x, reference_engine, reference_value, engine, value);
  if (reference_accumulator) text += fmt::format("; accumulator: {} {}", reference_engine, *reference_accumulator);
  if (accumulator)
    text += fmt::format("{} {} {}", reference_accumulator ? "," : "; accumulator:", engine, *accumulator);
  return text;
}

Verification verify(const image::Image& image, std::span<const std::unique_ptr<Executor>> executors,
                    std::span<const TensorCodes> inputs) {
  Verification result;
  const Tensors reference = run_and_keep(image, *executors.front(), inputs);
  for (const TensorCodes& codes : reference) {
    result.tensors += !codes.empty();
    result.bytes += static_cast<std::int64_t>(codes.size());
  }
  for (std::size_t e = 1; e < executors.size() && !result.divergence; ++e) {
    const Tensors tensors = run_and_keep(image, *executors[e], inputs);
    for (std::size_t layer = 0; layer < image.layers.size() && !result.divergence; ++layer)
      for (const std::int64_t tensor : image.layers[layer].outputs) {
        const auto t = static_cast<std::size_t>(tensor);
        result.divergence = compare(image, static_cast<std::int64_t>(layer), tensor, reference[t], tensors[t]);
        if (!result.divergence) continue;
        Divergence& divergence = *result.divergence;
        divergence.reference_engine = executors.front()->name();
        divergence.engine = executors[e]->name();
        const std::int64_t address = image.tensors[t].address(divergence.y, divergence.x, divergence.channel);
        if (const auto place = locate_accumulator(image, divergence.layer, address)) {
          divergence.reference_accumulator = accumulator_at(*place, *executors.front(), inputs);
          divergence.accumulator = accumulator_at(*place, *executors[e], inputs);
        }
        break;
      }
  }
  return result;
}

}  // namespace evenshift::sim
