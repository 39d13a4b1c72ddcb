#include "compiler/weights/second_moments.h"

#include <algorithm>

namespace evenshift::compiler {

std::vector<PowerOfTwoStart> second_moment_starts(const Graph& graph, const CompileOptions& options, int reach_bits,
                                                  const CalibrationData& data, const WorkContext& work) {
  constexpr double kDecay = 0.9;
  constexpr std::int64_t kEvery = 8;  // images between two choices of exponents
  std::vector<std::size_t> convs;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n)
    if (std::holds_alternative<Conv>(graph.nodes[n].op)) convs.push_back(n);
  std::vector<StableExponents> stable(convs.size(), StableExponents(kDecay));
  const auto exponents_of = [&](std::size_t i, const Floats& importance) {
    const Node& node = graph.nodes[convs[i]];
    return msqe_exponents(std::get<Conv>(node.op), importance, weight_bits_of(options, node.name), reach_bits,
                          {.mask_outliers = false});
  };
  WeightMomentOptions moment_options;
  moment_options.images = std::min(moment_options.images, data.count);
  moment_options.threads = work.threads;
  moment_options.cancel = work.cancel;
  std::int64_t seen = 0;
  const WeightMoments last = weight_moments(graph, data, moment_options, [&](const WeightMoments& moments) {
    ++seen;
    if (work.progress) work.progress("gradients", seen, moment_options.images);
    if (seen % kEvery != 0 && seen != moment_options.images) return;
    for (std::size_t i = 0; i < convs.size(); ++i) stable[i].observe(exponents_of(i, moments[i]));
  });
  std::vector<PowerOfTwoStart> starts(graph.nodes.size());
  for (std::size_t i = 0; i < convs.size(); ++i) starts[convs[i]] = {last[i], stable[i].frozen()};
  return starts;
}

}  // namespace evenshift::compiler
