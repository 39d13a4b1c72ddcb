// A quantized network written as ONNX and read again is the same network.
#include "compiler/export/qdq_model.h"

#include <fstream>

#include "compiler/equalize/fit_shifts.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/quantizers.h"
#include "compiler/quantize/quantize_graph.h"
#include "compiler/reference/integer_evaluator.h"
#include "tests/compiler/ir/pass_fixture.h"
#include "tests/support/onnx_builder.h"

namespace evenshift::test {
namespace {

/// A network with nearly everything that the machine computes.
Graph network() {
  GraphMaker maker;
  const ValueId x = maker.input({3, 8, 9});
  const ValueId a = maker.relu(maker.conv(x, 6, square(3, 1)));
  const ValueId b = maker.clamp(maker.conv(a, 6, square(3, 1), 6), 0, 1.5);
  const ValueId sum = maker.add(Add{false, {}}, {a, b}, maker.graph.value(a).shape);
  const ValueId difference = maker.add(Add{true, {0, 3}}, {sum, b}, maker.graph.value(a).shape);
  const ValueId pooled = maker.pool(difference, MaxPool{square(2, 0, 2)}, square(2, 0, 2));
  const ValueId mean = maker.pool(sum, AveragePool{square(2, 0, 2), false, {}}, square(2, 0, 2));
  const ValueId joined = maker.add(Concat{}, {pooled, mean}, {12, 4, 4});
  const ValueId curved = maker.add(ParametricRelu{maker.numbers(12)}, joined);
  const ValueId swish = maker.add(Activation{Function::hard_swish}, maker.conv(curved, 5));
  const ValueId gated = maker.add(Multiply{}, {swish, maker.add(Activation{Function::sigmoid}, swish)}, {5, 4, 4});
  const ValueId row = maker.add(Reshape{}, {gated}, {80, 1, 1});
  maker.graph.value(row).dimensions = {1, 80};
  const ValueId logits = maker.conv(row, 7);
  maker.graph.value(logits).dimensions = {1, 7};
  const ValueId output = maker.add(Softmax{}, logits);
  maker.graph.value(output).dimensions = {1, 7};
  maker.graph.outputs = {output};
  return canonicalize(maker.graph);
}

std::vector<ValueRange> ranges_of(const Graph& graph) {
  std::vector<ValueRange> ranges;
  for (std::size_t v = 0; v < graph.values.size(); ++v) ranges.push_back({-0.7 - 0.1 * static_cast<double>(v), 2.9});
  return ranges;
}

class QdqModelTest : public testing::Test {
 protected:
  QuantizedGraph quantized(const Graph& graph, RequantScale scale) const {
    NpuConfig config;
    config.requantizer.requant_scale = scale;
    return quantize_graph(graph, ranges_of(graph), config, CompileOptions{}).graph;
  }
  /// Written, read and taken over.
  QuantizedGraph round_trip(const QuantizedGraph& network) const {
    const auto path = folder_.path() / "net.onnx";
    const std::vector<std::uint8_t> bytes = qdq_model(network);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const Graph graph = canonicalize(import_onnx(path));
    EXPECT_TRUE(is_quantized(graph));
    return quantize_graph(graph, std::vector<ValueRange>(graph.values.size()), network.config, CompileOptions{}).graph;
  }
  TemporaryFolder folder_;
};

std::vector<const QuantizedConv*> convs_of(const QuantizedGraph& network) {
  std::vector<const QuantizedConv*> convs;
  for (const QuantizedOperator& op : network.nodes)
    if (const auto* conv = std::get_if<QuantizedConv>(&op)) convs.push_back(conv);
  return convs;
}

/// M and n + k_c of a channel.
std::pair<std::uint32_t, int> effective(const QuantizedConv& conv, std::size_t c) {
  const isa::ChannelScale& channel = conv.channel_scales[c];
  return {channel.multiplier != 0 ? channel.multiplier : conv.layer_scale.multiplier,
          channel.shift + conv.layer_scale.shift};
}

TEST_F(QdqModelTest, ReadingItAgainGivesTheSameIntegers) {
  const Graph graph = network();
  for (const RequantScale scale : {RequantScale::layer, RequantScale::layer_with_channel_shift,
                                   RequantScale::channel_shift_only, RequantScale::channel_multiplier}) {
    const QuantizedGraph before = quantized(graph, scale);
    const QuantizedGraph after = round_trip(before);
    const auto was = convs_of(before), is = convs_of(after);
    ASSERT_EQ(was.size(), is.size()) << to_string(scale);
    for (std::size_t i = 0; i < was.size(); ++i) {
      EXPECT_EQ(was[i]->weights, is[i]->weights);
      EXPECT_EQ(was[i]->bias, is[i]->bias);
      EXPECT_EQ(was[i]->range, is[i]->range);
      const bool has_own = scale == RequantScale::channel_multiplier;
      for (std::size_t c = 0; c < was[i]->bias.size(); ++c) {
        if (has_own)
          EXPECT_EQ(was[i]->channel_scales[c], is[i]->channel_scales[c]);
        else
          EXPECT_EQ(effective(*was[i], c), effective(*is[i], c)) << "conv " << i << " channel " << c;
      }
    }
    Codes input(3 * 8 * 9);
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::int8_t>(i * 89);
    const auto first = IntegerEvaluator(std::make_shared<const QuantizedGraph>(before)).run(std::vector<Codes>{input});
    const auto second = IntegerEvaluator(std::make_shared<const QuantizedGraph>(after)).run(std::vector<Codes>{input});
    const auto logits = [](const QuantizedGraph& network, const std::vector<Codes>& values) {
      const auto softmax = network.graph.producer(network.graph.outputs[0]);
      ValueId value = network.graph.nodes.at(static_cast<std::size_t>(softmax)).inputs[0];
      while (values[static_cast<std::size_t>(value)].empty())
        value = network.graph.nodes.at(static_cast<std::size_t>(network.graph.producer(value))).inputs[0];
      return values[static_cast<std::size_t>(value)];
    };
    EXPECT_EQ(logits(before, first), logits(after, second)) << to_string(scale);
    EXPECT_EQ(before.graph.value(before.graph.outputs[0]).dimensions,
              after.graph.value(after.graph.outputs[0]).dimensions);
  }
}

TEST_F(QdqModelTest, IsTheSameBytesForTheSameNetwork) {
  const Graph graph = network();
  EXPECT_EQ(qdq_model(quantized(graph, RequantScale::layer_with_channel_shift)),
            qdq_model(quantized(graph, RequantScale::layer_with_channel_shift)));
}

/// A network for a multiplier a channel, as importing it gives it.
TEST_F(QdqModelTest, AShifterNeedsAFitForScalesOfAnyRatio) {
  const auto path = folder_.path() / "net.onnx";
  const auto bytes = qdq_model(quantized(network(), RequantScale::channel_multiplier));
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const Graph graph = canonicalize(import_onnx(path));
  const std::vector<ValueRange> no_ranges(graph.values.size());
  NpuConfig machine;
  machine.requantizer.requant_scale = RequantScale::layer_with_channel_shift;
  try {
    quantize_graph(graph, no_ranges, machine, CompileOptions{});
    FAIL() << "scales of any ratio were taken for shifts";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("channel scales are not one scale times 2^-k with k from 0 to"));
    EXPECT_THAT(error.what(), testing::HasSubstr("evenshift fit"));
  }
  std::vector<ShiftFit> fits;
  const int bits = static_cast<int>(machine.requantizer.shift_bits);
  const Graph fitted = fit_shifts(graph, bits, fits);
  ASSERT_EQ(fits.size(), convs_of(quantized(network(), RequantScale::channel_multiplier)).size());
  for (const ShiftFit& fit : fits) {
    EXPECT_GT(fit.weight_sqnr_db, 35) << fit.name;
    EXPECT_GE(fit.worst_step_ratio, 1) << fit.name;
    EXPECT_LT(fit.worst_step_ratio, 2) << fit.name;
  }
  EXPECT_NO_THROW(quantize_graph(fitted, no_ranges, machine, CompileOptions{}));
  // What has been fitted is exact.
  std::vector<ShiftFit> again;
  fit_shifts(fitted, bits, again);
  for (const ShiftFit& fit : again) EXPECT_TRUE(fit.is_exact) << fit.name;
}

}  // namespace
}  // namespace evenshift::test
