#include "compiler/reconstruct/sample_stream.h"

#include <algorithm>

#include "arch/base/check.h"
#include "arch/base/error.h"

namespace evenshift::compiler {
namespace {

/// Runs one image through a block: what the next block reads.
std::vector<Floats> pass(const BlockGraph& block, const BlockGraph& next, std::vector<Floats> inputs,
                         const std::vector<ConvParameters>& parameters, std::span<const QuantParams> quantization) {
  GraphRun run(block.graph, parameters, quantization, 1);
  for (std::size_t i = 0; i < inputs.size(); ++i) run.value(block.graph.inputs[i]) = std::move(inputs[i]);
  run.forward();
  std::vector<Floats> outputs;
  for (const ValueId input : next.graph.inputs) {
    const auto found = std::ranges::find(block.original, next.original[static_cast<std::size_t>(input)]);
    check(found != block.original.end(), "a block reads what the block before it does not make");
    outputs.push_back(std::move(run.value(found - block.original.begin())));
  }
  return outputs;
}

std::int64_t input_bytes(const BlockGraph& block) {
  std::int64_t elements = 0;
  for (const ValueId input : block.graph.inputs) elements += block.graph.value(input).shape.elements();
  return elements * 2 * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace

SampleStream::SampleStream(const Graph& graph, const std::vector<BlockGraph>& blocks, const CalibrationData& data,
                           std::span<const QuantParams> quantization, const Options& options)
    : blocks_(blocks), data_(data), options_(options), images_(std::min(options.images, data.count)) {
  if (images_ < 1) fail("reconstruction needs at least 1 calibration image, and there is none");
  for (const ValueId input : graph.inputs)
    if (!quantization.empty()) input_quantization_.push_back(quantization[static_cast<std::size_t>(input)]);
  for (const BlockGraph& block : blocks) {
    auto& of_block = quantization_.emplace_back();
    for (const ValueId value : block.original)
      if (!quantization.empty()) of_block.push_back(quantization[static_cast<std::size_t>(value)]);
    float_parameters_.push_back(parameters_of(block.graph));
  }
}

ImageState SampleStream::first_state(std::int64_t image) const {
  ImageState state;
  std::vector<FloatTensor> inputs = data_.load(image * data_.count / images_);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    state.quantized_inputs.push_back(inputs[i].values);
    if (!input_quantization_.empty()) fake_quantize(input_quantization_[i], state.quantized_inputs.back());
    state.float_inputs.push_back(std::move(inputs[i].values));
  }
  return state;
}

ImageState SampleStream::state(std::int64_t image) const {
  ImageState state = kept_.empty() ? first_state(image) : kept_[static_cast<std::size_t>(image)];
  for (std::size_t b = kept_block_; b < quantized_parameters_.size(); ++b) {
    const BlockGraph& next = blocks_[b + 1];
    state.float_inputs = pass(blocks_[b], next, std::move(state.float_inputs), float_parameters_[b], {});
    state.quantized_inputs =
        pass(blocks_[b], next, std::move(state.quantized_inputs), quantized_parameters_[b], quantization_[b]);
  }
  return state;
}

void SampleStream::advance(std::vector<ConvParameters> quantized) {
  quantized_parameters_.push_back(std::move(quantized));
  const std::size_t next = quantized_parameters_.size();
  if (next == blocks_.size() || input_bytes(blocks_[next]) * images_ > options_.memory_bytes) return;
  std::vector<ImageState> states(static_cast<std::size_t>(images_));
  parallel_for_ordered(
      states.size(), options_.threads,
      [&](std::size_t image) {
        states[image] = state(static_cast<std::int64_t>(image));
        if (!kept_.empty()) kept_[image] = {};  // never read again
      },
      options_.cancel);
  kept_ = std::move(states);
  kept_block_ = next;
}

}  // namespace evenshift::compiler
