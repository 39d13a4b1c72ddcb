// How well the tiling of real layers uses the conv core of the default machine, on the timed model.
#include <gtest/gtest.h>

#include "arch/datapath/conv_timing.h"
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

/// Takes its time, computes nothing.
class IdleConvCore : public datapath::ConvCore {
 public:
  void configure(const NpuConfig& config) override { config_ = config; }
  datapath::ConvActivity execute(const isa::Conv& conv, std::span<std::uint8_t>,
                                 const datapath::AccumulatorObserver&) override {
    return datapath::conv_timing(conv, config_);
  }

 private:
  NpuConfig config_;
};

sim::RunStatistics statistics_of(const QuantizedGraph& network, const Lowered& lowered) {
  sim::SystemCExecutor executor(std::make_unique<IdleConvCore>(), std::make_unique<datapath::GoldenVectorUnit>());
  executor.load(lowered.image);
  executor.run(random_inputs(network, 1));
  return executor.statistics();
}

TEST(MobileNetV1, UsesTheConvCore) {
  const QuantizedGraph network = mobilenet_v1();
  const Lowered lowered = lower(network, "{}", {});
  const sim::RunStatistics statistics = statistics_of(network, lowered);
  EXPECT_EQ(statistics.compute.macs, 568740352);
  EXPECT_GT(statistics.utilization(), 0.84) << to_string(lowered.plans);
  // The weights once, and of the activations at most what does not fit the scratchpad, with the rows that tiles share.
  EXPECT_LT(statistics.load.bytes, 8'500'000);
  EXPECT_LT(lowered.image.commands.size(), 1300u);
}

/// The 3 x 3 layers of ResNet-50, each alone with its input in DRAM.
TEST(ResNet50, ThreeByThreeLayersUseTheConvCore) {
  struct Layer {
    std::int64_t channels, size;
  };
  for (const auto& [channels, size] : std::vector<Layer>{{64, 56}, {128, 28}, {256, 14}, {512, 7}}) {
    NetworkBuilder b({}, 1);
    b.output(b.conv(b.input({channels, size, size}), square_window(3, 1, 1), channels));
    const QuantizedGraph network = b.take();
    const Lowered lowered = lower(network, "{}", {});
    const sim::RunStatistics statistics = statistics_of(network, lowered);
    EXPECT_EQ(statistics.compute.macs, 115605504);
    EXPECT_GT(statistics.utilization(), 0.9) << channels << " channels\n" << to_string(lowered.plans);
  }
}

}  // namespace
}  // namespace evenshift::compiler
