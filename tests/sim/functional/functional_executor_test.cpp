#include "sim/functional/functional_executor.h"

#include <gtest/gtest.h>

#include "tests/support/golden_executor.h"
#include "tests/support/random_image.h"

namespace evenshift::sim {
namespace {

using support::GoldenExecutor;
using support::RandomImageOptions;

/// Every tensor's codes after its layer, by layer.
struct Trace {
  std::vector<std::vector<TensorCodes>> layers;
  std::vector<TensorCodes> outputs;
};

Trace trace_run(Executor& executor, const image::Image& image, std::span<const TensorCodes> inputs) {
  Trace trace;
  Observer observer;
  observer.layer_done = [&](std::int64_t layer, std::span<const std::uint8_t> dram) {
    auto& tensors = trace.layers.emplace_back();
    for (const auto index : image.layers[static_cast<std::size_t>(layer)].outputs)
      tensors.push_back(read_tensor(image.tensors[static_cast<std::size_t>(index)], dram));
  };
  trace.outputs = executor.run(inputs, observer);
  return trace;
}

class FunctionalExecutorTest : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    if (!is_supported(GetParam())) GTEST_SKIP() << "this machine does not support " << to_string(GetParam());
  }

  /// Two runs, one after the other, equal those of the golden executor in every tensor.
  static void expect_golden(const image::Image& image, std::uint64_t seed) {
    GoldenExecutor golden;
    golden.load(image);
    FunctionalExecutor functional(GetParam());
    functional.load(image);
    for (std::uint64_t run = 0; run < 2; ++run) {
      const auto inputs = support::random_inputs(image, seed * 2 + run);
      const Trace expected = trace_run(golden, image, inputs);
      const Trace actual = trace_run(functional, image, inputs);
      ASSERT_EQ(actual.layers.size(), expected.layers.size());
      for (std::size_t layer = 0; layer < expected.layers.size(); ++layer)
        ASSERT_EQ(actual.layers[layer], expected.layers[layer])
            << "seed " << seed << ", run " << run << ", layer " << layer << " (" << image.layers[layer].kind << ")";
      ASSERT_EQ(actual.outputs, expected.outputs) << "seed " << seed;
    }
  }
};

TEST_P(FunctionalExecutorTest, RandomImagesEqualGolden) {
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    expect_golden(support::random_image({.seed = seed}), seed);
    if (HasFatalFailure()) return;
  }
}

TEST_P(FunctionalExecutorTest, WideLayersEqualGolden) {
  RandomImageOptions options;
  options.max_channels = 200;
  options.max_kernel = 3;
  options.max_layers = 2;
  options.scratchpad_bytes = 1 << 18;
  options.rounding = RoundingMode::half_up;
  for (options.seed = 0; options.seed < 150; ++options.seed) {
    expect_golden(support::random_image(options), options.seed);
    if (HasFatalFailure()) return;
  }
}

TEST_P(FunctionalExecutorTest, WeightsThatAreDataEqualGolden) {
  RandomImageOptions options;
  options.weights_from_data = true;
  options.max_channels = 6;
  options.max_kernel = 2;
  for (options.seed = 0; options.seed < 300; ++options.seed) {
    expect_golden(support::random_image(options), options.seed);
    if (HasFatalFailure()) return;
  }
}

TEST_P(FunctionalExecutorTest, ObserverSeesGoldenAccumulators) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto image = support::random_image({.seed = seed});
    const auto inputs = support::random_inputs(image, seed);
    using Accumulator = std::array<std::int64_t, 5>;
    const auto observed = [&](Executor& executor) {
      std::vector<Accumulator> accumulators;
      Observer observer;
      observer.accumulator = [&](std::int64_t command, std::int64_t y, std::int64_t x, std::int64_t c,
                                 std::int32_t acc) {
        accumulators.push_back({command, y, x, c, acc});
      };
      executor.load(image);
      executor.run(inputs, observer);
      return accumulators;
    };
    GoldenExecutor golden;
    FunctionalExecutor functional(GetParam());
    ASSERT_EQ(observed(functional), observed(golden)) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, FunctionalExecutorTest,
                         testing::Values(InstructionSet::generic, InstructionSet::avx2, InstructionSet::avx512_vnni,
                                         InstructionSet::avx512_amx),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

}  // namespace
}  // namespace evenshift::sim
