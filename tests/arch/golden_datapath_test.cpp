#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arch/base/error.h"
#include "arch/datapath/golden_conv_core.h"
#include "arch/datapath/vector_unit.h"
#include "arch/isa/weight_layout.h"

namespace evenshift::datapath {
namespace {

using testing::ElementsAre;

/// A scratchpad that a test lays out by hand.
struct Bench {
  NpuConfig config;
  std::vector<std::uint8_t> scratchpad = std::vector<std::uint8_t>(65536);

  void put(std::int64_t address, const std::vector<int>& codes) {
    for (std::size_t i = 0; i < codes.size(); ++i)
      scratchpad[static_cast<std::size_t>(address) + i] = static_cast<std::uint8_t>(codes[i]);
  }
  void put_int32(std::int64_t address, const std::vector<std::int32_t>& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      for (std::size_t b = 0; b < 4; ++b)
        scratchpad[static_cast<std::size_t>(address) + 4 * i + b] =
            static_cast<std::uint8_t>(static_cast<std::uint32_t>(values[i]) >> (8 * b));
  }
  std::vector<int> get(std::int64_t address, std::size_t count) const {
    std::vector<int> codes;
    for (std::size_t i = 0; i < count; ++i)
      codes.push_back(static_cast<std::int8_t>(scratchpad[static_cast<std::size_t>(address) + i]));
    return codes;
  }
};

/// TFLite's published convolution example (kernels/conv_test.cc, "SimpleTest"): 2 batches of 2 × 4, three 2 × 2
/// filters, stride 2, biases 1, 2, 3. Its second batch, in integers of scale 1.
TEST(GoldenConvCore, GivesThePublishedConvolution) {
  Bench bench;
  isa::Conv conv;
  conv.input_height = 2;
  conv.input_width = 4;
  conv.input_pixel_stride = 1;
  conv.input_row_stride = 4;
  conv.output_address = 1000;
  conv.output_height = 1;
  conv.output_width = 2;
  conv.output_channels = conv.outputs_per_group = 3;
  conv.output_pixel_stride = 3;
  conv.output_row_stride = 6;
  conv.kernel_height = conv.kernel_width = conv.stride_height = conv.stride_width = 2;
  conv.weight_address = 2000;
  conv.bias_address = 3000;
  conv.scale_address = 4000;
  conv.multiplier = 1 << 30;
  conv.shift = 30;
  bench.put(0, {1, 2, 3, 4, 1, 2, 3, 4});
  const std::vector<std::int8_t> filters = {1, 2, 3, 4, -1, 1, -1, 1, -1, -1, 1, 1};
  const auto packed = isa::pack_weights(conv, bench.config.conv_core.mac_cols, filters);
  std::copy(packed.begin(), packed.end(), bench.scratchpad.begin() + 2000);
  bench.put_int32(3000, {1, 2, 3});
  GoldenConvCore core;
  core.configure(bench.config);
  core.execute(conv, bench.scratchpad);
  EXPECT_THAT(bench.get(1000, 6), ElementsAre(17, 4, 3, 37, 4, 3));
}

TEST(GoldenConvCore, PadsWithThePadValueAndSplitsReductions) {
  Bench bench;
  isa::Conv conv;  // 3 × 3 over a single pixel of value 5 amid padding of value 2, all weights 1
  conv.input_pixel_stride = conv.input_row_stride = 1;
  conv.kernel_height = conv.kernel_width = 3;
  conv.pad_top = conv.pad_left = 1;
  conv.pad_value = 2;
  conv.output_address = 100;
  conv.output_pixel_stride = conv.output_row_stride = 1;
  conv.weight_address = 200;
  conv.bias_address = 300;
  conv.scale_address = 400;
  conv.multiplier = 1 << 30;
  conv.shift = 30;
  bench.put(0, {5});
  bench.put(200, std::vector<int>(9, 1));
  bench.put_int32(300, {10});
  GoldenConvCore core;
  core.configure(bench.config);
  core.execute(conv, bench.scratchpad);
  EXPECT_THAT(bench.get(100, 1), ElementsAre(10 + 5 + 8 * 2));

  conv.finishes = 0;
  bench.put(100, {77});
  core.execute(conv, bench.scratchpad);
  EXPECT_THAT(bench.get(100, 1), ElementsAre(77)) << "a command that does not finish writes nothing";
  conv.finishes = 1;
  conv.continues = 1;
  core.execute(conv, bench.scratchpad);
  EXPECT_THAT(bench.get(100, 1), ElementsAre(10 + 2 * (5 + 8 * 2)));
}

TEST(GoldenConvCore, RefusesAnAccumulatorThatTheCompilerMissed) {
  Bench bench;
  bench.config.conv_core.accumulator_bits = 16;
  isa::Conv conv;
  conv.input_pixel_stride = conv.input_row_stride = 1;
  conv.output_address = 100;
  conv.output_pixel_stride = conv.output_row_stride = 1;
  conv.weight_address = 200;
  conv.bias_address = 300;
  conv.scale_address = 400;
  bench.put_int32(300, {32768});
  GoldenConvCore core;
  core.configure(bench.config);
  EXPECT_THROW(core.execute(conv, bench.scratchpad), InternalError);
  bench.put_int32(300, {32767});
  EXPECT_NO_THROW(core.execute(conv, bench.scratchpad));
}

TEST(VectorUnit, AveragesByTheNumberOfTapsInside) {
  Bench bench;
  isa::AveragePool pool;  // 3 × 3, padding 1, over 2 × 2: four taps everywhere
  pool.input_height = pool.input_width = pool.output_height = pool.output_width = 2;
  pool.kernel_height = pool.kernel_width = 3;
  pool.pad_top = pool.pad_left = 1;
  pool.by_count = 1;
  pool.table_address = 1000;
  pool.output_address = 100;
  bench.put(0, {4, 8, 12, 17});
  for (std::int32_t count = 1; count <= 9; ++count) bench.put_int32(1000 + 8 * (count - 1), {(1 << 30) / count, 30});
  execute_vector(pool, bench.config, bench.scratchpad);
  EXPECT_THAT(bench.get(100, 4), ElementsAre(10, 10, 10, 10));
}

TEST(VectorUnit, MaximumIgnoresPadding) {
  Bench bench;
  isa::MaxPool pool;
  pool.input_height = pool.input_width = 2;
  pool.kernel_height = pool.kernel_width = 3;
  pool.pad_top = pool.pad_left = 1;
  pool.output_address = 100;
  bench.put(0, {-100, -90, -80, -70});
  execute_vector(pool, bench.config, bench.scratchpad);
  EXPECT_THAT(bench.get(100, 1), ElementsAre(-70));
}

TEST(VectorUnit, ParametricReluScalesNegativeValuesByChannel) {
  Bench bench;
  isa::ParametricRelu relu;
  relu.elements = 4;
  relu.channels = 2;
  relu.table_address = 1000;
  relu.output_address = 100;
  relu.multiplier = 1 << 20;
  relu.shift = 20;
  bench.put(0, {-8, -8, 8, 8});
  bench.put_int32(1000, {1 << 19, -(1 << 20)});
  execute_vector(relu, bench.config, bench.scratchpad);
  EXPECT_THAT(bench.get(100, 4), ElementsAre(-4, 8, 8, 8));
}

TEST(VectorUnit, RefusesTablesThatLeadOutside) {
  Bench bench;
  isa::Gather gather;
  gather.table_address = 1000;
  bench.put(1000, {1, 0, 0, 0});
  EXPECT_THAT([&] { execute_vector(gather, bench.config, bench.scratchpad); },
              testing::ThrowsMessage<Error>("a table of a gather command names pixel (1, 0) of a tile of 1 x 1"));
  isa::AveragePool pool;
  pool.table_address = 1000;
  bench.put_int32(1000, {1, 63});
  EXPECT_THROW(execute_vector(pool, bench.config, bench.scratchpad), Error);
}

}  // namespace
}  // namespace evenshift::datapath
