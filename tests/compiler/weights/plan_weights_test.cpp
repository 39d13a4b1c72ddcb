#include "compiler/weights/plan_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "arch/base/error.h"
#include "compiler/calibrate/value_params.h"
#include "compiler/quantize/quantize_graph.h"
#include "compiler/reference/float_evaluator.h"
#include "compiler/weights/block_training.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

/// Stem, depthwise, pointwise, residual add, mean, classifier; channels of very different sizes.
class PlanWeights : public testing::Test {
 protected:
  PlanWeights() {
    const Clamp relu6{0, 6};
    const ValueId stem = maker_.conv(maker_.input({3, 12, 12}), 8, window(3, 1, 1), 1, relu6);
    const ValueId deep = maker_.conv(stem, 8, window(3, 1, 1), 8, relu6);
    const ValueId point = maker_.conv(deep, 8, window(1));
    const ValueId sum = maker_.node(Add{}, {stem, point}, {8, 12, 12});
    const ValueId mean = maker_.node(AveragePool{window(12, 12), false, {}}, {sum}, {8, 1, 1});
    maker_.conv(mean, 5, window(1));
    for (Node& node : maker_.graph.nodes)
      if (auto* conv = std::get_if<Conv>(&node.op)) {
        const std::size_t taps = conv->weights.size() / conv->bias.size();
        for (std::size_t i = 0; i < conv->weights.size(); ++i)
          conv->weights[i] *= std::ldexp(1.0F, -static_cast<int>(i / taps % 5));
      }
    for (int i = 0; i < 10; ++i) images_.push_back(maker_.inputs()[0]);
    values_ = value_params(maker_.graph, calibrate(maker_.graph, data(), {}), 8);
  }

  [[nodiscard]] CalibrationData data() const {
    return {static_cast<std::int64_t>(images_.size()),
            [&](std::int64_t i) { return std::vector{images_[static_cast<std::size_t>(i)]}; }};
  }

  [[nodiscard]] std::vector<WeightPlan> plan(const std::string& equalize, int bits = 4, int threads = 1) const {
    CompileOptions options;
    options.equalize = equalize;
    options.weight_bits = bits;
    options.layer_weight_bits = layer_bits_;
    const CalibrationData images = data();
    return plan_weights(maker_.graph, values_, config_, options, &images, {threads, nullptr, {}});
  }

  /// Σ (scores - scores of the float network)² over the images, weights alone quantized.
  [[nodiscard]] double output_error(const std::vector<WeightPlan>& plans) const {
    Graph quantized = maker_.graph;
    for (std::size_t n = 0; n < quantized.nodes.size(); ++n)
      if (auto* conv = std::get_if<Conv>(&quantized.nodes[n].op)) *conv = dequantized(*conv, plans[n]);
    FloatEvaluator exact(std::make_shared<Graph>(maker_.graph));
    FloatEvaluator rounded(std::make_shared<Graph>(quantized));
    double sum = 0;
    for (const FloatTensor& image : images_) {
      const auto want = exact.run(std::vector{image})[0].values;
      const auto found = rounded.run(std::vector{image})[0].values;
      for (std::size_t i = 0; i < want.size(); ++i) sum += std::pow(want[i] - found[i], 2);
    }
    return sum;
  }

  GraphMaker maker_{11};
  std::vector<FloatTensor> images_;
  std::vector<QuantParams> values_;
  NpuConfig config_;
  std::string layer_bits_;
};

/// Whatever a method decides, the machine can hold it: shifts in range, codes in range, and quantization takes it.
TEST_F(PlanWeights, OfEveryMethodFitsEveryMachineThatItIsFor) {
  for (const Method& method : known_methods()) {
    if (method.stage < Stage::grid || trains_blocks(method.name)) continue;  // those are slow, and tested on their own
    for (const RequantScale scale : {RequantScale::layer, RequantScale::layer_with_channel_shift,
                                     RequantScale::channel_multiplier, RequantScale::channel_shift_only}) {
      config_.requantizer.requant_scale = scale;
      if (method.name.starts_with("msqe") && scale == RequantScale::channel_shift_only) {
        EXPECT_THROW(static_cast<void>(plan(std::string(method.name))), Error);
        continue;
      }
      const auto plans = plan(std::string(method.name));
      const auto result = quantize_graph(maker_.graph, values_, plans, config_);
      for (std::size_t n = 0; n < plans.size(); ++n) {
        const auto* conv = std::get_if<QuantizedConv>(&result.graph.nodes[n]);
        if (conv == nullptr) continue;
        EXPECT_EQ(conv->weight_bits, 4) << method.name;
        for (const std::int8_t code : conv->weights) ASSERT_LE(std::abs(code), 7) << method.name;
        if (scale == RequantScale::layer_with_channel_shift)
          for (const auto& channel : conv->channel_scales) {
            ASSERT_GE(channel.shift, 0) << method.name;
            ASSERT_LT(channel.shift, 16) << method.name;
          }
      }
    }
  }
}

TEST_F(PlanWeights, DataMethodsLowerTheErrorOfTheOutput) {
  const double plain = output_error(plan("shift"));
  EXPECT_LT(output_error(plan("none")), 1e30);
  EXPECT_LT(plain, output_error(plan("none")));
  for (const char* better : {"shift,adaround", "shift,least_squares", "shift,bias_correction",
                             "shift_output_mse,least_squares,bias_correction"})
    EXPECT_LT(output_error(plan(better)), plain) << better;
}

TEST_F(PlanWeights, IsTheSameForAnyNumberOfThreads) {
  const std::string composition = "shift_joint_output,least_squares,bias_correction";
  const auto one = plan(composition, 4, 1);
  const auto three = plan(composition, 4, 3);
  for (std::size_t n = 0; n < one.size(); ++n) {
    EXPECT_EQ(one[n].codes, three[n].codes);
    EXPECT_EQ(one[n].bias, three[n].bias);
    EXPECT_EQ(one[n].grid.shifts, three[n].grid.shifts);
  }
}

TEST_F(PlanWeights, GivesSingleLayersTheirBits) {
  layer_bits_ = "depthwise*=8,conv*=3";
  for (std::size_t n = 0; const auto& plan : plan("shift", 5)) {
    const Node& node = maker_.graph.nodes[n++];
    if (!std::holds_alternative<Conv>(node.op)) continue;
    EXPECT_EQ(plan.grid.bits, node.name.starts_with("depthwise") ? 8 : 3) << node.name;
  }
}

TEST_F(PlanWeights, PowerOfTwoScalesArePowersOfTwo) {
  for (const auto& plan : plan("msqe_second_moment")) {
    int exponent = 0;
    EXPECT_EQ(std::frexp(plan.grid.layer_scale, &exponent), 0.5);
  }
}

TEST_F(PlanWeights, RefusesMethodsThatExcludeEachOther) {
  EXPECT_THROW(static_cast<void>(plan("gradient,adaround")), Error);
}

}  // namespace
}  // namespace evenshift::compiler
