#include "compiler/reconstruct/block_training.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "compiler/reconstruct/bias_training.h"
#include "compiler/reconstruct/error_feedback.h"
#include "compiler/reconstruct/random_bits.h"

namespace evenshift::compiler {
namespace {

/// Samples that one thread computes at a time; part of the order of the sums, so no option.
constexpr std::size_t kShard = 4;

struct BatchResult {
  BlockError error;
  std::vector<ConvParameters> gradients;
};

/// Error and gradients of a batch, shard by shard.
BatchResult batch_error(const BlockSamples& data, std::span<const std::size_t> batch,
                        const std::vector<ConvParameters>& parameters, std::span<const QuantParams> quantization,
                        bool wants_gradients, const ReconstructOptions& options) {
  BatchResult total;
  parallel_reduce_ordered((batch.size() + kShard - 1) / kShard, options.threads,
                          [&](std::size_t shard) {
                            BatchResult result;
                            if (wants_gradients) result.gradients = zeros_like(parameters);
                            result.error = block_error(
                                data, batch.subspan(shard * kShard, std::min(kShard, batch.size() - shard * kShard)),
                                parameters, quantization, wants_gradients ? &result.gradients : nullptr);
                            return result;
                          },
                          [&](std::size_t shard, BatchResult result) {
                            total.error.squares += result.error.squares;
                            total.error.count += result.error.count;
                            if (shard == 0)
                              total.gradients = std::move(result.gradients);
                            else
                              accumulate(total.gradients, result.gradients);
                          },
                          options.cancel);
  return total;
}

/// Root of the mean square of every conv's input over some samples.
std::vector<double> input_sizes(const BlockSamples& data, const std::vector<ConvParameters>& parameters) {
  constexpr std::size_t kSamples = 8;
  std::vector<double> squares(parameters.size());
  std::vector<double> counts(parameters.size());
  for (std::size_t sample = 0; sample < std::min(kSamples, data.samples.size()); ++sample) {
    GraphRun run(data.graph, parameters, {}, 1);
    for (std::size_t i = 0; i < data.graph.inputs.size(); ++i)
      run.value(data.graph.inputs[i]) = data.samples[sample].inputs[i];
    run.forward();
    std::size_t conv = 0;
    for (const Node& node : data.graph.nodes) {
      if (!std::holds_alternative<Conv>(node.op)) continue;
      for (const float x : run.value(node.inputs[0])) squares[conv] += static_cast<double>(x) * x;
      counts[conv++] += static_cast<double>(run.value(node.inputs[0]).size());
    }
  }
  for (std::size_t i = 0; i < squares.size(); ++i) squares[i] = std::sqrt(squares[i] / counts[i]);
  return squares;
}

/// The order in which samples are used: one random permutation after the other.
class SampleOrder {
 public:
  SampleOrder(std::size_t count, std::uint64_t seed) : order_(count), next_(count), random_(seed) {
    std::iota(order_.begin(), order_.end(), 0);
  }
  std::vector<std::size_t> take(std::size_t count) {
    std::vector<std::size_t> taken;
    while (taken.size() < count) {
      if (next_ == order_.size()) {
        for (std::size_t i = order_.size(); i > 1; --i)
          std::swap(order_[i - 1], order_[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(i)))]);
        next_ = 0;
      }
      taken.push_back(order_[next_++]);
    }
    return taken;
  }

 private:
  std::vector<std::size_t> order_;
  std::size_t next_;
  RandomBits random_;
};

/// The second moments of a conv of this many taps take half a gigabyte; one with more starts from its float weights.
constexpr std::size_t kMostTapsFedBack = 8192;

/// feed_errors_back for every conv of a block in turn, the inputs of each being those behind the rounded ones before.
std::vector<Floats> weights_with_feedback(const BlockSamples& data, std::span<const WeightGrid> grids,
                                          std::span<const std::size_t> samples,
                                          std::span<const QuantParams> quantization,
                                          const ReconstructOptions& options) {
  std::vector<ConvParameters> parameters = parameters_of(data.graph);
  std::vector<Floats> weights;
  std::vector<std::int64_t> groups;
  for (const Node& node : data.graph.nodes)
    if (const auto* conv = std::get_if<Conv>(&node.op)) groups.push_back(conv->groups);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::size_t channels = parameters[i].bias.size();
    const std::size_t taps = parameters[i].weights.size() / channels;
    if (taps > kMostTapsFedBack) {
      weights.push_back(parameters[i].weights);
      continue;
    }
    std::vector<InputMoments> moments(static_cast<std::size_t>(groups[i]), InputMoments(taps * taps));
    parallel_reduce_ordered(
        (samples.size() + kShard - 1) / kShard, options.threads,
        [&](std::size_t shard) {
          return input_moments(data, samples.subspan(shard * kShard, std::min(kShard, samples.size() - shard * kShard)),
                               parameters, quantization, i);
        },
        [&](std::size_t, const Floats& of_shard) {
          for (std::size_t k = 0; k < of_shard.size(); ++k)
            moments[k / (taps * taps)][k % (taps * taps)] += static_cast<double>(of_shard[k]);
        },
        options.cancel);
    weights.push_back(feed_errors_back(parameters[i].weights, grids[i], channels, moments));
    parameters[i].weights = nearest_weights(weights.back(), grids[i], channels).dequantized(channels);
  }
  return weights;
}

std::vector<ReconstructedConv> rounded(const std::vector<Floats>& weights, const std::vector<ConvParameters>& floats,
                                       std::span<const WeightGrid> grids) {
  std::vector<ReconstructedConv> convs;
  for (std::size_t i = 0; i < floats.size(); ++i)
    convs.push_back({nearest_weights(weights[i], grids[i], floats[i].bias.size()), floats[i].bias});
  return convs;
}

/// Gradient descent from `starts`. `loss_before` is what losses are relative to.
std::vector<ReconstructedConv> descended(const BlockSamples& data, const std::vector<Floats>& starts,
                                         std::span<const WeightGrid> grids, std::span<const QuantParams> quantization,
                                         double loss_before, const ReconstructOptions& options) {
  const std::vector<ConvParameters> floats = parameters_of(data.graph);
  const std::vector<double> sizes = input_sizes(data, floats);
  std::vector<std::unique_ptr<WeightTraining>> weights;
  std::vector<BiasTraining> biases;
  for (std::size_t i = 0; i < floats.size(); ++i) {
    const std::size_t channels = floats[i].bias.size();
    weights.push_back(make_weight_training(starts[i], grids[i], channels, options.weights));
    biases.emplace_back(floats[i].bias, floats[i].weights.size() / channels, grids[i], sizes[i],
                        options.bias_learning_rate);
  }
  SampleOrder order(data.samples.size(), options.seed);
  std::vector<ConvParameters> parameters(floats.size());
  for (std::int64_t iteration = 0; iteration < options.iterations; ++iteration) {
    for (std::size_t i = 0; i < floats.size(); ++i) parameters[i] = {weights[i]->forward(), biases[i].forward()};
    const std::vector<std::size_t> batch = order.take(static_cast<std::size_t>(options.batch));
    BatchResult made = batch_error(data, batch, parameters, quantization, true, options);
    const auto factor = static_cast<float>(1 / (made.error.count * loss_before));
    const double progress = static_cast<double>(iteration) / static_cast<double>(options.iterations);
    for (std::size_t i = 0; i < floats.size(); ++i) {
      for (float& g : made.gradients[i].weights) g *= factor;
      for (float& g : made.gradients[i].bias) g *= factor;
      weights[i]->step(made.gradients[i].weights, progress);
      if (options.train_bias) biases[i].step(made.gradients[i].bias, progress);
    }
  }
  std::vector<ReconstructedConv> trained;
  for (std::size_t i = 0; i < floats.size(); ++i) trained.push_back({weights[i]->finish(), biases[i].forward()});
  return trained;
}

}  // namespace

std::vector<ConvParameters> dequantized(const std::vector<ReconstructedConv>& convs) {
  std::vector<ConvParameters> parameters;
  for (const ReconstructedConv& conv : convs)
    parameters.push_back({conv.weights.dequantized(conv.bias.size()), conv.bias});
  return parameters;
}

TrainedBlock train_block(const BlockSamples& data, std::span<const WeightGrid> grids,
                         std::span<const QuantParams> quantization, const ReconstructOptions& options) {
  std::vector<std::size_t> all(data.samples.size());
  std::iota(all.begin(), all.end(), 0);
  const auto loss_of = [&](const std::vector<ReconstructedConv>& convs) {
    const BlockError error = batch_error(data, all, dequantized(convs), quantization, false, options).error;
    return error.squares / error.count;
  };
  const std::vector<ConvParameters> floats = parameters_of(data.graph);
  std::vector<Floats> starts;
  for (const ConvParameters& conv : floats) starts.push_back(conv.weights);
  TrainedBlock best{rounded(starts, floats, grids), 0, 0};
  best.loss_before = best.loss_after = loss_of(best.convs);
  if (!(best.loss_before > 0)) return best;
  const auto keep_if_better = [&](std::vector<ReconstructedConv> convs) {
    const double loss = loss_of(convs);
    if (loss >= best.loss_after) return;
    best.convs = std::move(convs);
    best.loss_after = loss;
  };
  if (options.error_feedback) {
    starts = weights_with_feedback(data, grids, all, quantization, options);
    keep_if_better(rounded(starts, floats, grids));
  }
  if (options.iterations > 0) keep_if_better(descended(data, starts, grids, quantization, best.loss_before, options));
  return best;
}

}  // namespace evenshift::compiler
