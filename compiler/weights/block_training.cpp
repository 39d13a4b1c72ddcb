#include "compiler/weights/block_training.h"

#include "compiler/reconstruct/reconstruct.h"

namespace evenshift::compiler {
namespace {

WeightTrainingOptions training_options(std::string_view method, int shift_bits) {
  WeightTrainingOptions options;
  options.shift_bits = shift_bits;
  if (method.starts_with("gradient")) options.parameters = TrainedParameters::weights_and_exponents;
  if (method == "gradient_ceil") options.exponent_rounding = ExponentRounding::ceil;
  if (method == "gradient_round") options.exponent_rounding = ExponentRounding::round;
  if (method == "reconstruct_weights") options.parameters = TrainedParameters::latent_weights;
  return options;
}

}  // namespace

bool trains_blocks(std::string_view method) {
  return method.starts_with("gradient") || method.starts_with("reconstruct");
}

void train_blocks(std::string_view method, const Graph& graph, const std::vector<QuantParams>& values, int shift_bits,
                  const CalibrationData& data, const WorkContext& work, std::vector<WeightPlan>& plans) {
  std::vector<std::size_t> convs;
  std::vector<WeightGrid> grids;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n)
    if (std::holds_alternative<Conv>(graph.nodes[n].op)) {
      convs.push_back(n);
      grids.push_back(plans[n].grid);
    }
  ReconstructOptions options;
  options.weights = training_options(method, shift_bits);
  options.max_convs = 3;  // an inverted residual in one block
  options.threads = work.threads;
  options.cancel = work.cancel;
  options.unfinished = work.unfinished;
  options.unfinished_key = work.unfinished_key;
  Reconstruction result = reconstruct(graph, grids, values, data, options, [&](std::int64_t done, std::int64_t blocks) {
    if (work.progress) work.progress("reconstruct", done, blocks);
  });
  for (std::size_t i = 0; i < convs.size(); ++i)
    plans[convs[i]] = {std::move(result.convs[i].weights.grid), std::move(result.convs[i].weights.codes),
                       std::move(result.convs[i].bias)};
}

}  // namespace evenshift::compiler
