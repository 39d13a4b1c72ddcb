// What was made bad on purpose is what is blamed.
#include "compiler/explain/explain.h"

#include <gmock/gmock.h>

#include "arch/base/error.h"
#include "tests/compiler/explain/explain_fixture.h"

namespace evenshift::compiler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const CauseLoss& loss_of(const Explanation& explanation, Cause cause) {
  for (const CauseLoss& loss : explanation.causes)
    if (loss.cause == cause) return loss;
  throw std::out_of_range(std::string(to_string(cause)));
}

/// The first of that cost that wins back half.
const Remedy& winner(const Explanation& explanation, RemedyCost cost) {
  for (const Remedy& remedy : explanation.remedies)
    if (remedy.wins_half && remedy.candidate.cost == cost) return remedy;
  throw std::out_of_range(std::string(to_string(cost)));
}

/// Channel 5 of dw1's input is always 0, and its filter a thousand times as large as the others.
SmallNetwork with_silent_filter() {
  SmallNetwork network = small_network();
  network.conv("first").bias[5] = -1000;
  for (std::size_t t = 0; t < 9; ++t) network.conv("dw1").weights[5 * 9 + t] = 1000;
  return network;
}

TEST(Explain, AWellQuantizedNetworkNeedsNothing) {
  const Explanation explanation = explain_small(small_network(), {});
  EXPECT_TRUE(explanation.harmless);
  EXPECT_EQ(explanation.images, 16);
  EXPECT_TRUE(explanation.remedies.empty());
  EXPECT_FALSE(explanation.advised);
  EXPECT_TRUE(explanation.outliers.empty());
  EXPECT_FALSE(explanation.without_silent_inputs);
  EXPECT_NEAR(explanation.compiled.sqnr_db(), explanation.modelled.sqnr_db(), 1.5);
  double share = 0;
  for (const CauseLoss& cause : explanation.causes) share += cause.share;
  EXPECT_NEAR(share, 1, 1e-9);
}

TEST(Explain, BlamesTheFilterOfASilentInputAndTheShifter) {
  Machine machine;
  machine.config.requantizer.shift_bits = 0;
  const Explanation explanation = explain_small(with_silent_filter(), machine);
  EXPECT_FALSE(explanation.harmless);
  EXPECT_EQ(explanation.causes[0].cause, Cause::shift_width);
  EXPECT_GT(explanation.causes[0].share, 0.9);
  const ExplainedLayer& worst = explanation.layers[0];
  EXPECT_EQ(worst.loss.name, "dw1");
  EXPECT_GT(worst.share, 0.9);
  EXPECT_EQ(worst.cause, Cause::shift_width);
  EXPECT_THAT(worst.silent.channels, ElementsAre(5));
  EXPECT_GT(worst.silent.range_factor, 500);
  ASSERT_TRUE(explanation.without_silent_inputs);
  EXPECT_GT(explanation.without_silent_inputs->sqnr_db(), explanation.compiled.sqnr_db() + 15);
  const Remedy& remedy = winner(explanation, RemedyCost::wider_shifter);
  EXPECT_THAT(remedy.candidate.change, StartsWith("--shift-bits "));
  EXPECT_LE(2 * remedy.result.noise, explanation.compiled.noise);
}

TEST(Explain, TheAdviceIsWorthWhatItSays) {
  Machine machine;
  machine.config.requantizer.shift_bits = 0;
  const SmallNetwork network = with_silent_filter();
  const Explanation before = explain_small(network, machine);
  ASSERT_TRUE(before.advised);
  for (const Remedy& remedy : before.remedies) {
    if (!remedy.wins_half) continue;
    const Machine changed{remedy.candidate.config, remedy.candidate.options};
    EXPECT_EQ(explain_small(network, changed).compiled.noise, remedy.result.noise) << remedy.candidate.change;
  }
}

TEST(Explain, BlamesTruncation) {
  Machine machine;
  machine.config.requantizer.rounding = RoundingMode::truncate;
  const Explanation explanation = explain_small(small_network(), machine);
  EXPECT_EQ(explanation.causes[0].cause, Cause::rounding_mode);
  ASSERT_TRUE(explanation.causes[0].alone);
  EXPECT_GT(explanation.causes[0].noise_added, 0);
  EXPECT_LT(explanation.causes[0].removed->noise, explanation.compiled.noise / 2);
  if (!explanation.harmless) {
    EXPECT_EQ(winner(explanation, RemedyCost::rounding).candidate.change, "--rounding half_up");
  }
}

TEST(Explain, BlamesAnImageThatStretchesTheRanges) {
  SmallNetwork network = small_network();
  for (float& number : network.images[9][0].values) number *= 300;
  const Explanation explanation = explain_small(network, {});
  ASSERT_EQ(explanation.outliers.size(), 1U);
  EXPECT_EQ(explanation.outliers[0].image, 9);
  EXPECT_GT(explanation.outliers[0].factor, 50);
  EXPECT_EQ(explanation.causes[0].cause, Cause::activation_range);
  EXPECT_EQ(explanation.best_range, "without the outlier images");
  ASSERT_TRUE(explanation.advised);
  EXPECT_THAT(explanation.remedies[*explanation.advised].candidate.change, HasSubstr("outlier"));
}

TEST(Explain, BlamesNarrowWeights) {
  Machine machine;
  machine.options.weight_bits = 3;
  machine.config.requantizer.requant_scale = RequantScale::channel_multiplier;
  const Explanation explanation = explain_small(small_network(), machine);
  EXPECT_EQ(explanation.causes[0].cause, Cause::weight_rounding);
  EXPECT_FALSE(explanation.harmless);
  EXPECT_THAT(winner(explanation, RemedyCost::wider_weights).candidate.change, HasSubstr("weight-bits "));
}

TEST(Explain, BlamesANarrowLayerAlone) {
  Machine machine;
  machine.options.layer_weight_bits = "pw2=2";
  const Explanation explanation = explain_small(small_network(), machine);
  EXPECT_EQ(explanation.layers[0].loss.name, "pw2");
  EXPECT_EQ(explanation.layers[0].cause, Cause::weight_rounding);
  EXPECT_GT(explanation.layers[0].share, 0.8);
}

TEST(Explain, BlamesANarrowAccumulator) {
  Machine machine;
  machine.config.conv_core.accumulator_bits = 16;
  const Explanation explanation = explain_small(small_network(), machine);
  EXPECT_EQ(explanation.causes[0].cause, Cause::accumulator_width);
  EXPECT_EQ(winner(explanation, RemedyCost::wider_accumulator).candidate.change, "--set accumulator_bits=32");
}

TEST(Explain, AMultiplierOfFewBitsCostsMoreThanOneOfMany) {
  const auto alone = [](std::int64_t bits) {
    Machine machine;
    machine.config.requantizer.multiplier_bits = bits;
    return loss_of(explain_small(small_network(), machine), Cause::multiplier_width).alone->noise;
  };
  const double eight = alone(8);
  EXPECT_GT(eight, 0);
  EXPECT_LT(alone(16), eight / 50);
}

TEST(Explain, IsTheSameForAnyNumberOfThreads) {
  Machine machine;
  machine.config.requantizer.shift_bits = 1;
  const Explanation one = explain_small(with_silent_filter(), machine, 1);
  const Explanation three = explain_small(with_silent_filter(), machine, 3);
  ASSERT_EQ(one.layers.size(), three.layers.size());
  for (std::size_t i = 0; i < one.layers.size(); ++i) {
    EXPECT_EQ(one.layers[i].loss.name, three.layers[i].loss.name);
    EXPECT_EQ(one.layers[i].loss.up_to.network.noise, three.layers[i].loss.up_to.network.noise);
  }
  for (std::size_t i = 0; i < one.causes.size(); ++i) EXPECT_EQ(one.causes[i].share, three.causes[i].share);
  EXPECT_EQ(one.advised, three.advised);
}

/// The last layer with all up to it is the network in floats.
TEST(Explain, TheLastLayerEndsAtTheModelledNetwork) {
  const Explanation explanation = explain_small(small_network(), {});
  for (const ExplainedLayer& layer : explanation.layers)
    if (layer.loss.name == "dense") {
      EXPECT_NEAR(layer.loss.up_to.network.noise / explanation.modelled.noise, 1, 1e-6);
      EXPECT_NEAR(layer.loss.up_to.layer_noise / layer.loss.up_to.network.noise, 1, 1e-12);
    }
}

TEST(Explain, MeasuresWhatDoesNotCalibrateWhereThereIsSuch) {
  const SmallNetwork network = small_network();
  const Machine machine;
  EXPECT_FALSE(explain_small(network, machine).held_out);

  const CalibrationData data = network.data();
  std::int64_t loads = 0;
  const CalibrationData others{5, [&](std::int64_t index) {
                                 ++loads;
                                 return network.images[static_cast<std::size_t>(index)];
                               }};
  const Explanation explanation = explain(
      {network.graph, data, others, 3, machine.config, machine.options, "{}", run_functional}, {1, nullptr, {}});
  EXPECT_TRUE(explanation.held_out);
  EXPECT_EQ(explanation.images, 3);
  EXPECT_EQ(loads, 3);
}

TEST(Explain, StopsWhenItIsCancelled) {
  const SmallNetwork network = small_network();
  const CalibrationData data = network.data();
  CancelFlag cancel;
  const WorkContext work{1, &cancel, [&](std::string_view stage, std::int64_t done, std::int64_t) {
                           if (stage == "layers" && done == 3) cancel.cancel();
                         }};
  EXPECT_THROW(explain({network.graph, data, {}, 16, {}, {}, "{}", run_functional}, work), Cancelled);
}

}  // namespace
}  // namespace evenshift::compiler
