// Executors that are wrong on purpose: the suite's comparison and sim::verify find them and name the right place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arch/datapath/golden_conv_core.h"
#include "sim/systemc/systemc_executor.h"
#include "sim/verify/verify.h"
#include "tests/conformance/random_images.h"
#include "tests/conformance/trace.h"
#include "tests/support/golden_executor.h"
#include "tests/support/random_source.h"

namespace evenshift::conformance {
namespace {

/// Runs every image as if its machine rounded otherwise.
class OtherRounding : public support::GoldenExecutor {
 public:
  explicit OtherRounding(RoundingMode rounding) : rounding_(rounding) {}
  [[nodiscard]] std::string name() const override { return "other_rounding"; }
  void load(const image::Image& image) override {
    image_ = image;
    image_.config.requantizer.rounding = rounding_;
    GoldenExecutor::load(image_);
  }

 private:
  RoundingMode rounding_;
  image::Image image_;
};

/// Flips one bit of DRAM when a layer has stored its last byte.
class FlippedBit : public support::GoldenExecutor {
 public:
  FlippedBit(std::int64_t layer, std::int64_t address) : layer_(layer), address_(address) {}
  [[nodiscard]] std::string name() const override { return "flipped_bit"; }
  std::vector<sim::TensorCodes> run(std::span<const sim::TensorCodes> inputs,
                                    const sim::Observer& observer = {}) override {
    sim::Observer flipping = observer;
    flipping.layer_done = [&](std::int64_t layer, std::span<const std::uint8_t> dram) {
      if (layer == layer_) const_cast<std::uint8_t&>(dram[static_cast<std::size_t>(address_)]) ^= 0x10;
      if (observer.layer_done) observer.layer_done(layer, dram);
    };
    return GoldenExecutor::run(inputs, flipping);
  }

 private:
  std::int64_t layer_, address_;
};

/// Reads the first bias of a command with one bit wrong.
class ConvCoreOfWrongBias : public datapath::ConvCore {
 public:
  void configure(const NpuConfig& config) override { core_.configure(config); }
  datapath::ConvActivity execute(const isa::Conv& conv, std::span<std::uint8_t> scratchpad,
                                 const datapath::AccumulatorObserver& observer) override {
    if (conv.continues != 0) return core_.execute(conv, scratchpad, observer);
    auto& byte = scratchpad[static_cast<std::size_t>(conv.bias_address)];
    const std::uint8_t kept = byte;
    byte ^= 0x40;
    const auto activity = core_.execute(conv, scratchpad, observer);
    byte = kept;
    return activity;
  }

 private:
  datapath::GoldenConvCore core_;
};

std::vector<std::unique_ptr<sim::Executor>> golden_and(std::unique_ptr<sim::Executor> other,
                                                       const image::Image& image) {
  std::vector<std::unique_ptr<sim::Executor>> executors;
  executors.push_back(std::make_unique<support::GoldenExecutor>());
  executors.push_back(std::move(other));
  for (const auto& executor : executors) executor->load(image);
  return executors;
}

Place place_of(const sim::Divergence& divergence) {
  return {divergence.layer, divergence.tensor, divergence.channel, divergence.y, divergence.x};
}

std::int8_t code_at(const image::Image& image, const Trace& trace, const Place& place) {
  const auto& tensor = image.tensors[static_cast<std::size_t>(place.tensor)];
  return trace.tensors.at(
      place.tensor)[static_cast<std::size_t>((place.y * tensor.width + place.x) * tensor.channels + place.channel)];
}

TEST(WrongExecutors, AnotherRoundingIsFoundAndNamed) {
  int found = 0, with_accumulator = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto options = image_options(seed);
    options.rounding = RoundingMode::half_up;
    const image::Image image = support::random_image(options);
    const auto inputs = support::random_inputs(image, seed);
    const auto executors = golden_and(std::make_unique<OtherRounding>(RoundingMode::truncate), image);
    const Trace expected = trace_of(image, *executors[0], inputs), actual = trace_of(image, *executors[1], inputs);
    const auto place = first_difference(image, expected, actual);
    const auto divergence = sim::verify(image, executors, inputs).divergence;
    ASSERT_EQ(place.has_value(), divergence.has_value()) << seed;
    EXPECT_EQ(place.has_value(), !difference(image, expected, actual).empty());
    if (!place) continue;
    ++found;
    EXPECT_EQ(place_of(*divergence), *place) << divergence->sentence(image);
    EXPECT_EQ(divergence->reference_value, code_at(image, expected, *place));
    EXPECT_EQ(divergence->value, code_at(image, actual, *place));
    if (!divergence->reference_accumulator) continue;
    ++with_accumulator;
    EXPECT_EQ(divergence->accumulator, divergence->reference_accumulator) << "only the rounding is wrong";
  }
  EXPECT_GT(found, 40);
  EXPECT_GT(with_accumulator, 25);
}

TEST(WrongExecutors, OneFlippedBitIsFoundWhereverItIs) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const image::Image image = support::random_image(image_options(seed));
    const auto inputs = support::random_inputs(image, seed);
    support::RandomSource random(seed);
    Place place;
    place.layer = random.in(0, static_cast<std::int64_t>(image.layers.size()) - 1);
    place.tensor = image.layers[static_cast<std::size_t>(place.layer)].outputs.front();
    const image::Tensor& tensor = image.tensors[static_cast<std::size_t>(place.tensor)];
    place.channel = random.in(0, tensor.channels - 1);
    place.y = random.in(0, tensor.height - 1);
    place.x = random.in(0, tensor.width - 1);
    const auto executors =
        golden_and(std::make_unique<FlippedBit>(place.layer, tensor.address(place.y, place.x, place.channel)), image);
    const Trace expected = trace_of(image, *executors[0], inputs), actual = trace_of(image, *executors[1], inputs);
    EXPECT_EQ(first_difference(image, expected, actual), place) << seed;
    const auto divergence = sim::verify(image, executors, inputs).divergence;
    ASSERT_TRUE(divergence) << seed;
    EXPECT_EQ(place_of(*divergence), place) << divergence->sentence(image);
    EXPECT_EQ(divergence->reference_value ^ divergence->value, 0x10) << seed;
    EXPECT_EQ(divergence->reference_engine, "golden");
    EXPECT_EQ(divergence->engine, "flipped_bit");
    EXPECT_THAT(divergence->sentence(image), testing::HasSubstr("channel " + std::to_string(place.channel)));
  }
}

TEST(WrongExecutors, AWrongAccumulatorIsShownBesideTheRightOne) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto options = image_options(seed);
    options.vector_commands = false;
    const image::Image image = support::random_image(options);
    const auto inputs = support::random_inputs(image, seed);
    const auto executors =
        golden_and(std::make_unique<sim::SystemCExecutor>(std::make_unique<ConvCoreOfWrongBias>(),
                                                          std::make_unique<datapath::GoldenVectorUnit>(), "wrong_bias"),
                   image);
    const Trace expected = trace_of(image, *executors[0], inputs, Accumulators::record);
    const Trace actual = trace_of(image, *executors[1], inputs, Accumulators::record);
    EXPECT_NE(difference(image, expected, actual), "") << seed;
    const auto divergence = sim::verify(image, executors, inputs).divergence;
    if (!divergence) continue;  // requantization or a clamp hid it
    ++found;
    EXPECT_EQ(place_of(*divergence), first_difference(image, expected, actual));
    ASSERT_TRUE(divergence->reference_accumulator && divergence->accumulator) << divergence->sentence(image);
    EXPECT_NE(*divergence->reference_accumulator, *divergence->accumulator);
  }
  EXPECT_GT(found, 10);
}

}  // namespace
}  // namespace evenshift::conformance
