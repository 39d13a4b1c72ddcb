#include "compiler/explain/candidates.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "arch/config/npu_config.h"
#include "compiler/compile.h"

namespace evenshift::compiler {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::vector<CauseLoss> mostly(Cause cause) { return {{cause, std::nullopt, std::nullopt, 1, 1, 1.0}}; }

std::vector<std::string> changes(const std::vector<Candidate>& found) {
  std::vector<std::string> texts;
  for (const Candidate& candidate : found) texts.push_back(candidate.change);
  return texts;
}

TEST(Candidates, AreSortedByCostAndCanBeCompiled) {
  NpuConfig config;
  config.requantizer.shift_bits = 1;
  config.requantizer.multiplier_bits = 8;
  config.requantizer.rounding = RoundingMode::truncate;
  CompileOptions options;
  options.weight_bits = 4;
  std::vector<CauseLoss> causes;
  for (const Cause cause : {Cause::weight_rounding, Cause::power_of_two_scale, Cause::shift_width,
                            Cause::activation_rounding, Cause::multiplier_width, Cause::rounding_mode})
    causes.push_back({cause, std::nullopt, std::nullopt, 1, 1, 0.2});
  const auto found = candidates({config, options, causes, {"a", "b", "c", "d"}, false});
  EXPECT_TRUE(std::ranges::is_sorted(found, {}, &Candidate::cost));
  for (const RemedyCost cost :
       {RemedyCost::compiler_flag, RemedyCost::rounding, RemedyCost::wider_shifter, RemedyCost::wider_multiplier,
        RemedyCost::wider_weights, RemedyCost::channel_multiplier})
    EXPECT_TRUE(std::ranges::find(found, cost, &Candidate::cost) != found.end()) << to_string(cost);
  for (const Candidate& candidate : found) {
    EXPECT_TRUE(npu_config_faults(candidate.config).empty()) << candidate.change;
    EXPECT_TRUE(option_faults(candidate.options).empty()) << candidate.change;
  }
  EXPECT_THAT(changes(found), Contains("--layer-weight-bits 'a=8'"));
  EXPECT_THAT(changes(found), Contains("--layer-weight-bits 'a=8,b=8,c=8'"));
}

TEST(Candidates, TouchOnlyWhatIsToBlame) {
  NpuConfig config;
  config.requantizer.shift_bits = 1;
  const auto found = changes(candidates({config, {}, mostly(Cause::activation_range), {"a"}, true}));
  EXPECT_THAT(found, Contains(HasSubstr("outlier images")));
  EXPECT_THAT(found, Contains("--calibration percentile"));
  EXPECT_THAT(found, Not(Contains(HasSubstr("--shift-bits"))));
  EXPECT_THAT(found, Not(Contains(HasSubstr("channel_multiplier"))));
}

TEST(Candidates, OfALayerWiseMachineBringAShifter) {
  NpuConfig config;
  config.requantizer.requant_scale = RequantScale::layer;
  CompileOptions options;
  options.equalize = "none";
  const auto found = candidates({config, options, mostly(Cause::shift_width), {"a"}, false});
  const auto shifter = std::ranges::find(
      found, "--requant-scale layer_with_channel_shift --shift-bits 1 --equalize shift", &Candidate::change);
  ASSERT_NE(shifter, found.end());
  EXPECT_EQ(shifter->config.requantizer.requant_scale, RequantScale::layer_with_channel_shift);
  EXPECT_EQ(shifter->config.requantizer.shift_bits, 1);
  EXPECT_EQ(shifter->options.equalize, "shift");
}

TEST(WinsHalf, OfTheNoiseAndOfTheImages) {
  EXPECT_TRUE(wins_half({0.4, 0.5, 16}, {0.2, 0.75, 8}));
  EXPECT_FALSE(wins_half({0.4, 0.5, 16}, {0.21, 0.75, 8}));
  EXPECT_FALSE(wins_half({0.4, 0.5, 16}, {0.2, 0.72, 9}));
  EXPECT_TRUE(wins_half({0.4, 0.9, 2}, {0.2, 0.9, 2}));
  EXPECT_FALSE(wins_half({0.4, 0.9, 1}, {0.2, 0.9, 2}));
}

TEST(Advised, IsTheBestOfTheCheapestThatWin) {
  const auto remedy = [](RemedyCost cost, double noise, bool wins) {
    Remedy result;
    result.candidate.cost = cost;
    result.result.noise = noise;
    result.wins_half = wins;
    return result;
  };
  using enum RemedyCost;
  EXPECT_EQ(advised_of({remedy(compiler_flag, 0.3, false), remedy(wider_shifter, 0.2, true),
                        remedy(channel_multiplier, 0.1, true)}),
            1U);
  EXPECT_EQ(advised_of(
                {remedy(compiler_flag, 0.3, true), remedy(compiler_flag, 0.2, true), remedy(wider_shifter, 0.1, true)}),
            1U);
  EXPECT_FALSE(advised_of({remedy(compiler_flag, 0.3, false)}));
}

TEST(IsHarmless, AtTwentyDecibelAndTwoImages) {
  EXPECT_TRUE(is_harmless({0.01, 0.9, 2}));
  EXPECT_FALSE(is_harmless({0.011, 1, 0}));
  EXPECT_FALSE(is_harmless({0.001, 0.9, 3}));
}

}  // namespace
}  // namespace evenshift::compiler
