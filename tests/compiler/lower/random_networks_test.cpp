// Random networks on random machines: every tensor as the evaluation of the graph has it, on the timed machine too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/systemc/systemc_executor.h"
#include "tests/compiler/lower/lowering_checks.h"
#include "tests/compiler/lower/network_builder.h"

namespace evenshift::compiler {
namespace {

NpuConfig random_machine(support::RandomSource& random) {
  NpuConfig config;
  config.conv_core.mac_rows = random.of(std::vector<std::int64_t>{1, 4, 7, 16, 32});
  config.conv_core.mac_cols = random.of(std::vector<std::int64_t>{1, 4, 5, 16, 32});
  config.conv_core.accumulator_entries = random.of(std::vector<std::int64_t>{1, 16, 100, 512});
  config.conv_core.requant_lanes = random.of(std::vector<std::int64_t>{1, 8, 16});
  config.scratchpad.size_bytes = random.of(std::vector<std::int64_t>{4096, 5120, 8192, 20480, 65536, 262144});
  config.scratchpad.bytes_per_bank_per_cycle = random.of(std::vector<std::int64_t>{1, 4, 16});
  config.dma.burst_bytes = random.of(std::vector<std::int64_t>{16, 64, 256});
  config.fetch.queue_entries = random.of(std::vector<std::int64_t>{1, 2, 16});
  config.requantizer.requant_scale = static_cast<RequantScale>(random.in(0, 3));
  config.requantizer.rounding = static_cast<RoundingMode>(random.in(0, 3));
  config.requantizer.shift_bits = random.in(0, 5);
  return config;
}

Window random_window(support::RandomSource& random, const Shape& shape) {
  Window window;
  for (;;) {
    window = {random.in(1, 4), random.in(1, 4), random.in(1, 3), random.in(1, 3), random.in(1, 2),
              random.in(1, 2), random.in(0, 2), random.in(0, 2), random.in(0, 2), random.in(0, 2)};
    const Shape out = window_output(shape, window);
    if (out.height >= 1 && out.width >= 1) return window;
  }
}

/// A pooling window that has a tap inside wherever it stands.
Window random_pool_window(support::RandomSource& random, const Shape& shape) {
  for (;;) {
    Window w = random_window(random, shape);
    w.dilation_height = w.dilation_width = 1;
    w.pad_top = std::min(w.pad_top, w.kernel_height - 1);
    w.pad_bottom = std::min(w.pad_bottom, w.kernel_height - 1);
    w.pad_left = std::min(w.pad_left, w.kernel_width - 1);
    w.pad_right = std::min(w.pad_right, w.kernel_width - 1);
    const Shape out = window_output(shape, w);
    if (out.height >= 1 && out.width >= 1) return w;
  }
}

std::vector<std::int64_t> random_indices(support::RandomSource& random, std::int64_t size) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(random.in(1, 2 * size)));
  for (auto& index : indices) index = random.in(0, size - 1);
  if (random.one_in(2)) std::ranges::sort(indices);
  return indices;
}

ValueId random_layer(NetworkBuilder& b, const std::vector<ValueId>& values) {
  support::RandomSource& random = b.random();
  const ValueId in = random.of(values);
  const Shape shape = b.shape(in);
  std::vector<ValueId> alike;   // of the same shape
  std::vector<ValueId> beside;  // of the same height and width
  for (const ValueId value : values) {
    if (b.shape(value) == shape) alike.push_back(value);
    if (b.shape(value).height == shape.height && b.shape(value).width == shape.width) beside.push_back(value);
  }
  switch (random.in(0, 13)) {
    case 0:
    case 1:
      return b.conv(in, random_window(random, shape), random.in(1, 70), 1, static_cast<int>(random.in(2, 8)));
    case 2:
      return b.depthwise(in, random_window(random, shape), random.in(1, 2));
    case 3: {
      const std::int64_t groups = shape.channels % 3 == 0 ? 3 : shape.channels % 2 == 0 ? 2 : 1;
      return b.conv(in, random_window(random, shape), groups * random.in(1, 20), groups);
    }
    case 4:
      return b.add(in, random.of(alike));
    case 5:
      return b.multiply(in, random.one_in(2) ? b.global_average_pool(in) : random.of(alike));
    case 6:
      return b.max_pool(in, random_pool_window(random, shape));
    case 7:
      return b.average_pool(in, random_pool_window(random, shape), random.one_in(2));
    case 8:
      return b.lookup(in);
    case 9:
      return b.parametric_relu(in);
    case 10:
      return b.pad(in, random.in(0, 3), random.in(0, 3), random.in(0, 3), random.in(0, 3));
    case 11:
      return b.resize(in, random_indices(random, shape.height), random_indices(random, shape.width));
    default: {
      std::vector<ValueId> parts;
      std::vector<bool> copied;
      for (std::int64_t i = random.in(2, 4); i > 0; --i) {
        parts.push_back(random.of(beside));
        copied.push_back(!random.one_in(3));
      }
      return b.concat(parts, copied);
    }
  }
}

QuantizedGraph random_network(std::uint64_t seed) {
  support::RandomSource random(seed);
  NetworkBuilder b(random_machine(random), seed);
  std::vector<ValueId> values;
  for (std::int64_t i = random.in(1, 2); i > 0; --i)
    values.push_back(b.input({random.in(1, 40), random.in(1, 24), random.in(1, 24)}));
  for (std::int64_t i = random.in(3, 9); i > 0; --i) {
    // Mostly the latest values, now and then an old one.
    const std::vector<ValueId> recent(values.end() - std::min<std::ptrdiff_t>(3, std::ssize(values)), values.end());
    const ValueId next = random_layer(b, random.one_in(4) ? values : recent);
    if (b.shape(next).elements() < 60000)
      values.push_back(next);
    else
      b.output(next);
  }
  b.output(values.back());
  if (random.one_in(2)) b.output(random.of(values));
  if (random.one_in(2)) b.output(b.softmax(b.reshape(random.of(values), {})));
  return b.take();
}

class RandomNetworks : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomNetworks, HaveTheirTensorsOnEveryMachine) {
  std::size_t lowered_networks = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::uint64_t seed = GetParam() * 1000 + i;
    SCOPED_TRACE(seed);
    const QuantizedGraph network = random_network(seed);
    LowerOptions options;
    options.tensors.reuse_dram = seed % 5 != 0;
    options.tensors.concat_in_place = seed % 3 != 0;
    options.keep_in_scratchpad = seed % 4 != 0;
    try {
      const image::Image image = lower(network, "{}", options).image;
      ++lowered_networks;
      expect_tensors_match(network, image, seed);
      if (testing::Test::HasFatalFailure()) return;
      sim::SystemCExecutor timed;
      support::GoldenExecutor golden;
      const auto inputs = random_inputs(network, seed);
      timed.load(image);
      golden.load(image);
      EXPECT_EQ(timed.run(inputs), golden.run(inputs));
    } catch (const Error& error) {
      EXPECT_THAT(error.what(),
                  testing::MatchesRegex("layer 'node[0-9]+' \\(.*\\): its smallest tile needs [0-9]+ bytes of "
                                        "scratchpad, scratchpad.size_bytes is [0-9]+"));
      EXPECT_LE(network.config.scratchpad.size_bytes, 5120);
    }
  }
  EXPECT_GE(lowered_networks, 18u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomNetworks, testing::Range<std::uint64_t>(1, 11));

}  // namespace
}  // namespace evenshift::compiler
