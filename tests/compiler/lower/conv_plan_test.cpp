// Plans of conv layers: what they promise is what the commands do, and what they need is what they say.
#include "compiler/lower/conv_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/compiler/lower/lowering_checks.h"
#include "tests/compiler/lower/network_builder.h"

namespace evenshift::compiler {
namespace {

ConvShape shape_of(std::int64_t inputs, std::int64_t size, std::int64_t kernel, std::int64_t outputs,
                   std::int64_t groups = 1) {
  ConvShape shape;
  shape.rows = shape.columns = {size, size, kernel, 1, 1, kernel / 2};
  shape.groups = groups;
  shape.inputs_per_group = inputs / groups;
  shape.outputs_per_group = outputs / groups;
  shape.input_pixel_stride = inputs;
  shape.input_row_stride = size * inputs;
  shape.output_pixel_stride = outputs;
  shape.output_row_stride = size * outputs;
  return shape;
}

QuantizedGraph network_of(const NpuConfig& config, std::int64_t inputs, std::int64_t size, std::int64_t kernel,
                          std::int64_t outputs, std::int64_t groups = 1) {
  NetworkBuilder b(config, 1);
  b.output(b.conv(b.input({inputs, size, size}), square_window(kernel, 1, kernel / 2), outputs, groups));
  return b.take();
}

TEST(ConvPlan, PromisesWhatTheCommandsDo) {
  for (const std::int64_t bytes : {4096, 16384, 65536, 262144})
    for (const auto& [inputs, size, kernel, outputs, groups] :
         std::vector<std::array<std::int64_t, 5>>{{3, 64, 3, 32, 1},
                                                  {64, 28, 3, 100, 1},
                                                  {96, 30, 3, 96, 96},
                                                  {64, 20, 5, 128, 4},
                                                  {512, 7, 1, 1000, 1},
                                                  {2048, 1, 1, 1000, 1},
                                                  {300, 9, 3, 70, 1}}) {
      const NpuConfig config = config_with_scratchpad(bytes);
      ConvPlanner planner(config);
      const auto& plan = planner.find(shape_of(inputs, size, kernel, outputs, groups), bytes);
      ASSERT_TRUE(plan);
      EXPECT_LE(plan->scratchpad_bytes, bytes);
      const LayerPlan done = lower(network_of(config, inputs, size, kernel, outputs, groups), "{}", {}).plans[0];
      SCOPED_TRACE(done.tiling);
      EXPECT_EQ(done.scratchpad_bytes, plan->scratchpad_bytes);
      EXPECT_EQ(done.loaded_bytes, plan->loaded_bytes);
      EXPECT_EQ(done.stored_bytes, plan->stored_bytes);
      EXPECT_EQ(done.compute_cycles, plan->compute_cycles);
      EXPECT_EQ(done.commands, plan->commands);
    }
}

TEST(ConvPlan, LoadsNothingTwiceWhereAllFits) {
  const Lowered lowered = lower(network_of({}, 64, 16, 1, 64), "{}", {});
  EXPECT_EQ(lowered.plans[0].loaded_bytes, 64 * 16 * 16 + 64 * 64 + 4 * 64 + 64 / 2);
  EXPECT_EQ(lowered.plans[0].stored_bytes, 64 * 16 * 16);
}

TEST(ConvPlan, RowsThatAStrideStepsOverAreNotLoaded) {
  NetworkBuilder b({}, 1);
  b.output(b.conv(b.input({64, 16, 16}), square_window(1, 2, 0), 64));
  EXPECT_EQ(lower(b.take(), "{}", {}).plans[0].loaded_bytes, 64 * 8 * 15 + 64 * 64 + 4 * 64 + 64 / 2);
}

TEST(ConvPlan, NamesTheLayerAndTheBytesThatItNeeds) {
  // 45 x 45 taps of one input and one output are the least that a command can do.
  NetworkBuilder b(config_with_scratchpad(4096), 1);
  b.output(b.conv(b.input({2, 50, 50}), square_window(45, 1, 0), 3));
  const QuantizedGraph network = b.take();
  std::int64_t needed = 0;
  try {
    lower(network, "{}");
    FAIL() << "it was lowered";
  } catch (const Error& error) {
    ASSERT_EQ(sscanf(error.what(), "layer 'node0' (conv): its smallest tile needs %ld bytes of scratchpad", &needed), 1)
        << error.what();
  }
  EXPECT_GE(needed, 2 * 45 * 45);
  QuantizedGraph larger = network;
  larger.config.scratchpad.size_bytes = needed;
  EXPECT_NO_THROW(lower(larger, "{}"));
  larger.config.scratchpad.size_bytes = needed - 1;
  EXPECT_THROW(lower(larger, "{}"), Error);
}

TEST(ConvPlan, NamesTheLayerWhoseWindowACommandCannotSay) {
  NetworkBuilder b({}, 1);
  b.output(b.conv(b.input({1, 1, 5000}), {.kernel_width = 4096}, 1));
  const QuantizedGraph network = b.take();
  EXPECT_THAT(
      [&] { lower(network, "{}"); },
      testing::ThrowsMessage<Error>("layer 'node0' (conv): a kernel, stride, dilation or padding of 4096 is more than "
                                    "a command can say, 4095"));
}

}  // namespace
}  // namespace evenshift::compiler
