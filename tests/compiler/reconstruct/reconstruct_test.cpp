#include "compiler/reconstruct/reconstruct.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "arch/base/error.h"
#include "compiler/equalize/msqe.h"
#include "compiler/reconstruct/graph_run.h"
#include "compiler/reference/float_evaluator.h"
#include "tests/compiler/reference/graph_maker.h"
#include "tests/host/temp_folder.h"

namespace evenshift::compiler {
namespace {

/// Stem, an inverted residual, a classifier; with softmax.
class SmallNetwork : public ::testing::Test {
 protected:
  SmallNetwork() {
    const Clamp relu6{0, 6};
    const ValueId stem = maker_.conv(maker_.input({3, 16, 16}), 6, window(3, 1, 1), 1, relu6);
    const ValueId expand = maker_.conv(stem, 12, window(1), 1, relu6);
    const ValueId project = maker_.conv(maker_.conv(expand, 12, window(3, 1, 1), 12, relu6), 6, window(1));
    const ValueId sum = maker_.node(Add{}, {stem, project}, {6, 16, 16});
    const ValueId mean = maker_.node(AveragePool{window(16, 16), false, {}}, {sum}, {6, 1, 1});
    const ValueId scores = maker_.conv(mean, 5, window(1));
    maker_.node(Softmax{}, {scores}, {5, 1, 1});
    for (int i = 0; i < 12; ++i) images_.push_back(maker_.inputs()[0]);
    for (const Node& node : maker_.graph.nodes)
      if (const auto* conv = std::get_if<Conv>(&node.op)) {
        float largest = 0;
        for (const float w : conv->weights) largest = std::max(largest, std::abs(w));
        grids_.push_back({3, static_cast<double>(largest) / 3, {}, {}});
      }
    options_.threads = 1;
    options_.iterations = 150;
    options_.batch = 8;
    options_.max_convs = 3;
    options_.weights.learning_rate = 0.03;
    options_.crop = 5;
  }

  [[nodiscard]] CalibrationData data() const {
    return {static_cast<std::int64_t>(images_.size()),
            [&](std::int64_t i) { return std::vector{images_[static_cast<std::size_t>(i)]}; }};
  }

  [[nodiscard]] Reconstruction run(std::span<const QuantParams> quantization = {}) const {
    return reconstruct(maker_.graph, grids_, quantization, data(), options_);
  }

  /// Σ (scores - scores of the float network)² over the images.
  [[nodiscard]] double output_error(const std::vector<ReconstructedConv>& convs) const {
    auto quantized = std::make_shared<Graph>(maker_.graph);
    std::size_t index = 0;
    for (Node& node : quantized->nodes)
      if (auto* conv = std::get_if<Conv>(&node.op)) {
        conv->weights = convs[index].weights.dequantized(conv->bias.size());
        conv->bias = convs[index++].bias;
      }
    auto floats = std::make_shared<Graph>(maker_.graph);
    for (const auto& graph : {quantized, floats}) {
      graph->nodes.pop_back();
      graph->outputs = {graph->nodes.back().output};
    }
    FloatEvaluator a(quantized);
    FloatEvaluator b(floats);
    double error = 0;
    for (const FloatTensor& image : images_) {
      const Floats of_a = a.run(std::vector{image})[0].values;
      const Floats of_b = b.run(std::vector{image})[0].values;
      for (std::size_t i = 0; i < of_a.size(); ++i) error += std::pow(of_a[i] - of_b[i], 2);
    }
    return error;
  }

  [[nodiscard]] std::vector<ReconstructedConv> nearest() const {
    std::vector<ReconstructedConv> convs;
    for (const Node& node : maker_.graph.nodes)
      if (const auto* conv = std::get_if<Conv>(&node.op))
        convs.push_back({nearest_weights(conv->weights, grids_[convs.size()], conv->bias.size()), conv->bias});
    return convs;
  }

  GraphMaker maker_{11};
  std::vector<FloatTensor> images_;
  std::vector<WeightGrid> grids_;
  ReconstructOptions options_;
};

void expect_same(const Reconstruction& a, const Reconstruction& b) {
  ASSERT_EQ(a.convs.size(), b.convs.size());
  for (std::size_t i = 0; i < a.convs.size(); ++i) {
    EXPECT_EQ(a.convs[i].weights.codes, b.convs[i].weights.codes);
    EXPECT_EQ(a.convs[i].bias, b.convs[i].bias);
  }
  for (std::size_t i = 0; i < a.blocks.size(); ++i) EXPECT_EQ(a.blocks[i].loss_after, b.blocks[i].loss_after);
}

TEST_F(SmallNetwork, LosesLessThanWithNearestWeights) {
  for (const TrainedParameters parameters : {TrainedParameters::rounding, TrainedParameters::latent_weights}) {
    options_.weights.parameters = parameters;
    const Reconstruction result = run();
    ASSERT_EQ(result.blocks.size(), 3u);
    // The stem's inputs are independent, for which nearest weights are near the best already.
    EXPECT_LE(result.blocks[0].loss_after, result.blocks[0].loss_before);
    EXPECT_LT(result.blocks[1].loss_after, 0.7 * result.blocks[1].loss_before);
    EXPECT_LT(result.blocks[2].loss_after, 0.7 * result.blocks[2].loss_before);
    EXPECT_LT(output_error(result.convs), 0.25 * output_error(nearest()));
    for (std::size_t i = 0; i < grids_.size(); ++i)
      EXPECT_EQ(result.convs[i].weights.grid.layer_scale, grids_[i].layer_scale);
  }
}

TEST_F(SmallNetwork, LosesLessByErrorFeedbackAloneAndLessStillByTraining) {
  options_.iterations = 0;
  const Reconstruction fed_back = run();
  options_.weights.parameters = TrainedParameters::latent_weights;
  options_.iterations = 150;
  const Reconstruction trained = run();
  EXPECT_LT(output_error(fed_back.convs), 0.5 * output_error(nearest()));
  EXPECT_LT(output_error(trained.convs), output_error(fed_back.convs));
  EXPECT_LT(trained.blocks[0].loss_after, fed_back.blocks[0].loss_after * 1.0001);
}

TEST_F(SmallNetwork, TrainsPowerOfTwoScales) {
  options_.weights.parameters = TrainedParameters::weights_and_exponents;
  grids_.clear();
  for (const Node& node : maker_.graph.nodes)
    if (const auto* conv = std::get_if<Conv>(&node.op)) grids_.push_back(msqe_grid(*conv, {}, 3, 4, {}));
  const Reconstruction result = run();
  EXPECT_LT(output_error(result.convs), output_error(nearest()));
  for (const ReconstructedConv& conv : result.convs) {
    int exponent = 0;
    EXPECT_EQ(std::frexp(conv.weights.grid.layer_scale, &exponent), 0.5);
    EXPECT_EQ(conv.weights.grid.shifts.size(), conv.bias.size());
  }
}

TEST_F(SmallNetwork, GivesTheSameBytesForAnyNumberOfThreadsAndAnyMemory) {
  options_.iterations = 5;
  options_.threads = 1;
  const Reconstruction expected = run();
  options_.threads = 3;
  expect_same(run(), expected);
  options_.memory_bytes = 0;
  expect_same(run(), expected);
}

TEST_F(SmallNetwork, SeesTheRoundingOfActivations) {
  const std::vector<QuantParams> quantization(maker_.graph.values.size(), quant_params_from_range(-4, 8, 4));
  const Reconstruction coarse = run(quantization);
  for (const BlockReport& block : coarse.blocks) EXPECT_LT(block.loss_after, block.loss_before);
  options_.iterations = 0;
  EXPECT_GT(run(quantization).blocks[0].loss_before, run().blocks[0].loss_before);
}

TEST_F(SmallNetwork, KeepsNearestWeightsWhereTrainingDoesNotHelp) {
  options_.error_feedback = false;
  options_.weights.learning_rate = 1e3;  // goes nowhere sensible
  options_.bias_learning_rate = 1e3;
  options_.iterations = 3;
  const Reconstruction result = run();
  const std::vector<ReconstructedConv> expected = nearest();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(result.convs[i].weights.codes, expected[i].weights.codes);
    EXPECT_EQ(result.convs[i].bias, expected[i].bias);
  }
}

TEST_F(SmallNetwork, CanBeCancelledAndNeedsAnImage) {
  CancelFlag flag;
  options_.cancel = &flag;
  EXPECT_THROW(
      reconstruct(maker_.graph, grids_, {}, data(), options_, [&](std::int64_t, std::int64_t) { flag.cancel(); }),
      Cancelled);
  images_.clear();
  options_.cancel = nullptr;
  EXPECT_THROW(static_cast<void>(run()), Error);
}

TEST(Reconstruction, RoundsUpWhatNearestRoundingLoses) {
  // Both inputs are always equal, so that 0.4 + 0.3 is better 1 + 0 or 0 + 1 than the nearest 0 + 0.
  GraphMaker maker(1);
  maker.conv(maker.input({2, 1, 1}), 1, window(1));
  auto& conv = std::get<Conv>(maker.graph.nodes[0].op);
  conv.weights = {0.4F, 0.3F};
  conv.bias = {0};
  const CalibrationData data{8, [](std::int64_t i) {
                               const auto x = static_cast<float>(i - 4) + 0.5F;
                               return std::vector<FloatTensor>{{{2, 1, 1}, {x, x}}};
                             }};
  ReconstructOptions options;
  options.threads = 1;
  options.train_bias = false;
  options.error_feedback = false;
  options.weights.parameters = TrainedParameters::rounding;
  options.iterations = 300;
  options.weights.learning_rate = 0.05;
  const Reconstruction result = reconstruct(maker.graph, std::vector<WeightGrid>{{4, 1, {}, {}}}, {}, data, options);
  const auto& codes = result.convs[0].weights.codes;
  EXPECT_EQ(codes[0] + codes[1], 1);
  // Mean of x² is 5.25.
  EXPECT_NEAR(result.blocks[0].loss_before, 0.7 * 0.7 * 5.25, 1e-5);
  EXPECT_NEAR(result.blocks[0].loss_after, 0.3 * 0.3 * 5.25, 1e-5);
}

/// Stopped after its second block, training goes on there, with the same result; blocks of another key do not count.
TEST_F(SmallNetwork, GoesOnWhereItWasStopped) {
  const Reconstruction whole = run();
  const host::TempFolder folder;
  options_.unfinished = folder.path() / "unfinished";
  options_.unfinished_key = 1;
  CancelFlag cancel;
  options_.cancel = &cancel;
  const auto stop = [&](std::int64_t done, std::int64_t) {
    if (done == 2) cancel.cancel();
  };
  EXPECT_THROW(reconstruct(maker_.graph, grids_, {}, data(), options_, stop), Cancelled);
  const auto trained = [&] { return std::distance(std::filesystem::directory_iterator(options_.unfinished), {}); };
  EXPECT_EQ(trained(), 2);

  options_.cancel = nullptr;
  std::ofstream(options_.unfinished / "block_0001", std::ios::app) << "damaged";
  const Reconstruction resumed = run();
  EXPECT_EQ(resumed.blocks.size(), whole.blocks.size());
  for (std::size_t i = 0; i < whole.convs.size(); ++i) {
    EXPECT_EQ(resumed.convs[i].weights.codes, whole.convs[i].weights.codes);
    EXPECT_EQ(resumed.convs[i].bias, whole.convs[i].bias);
  }

  // All blocks are there now: nothing is trained with this key, everything with another.
  options_.iterations = 1;
  EXPECT_EQ(run().convs[0].bias, whole.convs[0].bias);
  options_.unfinished_key = 2;
  EXPECT_NE(run().convs[0].bias, whole.convs[0].bias);
}

}  // namespace
}  // namespace evenshift::compiler
