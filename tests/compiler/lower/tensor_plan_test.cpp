// Where values lie in DRAM, what the image says of them, and what concat costs.
#include "compiler/lower/tensor_plan.h"

#include <gtest/gtest.h>

#include "tests/compiler/lower/lowering_checks.h"
#include "tests/compiler/lower/network_builder.h"

namespace evenshift::compiler {
namespace {

const image::Tensor& tensor_of(const image::Image& image, const std::string& name) {
  for (const auto& tensor : image.tensors)
    if (tensor.name == name) return tensor;
  throw std::logic_error("no tensor is called " + name);
}

TEST(TensorPlan, ChainReusesTheBytesOfDeadValues) {
  NetworkBuilder b({}, 1);
  ValueId v = b.input({32, 16, 16});
  for (int i = 0; i < 10; ++i) v = b.lookup(v);
  b.output(v);
  const QuantizedGraph network = b.take();
  const std::int64_t size = 32 * 16 * 16;
  EXPECT_EQ(plan_tensors(network, {}).tensor_bytes, 2 * size);
  EXPECT_EQ(plan_tensors(network, {.reuse_dram = false, .concat_in_place = true}).tensor_bytes, 11 * size);
}

TEST(TensorPlan, ValueThatIsReadLateKeepsItsBytes) {
  NetworkBuilder b({}, 1);
  const ValueId in = b.input({32, 16, 16});
  ValueId v = in;
  for (int i = 0; i < 6; ++i) v = b.lookup(v);
  b.output(b.add(v, in));
  const QuantizedGraph network = b.take();
  EXPECT_EQ(plan_tensors(network, {}).tensor_bytes, 3 * 32 * 16 * 16);
  lower_and_compare(network, 1);
}

TEST(TensorPlan, ConcatOfCopiesCostsNoCommand) {
  NetworkBuilder b({}, 1);
  const ValueId in = b.input({8, 10, 10});
  const ValueId left = b.conv(in, square_window(3, 1, 1), 16);
  const ValueId right = b.conv(in, square_window(1, 1, 0), 24);
  const ValueId inner = b.concat({left, right}, {true, true});
  const ValueId outer = b.concat({b.lookup(in), inner}, {true, true});
  b.output(b.lookup(outer));
  const QuantizedGraph network = b.take();
  const Lowered lowered = lower_and_compare(network, 1);
  for (const LayerPlan& plan : lowered.plans)
    if (plan.kind == "concat") {
      EXPECT_EQ(plan.commands, 0) << plan.name;
    }
  const image::Tensor& part = tensor_of(lowered.image, network.graph.value(right).name);
  const image::Tensor& whole = tensor_of(lowered.image, network.graph.value(outer).name);
  EXPECT_EQ(part.pixel_stride, 48);
  EXPECT_EQ(part.dram_address, whole.dram_address + 8 + 16);
  const Lowered copied =
      lower_and_compare(network, 1, {.tensors = {.reuse_dram = true, .concat_in_place = false}, .check = true});
  for (const LayerPlan& plan : copied.plans)
    if (plan.kind == "concat") {
      EXPECT_GT(plan.commands, 0) << plan.name;
    }
}

TEST(TensorPlan, HostTakesReshapeAndSoftmaxFromTheOutput) {
  NetworkBuilder b({}, 1);
  const ValueId in = b.input({8, 4, 5});
  const ValueId v = b.conv(in, square_window(3, 1, 1), 6);
  b.output(b.softmax(b.reshape(v, {1, 120})));
  const image::Image image = lower(b.take(), "{\"a\": 1}");
  EXPECT_EQ(image.host, "{\"a\": 1}");
  ASSERT_EQ(image.layers.size(), 1u);
  EXPECT_EQ(image.layers[0].kind, "conv");
  EXPECT_EQ(image.layers[0].macs, 6 * 8 * 9 * 20);
  const auto outputs = image.tensors_with(image::TensorRole::output);
  ASSERT_EQ(outputs.size(), 1u);
  const image::Tensor& output = image.tensors[static_cast<std::size_t>(outputs[0])];
  EXPECT_EQ(output.name, "value0");
  EXPECT_EQ(output.shape, (std::vector<std::int64_t>{1, 120}));
  EXPECT_EQ(output.channels, 6);
  EXPECT_EQ(output.layer, 0);
  EXPECT_EQ(image.layers[0].outputs, outputs);
}

TEST(TensorPlan, OutputsKeepTheirOrderAndMayBeOneValueOrAnInput) {
  NetworkBuilder b({}, 1);
  const ValueId in = b.input({8, 4, 5});
  const ValueId first = b.lookup(in);
  const ValueId second = b.lookup(first);
  b.output(second);
  b.output(b.reshape(first, {1, 160}));
  b.output(b.reshape(first, {160}));
  b.output(in);
  const QuantizedGraph network = b.take();
  const image::Image image = lower(network, "{}");
  const auto outputs = image.tensors_with(image::TensorRole::output);
  ASSERT_EQ(outputs.size(), 4u);
  const auto shape = [&](std::size_t i) { return image.tensors[static_cast<std::size_t>(outputs[i])].shape; };
  EXPECT_EQ(shape(0), (std::vector<std::int64_t>{1, 8, 4, 5}));
  EXPECT_EQ(shape(1), (std::vector<std::int64_t>{1, 160}));
  EXPECT_EQ(shape(2), (std::vector<std::int64_t>{160}));
  const auto inputs = random_inputs(network, 1);
  const auto expected = evaluate(network, inputs);
  support::GoldenExecutor executor;
  executor.load(image);
  const auto results = executor.run(inputs);
  EXPECT_EQ(results[0], expected[static_cast<std::size_t>(second)]);
  EXPECT_EQ(results[1], expected[static_cast<std::size_t>(first)]);
  EXPECT_EQ(results[2], expected[static_cast<std::size_t>(first)]);
  EXPECT_EQ(results[3], inputs[0]);
}

TEST(TensorPlan, ImageSurvivesItsFile) {
  NetworkBuilder b({}, 1);
  b.output(b.conv(b.input({8, 4, 5}), square_window(3, 1, 1), 6));
  const image::Image image = lower(b.take(), "{}");
  const auto bytes = image::write(image);
  EXPECT_EQ(image::write(image::read(bytes, "test")), bytes);
}

}  // namespace
}  // namespace evenshift::compiler
