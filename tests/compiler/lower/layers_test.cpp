// Every kind of layer on machines from 4096 bytes of scratchpad up, against the evaluation of the graph.
#include <gtest/gtest.h>

#include "tests/compiler/lower/lowering_checks.h"
#include "tests/compiler/lower/network_builder.h"

namespace evenshift::compiler {
namespace {

class LayersOnMachines : public testing::TestWithParam<std::int64_t> {
 protected:
  NetworkBuilder builder(std::uint64_t seed) { return {config_with_scratchpad(GetParam()), seed}; }
};

TEST_P(LayersOnMachines, ConvOfEverySortOfWindow) {
  std::uint64_t seed = 0;
  for (const auto& window :
       {square_window(1, 1, 0), square_window(3, 1, 1), square_window(3, 2, 1), square_window(5, 1, 2, 2),
        square_window(1, 2, 0), square_window(2, 3, 0), square_window(7, 2, 3), square_window(3, 1, 5),
        Window{1, 5, 1, 2, 1, 1, 0, 2, 0, 2}, Window{4, 1, 2, 1, 2, 1, 3, 0, 1, 0}}) {
    NetworkBuilder b = builder(++seed);
    const ValueId in = b.input({20, 19, 23});
    b.output(b.conv(in, window, 40));
    SCOPED_TRACE(seed);
    lower_and_compare(b.take(), seed);
  }
}

TEST_P(LayersOnMachines, DepthwiseAndGroupedConv) {
  for (const std::int64_t multiplier : {1, 2, 3}) {
    NetworkBuilder b = builder(static_cast<std::uint64_t>(multiplier));
    const ValueId in = b.input({33, 17, 21});
    b.output(b.depthwise(in, square_window(3, 2, 1), multiplier));
    b.output(b.depthwise(in, square_window(5, 1, 2), multiplier));
    lower_and_compare(b.take(), 7);
  }
  for (const std::int64_t groups : {2, 4, 12}) {
    NetworkBuilder b = builder(static_cast<std::uint64_t>(groups));
    const ValueId in = b.input({48, 13, 14});
    b.output(b.conv(in, square_window(3, 1, 1), 96, groups));
    lower_and_compare(b.take(), 7);
  }
}

TEST_P(LayersOnMachines, ReductionLongerThanTheScratchpadHolds) {
  NetworkBuilder b = builder(5);
  const ValueId in = b.input({700, 4, 5});
  b.output(b.conv(in, square_window(3, 1, 1), 37));
  const ValueId flat = b.input({70000, 1, 1});
  b.output(b.dense(flat, 5));
  lower_and_compare(b.take(), 9);
}

TEST_P(LayersOnMachines, WeightsOfFewBitsAndEveryRequantizer) {
  for (const auto scale : {RequantScale::layer, RequantScale::layer_with_channel_shift,
                           RequantScale::channel_shift_only, RequantScale::channel_multiplier})
    for (const int bits : {2, 3, 5, 8}) {
      NpuConfig config = config_with_scratchpad(GetParam());
      config.requantizer.requant_scale = scale;
      NetworkBuilder b(config, static_cast<std::uint64_t>(bits));
      const ValueId in = b.input({13, 9, 9});
      b.output(b.conv(in, square_window(3, 1, 1), 45, 1, bits));
      lower_and_compare(b.take(), 3);
    }
}

TEST_P(LayersOnMachines, AddAndMultiply) {
  NetworkBuilder b = builder(11);
  const ValueId in = b.input({24, 30, 31});
  const ValueId other = b.input({24, 30, 31});
  const ValueId pixel = b.input({24, 1, 1});
  const ValueId sum = b.add(in, other);
  b.output(b.multiply(sum, pixel));
  b.output(b.add(sum, pixel));
  b.output(b.add(sum, sum));
  b.output(b.multiply(sum, other));
  lower_and_compare(b.take(), 1);
}

TEST_P(LayersOnMachines, ManyChannelsOfOnePixel) {
  NetworkBuilder b = builder(12);
  const ValueId in = b.input({5000, 1, 3});
  const ValueId pixel = b.input({5000, 1, 1});
  b.output(b.multiply(b.add(in, pixel), in));
  b.output(b.parametric_relu(in));
  b.output(b.global_average_pool(in));
  lower_and_compare(b.take(), 2);
}

TEST_P(LayersOnMachines, Pooling) {
  NetworkBuilder b = builder(13);
  const ValueId in = b.input({19, 25, 26});
  b.output(b.max_pool(in, square_window(3, 2, 1)));
  b.output(b.max_pool(in, square_window(2, 2, 0)));
  b.output(b.max_pool(in, square_window(3, 1, 1, 2)));
  b.output(b.average_pool(in, square_window(3, 2, 1), true));
  b.output(b.average_pool(in, square_window(3, 2, 1), false));
  b.output(b.average_pool(in, square_window(5, 5, 0), false));
  b.output(b.global_average_pool(in));
  lower_and_compare(b.take(), 3);
}

TEST_P(LayersOnMachines, LookupAndParametricRelu) {
  NetworkBuilder b = builder(14);
  const ValueId in = b.input({24, 30, 31});
  b.output(b.lookup(in));
  b.output(b.parametric_relu(in));
  lower_and_compare(b.take(), 4);
}

TEST_P(LayersOnMachines, SequenceLongerThanACommandCanSay) {
  NetworkBuilder b = builder(17);
  const ValueId in = b.input({2, 1, 70000});
  ValueId v = b.conv(in, {.kernel_width = 3, .pad_left = 1, .pad_right = 1}, 2);
  v = b.add(v, in);
  v = b.max_pool(v, {.kernel_width = 2, .stride_width = 2});
  b.output(b.concat({v, b.lookup(v)}, {true, false}));
  lower_and_compare(b.take(), 8);
}

TEST_P(LayersOnMachines, SqueezeAndExcitation) {
  NetworkBuilder b = builder(18);
  const ValueId in = b.input({40, 14, 14});
  const ValueId v = b.depthwise(in, square_window(3, 1, 1));
  ValueId s = b.global_average_pool(v);
  s = b.lookup(b.dense(b.dense(s, 10), 40));
  b.output(b.add(b.conv(b.multiply(v, s), {}, 40), in));
  lower_and_compare(b.take(), 9);
}

TEST_P(LayersOnMachines, Concat) {
  NetworkBuilder b = builder(15);
  const ValueId in = b.input({8, 12, 13});
  const ValueId left = b.conv(in, square_window(3, 1, 1), 24);
  const ValueId right = b.conv(in, square_window(1, 1, 0), 40);
  const ValueId both = b.concat({left, right}, {true, true});
  const ValueId mixed = b.concat({both, in, left, left}, {true, true, false, true});
  b.output(b.conv(mixed, square_window(3, 1, 1), 16));
  b.output(b.depthwise(left, square_window(3, 1, 1)));
  b.output(b.add(right, right));
  b.output(b.max_pool(left, square_window(2, 2, 0)));
  lower_and_compare(b.take(), 5);
}

TEST_P(LayersOnMachines, PadAndResize) {
  NetworkBuilder b = builder(16);
  const ValueId in = b.input({18, 11, 14});
  b.output(b.pad(in, 2, 3, 1, 4));
  b.output(b.pad(in, 0, 0, 30, 0));
  std::vector<std::int64_t> rows, columns;
  for (std::int64_t y = 0; y < 22; ++y) rows.push_back(y / 2);
  for (std::int64_t x = 0; x < 28; ++x) columns.push_back(x / 2);
  b.output(b.resize(in, rows, columns));
  b.output(b.resize(in, {10, 0, 5, 5}, {13, 12, 11, 0, 1}));
  lower_and_compare(b.take(), 6);
}

INSTANTIATE_TEST_SUITE_P(Scratchpads, LayersOnMachines, testing::Values(4096, 16384, 65536, 262144),
                         [](const auto& parameter) { return std::to_string(parameter.param) + "Bytes"; });

}  // namespace
}  // namespace evenshift::compiler
