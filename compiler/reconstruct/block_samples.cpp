#include "compiler/reconstruct/block_samples.h"

#include <algorithm>

#include "compiler/reconstruct/conv_gradient.h"
#include "compiler/reconstruct/random_bits.h"

namespace evenshift::compiler {
namespace {

/// A square part of a value.
struct Part {
  std::int64_t top = 0, left = 0, height = 0, width = 0;
};

Floats cropped(const Floats& values, const Shape& shape, const Part& part) {
  Floats result;
  result.reserve(static_cast<std::size_t>(shape.channels * part.height * part.width));
  for (std::int64_t c = 0; c < shape.channels; ++c)
    for (std::int64_t y = 0; y < part.height; ++y) {
      const float* row = values.data() + (c * shape.height + part.top + y) * shape.width + part.left;
      result.insert(result.end(), row, row + part.width);
    }
  return result;
}

struct CropPlan {
  bool crops = false;
  Footprint footprint;
  std::int64_t outputs_high = 0, outputs_wide = 0;  ///< of a crop, margins included
};

CropPlan plan_crops(const Graph& graph, std::int64_t crop) {
  CropPlan plan;
  plan.footprint = footprint_of(graph);
  if (!plan.footprint.is_local || crop <= 0) return plan;
  const Shape& in = graph.value(graph.inputs[0]).shape;
  const std::int64_t wanted = crop + 2 * plan.footprint.margin;
  plan.outputs_high = std::min(wanted, in.height / plan.footprint.stride);
  plan.outputs_wide = std::min(wanted, in.width / plan.footprint.stride);
  plan.crops = wanted < in.height / plan.footprint.stride && wanted < in.width / plan.footprint.stride;
  return plan;
}

constexpr std::int64_t kCropsPerImage = 2;

}  // namespace

BlockSamples take_samples(const BlockGraph& block, const SampleStream& stream, std::int64_t crop, std::uint64_t seed,
                          int threads, const CancelFlag* cancel) {
  const Graph& graph = block.graph;
  const CropPlan plan = plan_crops(graph, crop);
  const std::int64_t stride = plan.footprint.stride;
  const std::int64_t margin = plan.footprint.margin;
  BlockSamples result;
  result.graph = plan.crops ? resized(graph, plan.outputs_high * stride, plan.outputs_wide * stride) : graph;
  const std::int64_t per_image = plan.crops ? kCropsPerImage : 1;
  result.samples.resize(static_cast<std::size_t>(stream.images() * per_image));
  const std::vector<ConvParameters> parameters = parameters_of(graph);
  parallel_for_ordered(
      static_cast<std::size_t>(stream.images()), threads,
      [&](std::size_t image) {
        ImageState state = stream.state(static_cast<std::int64_t>(image));
        GraphRun run(graph, parameters, {}, 1);
        for (std::size_t i = 0; i < graph.inputs.size(); ++i)
          run.value(graph.inputs[i]) = std::move(state.float_inputs[i]);
        run.forward();
        RandomBits random(seed + image);
        for (std::int64_t k = 0; k < per_image; ++k) {
          BlockSamples::Sample& sample =
              result.samples[image * static_cast<std::size_t>(per_image) + static_cast<std::size_t>(k)];
          if (!plan.crops) {
            sample.inputs = std::move(state.quantized_inputs);
            for (const ValueId output : graph.outputs) sample.targets.push_back(std::move(run.value(output)));
            const Shape& out = graph.value(graph.outputs[0]).shape;
            sample.bottom = out.height;
            sample.right = out.width;
            continue;
          }
          const Shape& in = graph.value(graph.inputs[0]).shape;
          const Shape& out = graph.value(graph.outputs[0]).shape;
          const Shape& made = result.graph.value(graph.outputs[0]).shape;
          const Part part{random.below(in.height / stride - plan.outputs_high + 1),
                          random.below(in.width / stride - plan.outputs_wide + 1), made.height, made.width};
          const Part inner{part.top * stride, part.left * stride, plan.outputs_high * stride,
                           plan.outputs_wide * stride};
          sample.inputs.push_back(cropped(state.quantized_inputs[0], in, inner));
          sample.targets.push_back(cropped(run.value(graph.outputs[0]), out, part));
          sample.top = part.top == 0 ? 0 : margin;
          sample.left = part.left == 0 ? 0 : margin;
          sample.bottom = inner.top + inner.height == in.height ? made.height : made.height - margin;
          sample.right = inner.left + inner.width == in.width ? made.width : made.width - margin;
        }
      },
      cancel);
  return result;
}

namespace {

/// Calls visit(sample, first element in the batch, in the sample, pixels) for every channel of every image.
template <typename Visit>
void for_channels(const GraphRun& run, ValueId value, std::span<const std::size_t> samples, const Visit& visit) {
  const BatchShape shape = run.shape(value);
  for (std::int64_t c = 0; c < shape.shape.channels; ++c)
    for (std::int64_t i = 0; i < shape.images; ++i)
      visit(samples[static_cast<std::size_t>(i)], (c * shape.images + i) * shape.pixels(), c * shape.pixels(),
            shape.pixels());
}

GraphRun run_forward(const BlockSamples& data, std::span<const std::size_t> samples,
                     const std::vector<ConvParameters>& parameters, std::span<const QuantParams> quantization) {
  GraphRun run(data.graph, parameters, quantization, static_cast<std::int64_t>(samples.size()));
  for (std::size_t k = 0; k < data.graph.inputs.size(); ++k) {
    const ValueId input = data.graph.inputs[k];
    for_channels(run, input, samples, [&](std::size_t sample, std::int64_t to, std::int64_t from, std::int64_t pixels) {
      std::copy_n(data.samples[sample].inputs[k].data() + from, pixels, run.value(input).data() + to);
    });
  }
  run.forward();
  return run;
}

}  // namespace

BlockError block_error(const BlockSamples& data, std::span<const std::size_t> samples,
                       const std::vector<ConvParameters>& parameters, std::span<const QuantParams> quantization,
                       std::vector<ConvParameters>* gradients) {
  const Graph& graph = data.graph;
  GraphRun run = run_forward(data, samples, parameters, quantization);
  BlockError error;
  std::vector<GraphRun::Seed> seeds;
  for (std::size_t k = 0; k < graph.outputs.size(); ++k) {
    const ValueId output = graph.outputs[k];
    const std::int64_t width = graph.value(output).shape.width;
    const Floats& values = run.value(output);
    GraphRun::Seed seed{output, Floats(values.size())};
    for_channels(run, output, samples, [&](std::size_t index, std::int64_t at, std::int64_t from, std::int64_t) {
      const BlockSamples::Sample& sample = data.samples[index];
      // Only a single output is ever cropped.
      const std::int64_t bottom = graph.outputs.size() == 1 ? sample.bottom : graph.value(output).shape.height;
      const std::int64_t right = graph.outputs.size() == 1 ? sample.right : width;
      double squares = 0;
      for (std::int64_t y = sample.top; y < bottom; ++y)
        for (std::int64_t x = sample.left; x < right; ++x) {
          const std::int64_t pixel = y * width + x;
          const float difference =
              values[static_cast<std::size_t>(at + pixel)] - sample.targets[k][static_cast<std::size_t>(from + pixel)];
          seed.gradient[static_cast<std::size_t>(at + pixel)] = 2 * difference;
          squares += static_cast<double>(difference) * difference;
        }
      error.squares += squares;
      error.count += static_cast<double>((bottom - sample.top) * (right - sample.left));
    });
    seeds.push_back(std::move(seed));
  }
  if (gradients != nullptr) run.backward(std::move(seeds), *gradients);
  return error;
}

Floats input_moments(const BlockSamples& data, std::span<const std::size_t> samples,
                     const std::vector<ConvParameters>& parameters, std::span<const QuantParams> quantization,
                     std::size_t conv) {
  GraphRun run = run_forward(data, samples, parameters, quantization);
  Floats moments;
  std::size_t index = 0;
  for (const Node& node : data.graph.nodes) {
    const auto* op = std::get_if<Conv>(&node.op);
    if (op == nullptr || index++ != conv) continue;
    const std::size_t taps = op->weights.size() / static_cast<std::size_t>(op->output_channels);
    moments.resize(static_cast<std::size_t>(op->groups) * taps * taps);
    add_input_moments(*op, run.shape(node.inputs[0]), run.value(node.inputs[0]).data(), run.shape(node.output),
                      moments);
  }
  return moments;
}

}  // namespace evenshift::compiler
