#include "compiler/explain/weight_levels.h"

#include <gmock/gmock.h>

#include <cmath>

#include "compiler/calibrate/value_params.h"
#include "compiler/composition.h"
#include "tests/compiler/explain/explain_fixture.h"

namespace evenshift::compiler {
namespace {

/// Σ (W - V)² of all convs at a level.
double error_of(const WeightLevels& levels, WeightLevel level) {
  double error = 0;
  for (std::size_t n = 0; n < levels.of(level).nodes.size(); ++n) {
    const auto* exact = std::get_if<Conv>(&levels.of(WeightLevel::exact).nodes[n].op);
    const auto* rounded = std::get_if<Conv>(&levels.of(level).nodes[n].op);
    if (exact == nullptr) continue;
    for (std::size_t i = 0; i < exact->weights.size(); ++i)
      error += std::pow(static_cast<double>(exact->weights[i]) - rounded->weights[i], 2);
  }
  return error;
}

WeightLevels levels_of(const Machine& machine) {
  const SmallNetwork network = small_network();
  const CalibrationData data = network.data();
  const PreparedNetwork prepared = prepare(network.graph, data, machine.options, {});
  return weight_levels(prepared, value_params(prepared.graph, prepared.ranges, 8), data, machine.config,
                       machine.options, {});
}

TEST(WeightLevels, EachRestrictionAddsToTheError) {
  Machine machine;
  machine.config.requantizer.requant_scale = RequantScale::layer;
  const WeightLevels levels = levels_of(machine);
  EXPECT_EQ(error_of(levels, WeightLevel::exact), 0);
  EXPECT_GT(error_of(levels, WeightLevel::channel_scale), 0);
  EXPECT_GT(error_of(levels, WeightLevel::power_of_two), error_of(levels, WeightLevel::channel_scale));
  EXPECT_GT(error_of(levels, WeightLevel::machine), error_of(levels, WeightLevel::power_of_two));
}

TEST(WeightLevels, AreOneWhereTheMachineHasScalesOfItsOwn) {
  Machine machine;
  machine.config.requantizer.requant_scale = RequantScale::channel_multiplier;
  const WeightLevels levels = levels_of(machine);
  EXPECT_EQ(error_of(levels, WeightLevel::machine), error_of(levels, WeightLevel::channel_scale));
  EXPECT_EQ(error_of(levels, WeightLevel::power_of_two), error_of(levels, WeightLevel::channel_scale));
}

TEST(WeightLevels, AShifterOfAllBitsIsTheUnlimitedOne) {
  Machine machine;
  machine.config.requantizer.shift_bits = 5;
  const WeightLevels levels = levels_of(machine);
  EXPECT_EQ(error_of(levels, WeightLevel::machine), error_of(levels, WeightLevel::power_of_two));
}

TEST(WithMethod, TakesThePlaceOfTheStage) {
  EXPECT_EQ(with_method("shift,bias_correction", "shift_mse"), "shift_mse,bias_correction");
  EXPECT_EQ(with_method("shift,bias_correction", "least_squares"), "shift,least_squares,bias_correction");
  EXPECT_EQ(with_method("none", "factorize"), "factorize");
}

}  // namespace
}  // namespace evenshift::compiler
