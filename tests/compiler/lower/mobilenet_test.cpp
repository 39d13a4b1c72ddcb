// A whole MobileNetV1 on the default machine: how well its tiling uses the conv core, on the timed model.
#include <gtest/gtest.h>

#include "sim/systemc/systemc_executor.h"
#include "tests/compiler/lower/lowering_checks.h"
#include "tests/compiler/lower/network_builder.h"

namespace evenshift::compiler {
namespace {

/// 224 x 224, width 1, with random weights.
QuantizedGraph mobilenet_v1() {
  struct Block {
    std::int64_t stride, outputs;
  };
  NetworkBuilder b({}, 1);
  const auto window = [](std::int64_t stride) {
    Window w = square_window(3, stride, 1);
    if (stride == 2) w.pad_top = w.pad_left = 0;
    return w;
  };
  ValueId v = b.conv(b.input({3, 224, 224}), window(2), 32);
  for (const auto& [stride, outputs] : std::vector<Block>{{1, 64},
                                                          {2, 128},
                                                          {1, 128},
                                                          {2, 256},
                                                          {1, 256},
                                                          {2, 512},
                                                          {1, 512},
                                                          {1, 512},
                                                          {1, 512},
                                                          {1, 512},
                                                          {1, 512},
                                                          {2, 1024},
                                                          {1, 1024}})
    v = b.conv(b.depthwise(v, window(stride)), {}, outputs);
  b.output(b.dense(b.global_average_pool(v), 1000));
  return b.take();
}

TEST(MobileNetV1, UsesTheConvCore) {
  const QuantizedGraph network = mobilenet_v1();
  const Lowered lowered = lower(network, "{}", {});
  sim::SystemCExecutor executor;
  executor.load(lowered.image);
  executor.run(random_inputs(network, 1));
  const auto& statistics = executor.statistics();
  EXPECT_EQ(statistics.compute.macs, 568740352);
  EXPECT_GT(statistics.utilization(), 0.84) << to_string(lowered.plans);
  // The weights once, and of the activations at most what does not fit the scratchpad, with the rows that tiles share.
  EXPECT_LT(statistics.load.bytes, 8'500'000);
  EXPECT_LT(lowered.image.commands.size(), 1300u);
}

}  // namespace
}  // namespace evenshift::compiler
