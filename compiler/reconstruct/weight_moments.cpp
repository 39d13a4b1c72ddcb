#include "compiler/reconstruct/weight_moments.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "arch/base/error.h"
#include "compiler/reconstruct/blocks.h"
#include "compiler/reconstruct/graph_run.h"
#include "compiler/reconstruct/random_bits.h"
#include "compiler/reference/host_operators.h"
#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {
namespace {

/// ∂/∂y of -log softmax(y)[k] = softmax(y) - [k], k drawn from softmax(y).
Floats cross_entropy_gradient(const Floats& scores, RandomBits& random) {
  Floats gradient(scores.size());
  softmax({static_cast<std::int64_t>(scores.size()), 1, 1}, scores.data(), gradient.data());
  double left = random.fraction();
  std::size_t drawn = 0;
  while (drawn + 1 < gradient.size() && left >= static_cast<double>(gradient[drawn])) left -= gradient[drawn++];
  gradient[drawn] -= 1;
  return gradient;
}

Floats random_signs(std::size_t count, RandomBits& random) {
  Floats signs(count);
  for (float& sign : signs) sign = random.next() >> 63 == 0 ? 1.0F : -1.0F;
  return signs;
}

/// Everything but what the host computes, as one graph.
BlockGraph machine_graph(const Graph& graph) {
  const std::vector<Block> blocks = cut_into_blocks(graph, std::numeric_limits<std::int64_t>::max());
  return block_graph(graph, blocks.at(0));
}

}  // namespace

WeightMoments weight_moments(const Graph& graph, const CalibrationData& data, const WeightMomentOptions& options,
                             const std::function<void(const WeightMoments&)>& observe) {
  const std::int64_t images = std::min(options.images, data.count);
  if (images < 1) fail("gradients need at least 1 calibration image, and there is none");
  const BlockGraph machine = machine_graph(graph);
  const std::vector<ConvParameters> parameters = parameters_of(machine.graph);
  const auto decay = static_cast<float>(options.decay);
  WeightMoments averages;
  for (const ConvParameters& conv : parameters) averages.emplace_back(conv.weights.size());
  double left_of_start = 1;  // decay^t
  const auto moments = [&] {
    WeightMoments roots = averages;
    const auto correction = static_cast<float>(1 / (1 - left_of_start));
    for (Floats& conv : roots)
      for (float& v : conv) v = std::sqrt(v * correction);
    return roots;
  };
  parallel_reduce_ordered(
      static_cast<std::size_t>(images), options.threads,
      [&](std::size_t image) {
        GraphRun run(machine.graph, parameters, {}, 1);
        std::vector<FloatTensor> inputs = data.load(static_cast<std::int64_t>(image) * data.count / images);
        for (std::size_t i = 0; i < inputs.size(); ++i)
          run.value(machine.graph.inputs[i]) = std::move(inputs[i].values);
        run.forward();
        RandomBits random(options.seed + image);
        std::vector<GraphRun::Seed> seeds;
        for (const ValueId output : machine.graph.outputs) {
          const Floats& scores = run.value(output);
          if (options.loss == GradientLoss::cross_entropy && !seeds.empty()) break;
          seeds.push_back({output, options.loss == GradientLoss::cross_entropy ? cross_entropy_gradient(scores, random)
                                                                               : random_signs(scores.size(), random)});
        }
        std::vector<ConvParameters> gradients = zeros_like(parameters);
        run.backward(std::move(seeds), gradients);
        return gradients;
      },
      [&](std::size_t, const std::vector<ConvParameters>& gradients) {
        left_of_start *= options.decay;
        with_widest_vectors([&] {
          for (std::size_t i = 0; i < averages.size(); ++i) {
            const float* g = gradients[i].weights.data();
            float* v = averages[i].data();
            const std::size_t count = averages[i].size();
            for (std::size_t k = 0; k < count; ++k) v[k] = decay * v[k] + (1 - decay) * (g[k] * g[k]);
          }
        });
        if (observe) observe(moments());
      },
      options.cancel);
  return moments();
}

}  // namespace evenshift::compiler
