// Every executor gives the bytes of the golden datapath, on thousands of random images and machines.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "arch/base/error.h"
#include "tests/conformance/random_images.h"
#include "tests/conformance/trace.h"
#include "tests/support/golden_executor.h"

namespace evenshift::conformance {
namespace {

constexpr std::uint64_t kImages = kSanitized ? 120 : 2048;
constexpr std::uint64_t kOddImages = kSanitized ? 40 : 400;
constexpr std::uint64_t kAccumulatorStride = 8;  ///< accumulators of every 8th image

class Conformance : public testing::TestWithParam<Engine> {
 protected:
  void expect_golden(const support::RandomImageOptions& options, const char* function, std::uint64_t seed) {
    const image::Image image = support::random_image(options);
    const auto inputs = support::random_inputs(image, seed);
    const auto accumulators = seed % kAccumulatorStride == 0 ? Accumulators::record : Accumulators::ignore;
    support::GoldenExecutor golden;
    golden.load(image);
    executor_->load(image);
    const Trace expected = trace_of(image, golden, inputs, accumulators);
    std::string found = difference(image, expected, trace_of(image, *executor_, inputs, accumulators));
    compared_accumulators_ += expected.accumulators.size();
    compared_tensors_ += expected.tensors.size();
    if (!found.empty())
      FAIL() << GetParam() << ": " << found << "\nto see it again: support::random_image(" << function << "(" << seed
             << ")), random_inputs(image, " << seed << ")\n"
             << to_yaml(image.config);
  }

  std::unique_ptr<sim::Executor> executor_ = GetParam().make();
  std::size_t compared_tensors_ = 0, compared_accumulators_ = 0;
};

TEST_P(Conformance, RandomImages) {
  for (std::uint64_t seed = 0; seed < kImages && !HasFailure(); ++seed)
    expect_golden(image_options(seed), "image_options", seed);
  EXPECT_GT(compared_tensors_, kImages);
  EXPECT_GT(compared_accumulators_, 1000U);
}

TEST_P(Conformance, RandomImagesForOddMachines) {
  if (GetParam().needs_built_array) {
    const image::Image image = support::random_image(odd_image_options(0));
    try {
      executor_->load(image);
      FAIL() << "there is no RTL of " << image.config.conv_core.mac_rows << " x " << image.config.conv_core.mac_cols;
    } catch (const Error& error) {
      for (const std::int64_t size : kBuiltArrays)
        EXPECT_NE(std::string(error.what()).find(std::to_string(size)), std::string::npos) << error.what();
    }
    return;
  }
  for (std::uint64_t seed = 0; seed < kOddImages && !HasFailure(); ++seed)
    expect_golden(odd_image_options(seed), "odd_image_options", seed);
}

TEST_P(Conformance, AnImageRunsAgainWithOtherInputs) {
  for (std::uint64_t seed = 0; seed < (kSanitized ? 8U : 40U) && !HasFailure(); ++seed) {
    const image::Image image = support::random_image(image_options(seed));
    support::GoldenExecutor golden;
    golden.load(image);
    executor_->load(image);
    for (std::uint64_t run = 0; run < 3; ++run) {
      const auto inputs = support::random_inputs(image, seed * 3 + run);
      EXPECT_EQ(difference(image, trace_of(image, golden, inputs), trace_of(image, *executor_, inputs)), "")
          << "image_options(" << seed << "), run " << run;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Conformance, testing::ValuesIn(engines()),
                         [](const auto& tested) { return tested.param.name; });

/// The images of the suite have what it is about.
TEST(ConformanceImages, CoverTheMachine) {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 0; seed < kImages; ++seed) {
    const image::Image image = support::random_image(image_options(seed));
    const NpuConfig& config = image.config;
    ++seen[fmt::format("rounding {}", to_string(config.requantizer.rounding))];
    ++seen[fmt::format("requant_scale {}", to_string(config.requantizer.requant_scale))];
    ++seen[fmt::format("shift_bits {}", config.requantizer.shift_bits)];
    ++seen[fmt::format("array {}", config.conv_core.mac_rows)];
    for (const auto& command : image.commands)
      if (const auto* conv = std::get_if<isa::Conv>(&command.operation))
        ++seen[fmt::format("weight_bits {}", conv->weight_bits)];
  }
  EXPECT_EQ(seen.size(), 5U + 4U + 6U + 4U + 7U) << "roundings, scales, shift widths, arrays, weight widths";
}

}  // namespace
}  // namespace evenshift::conformance
