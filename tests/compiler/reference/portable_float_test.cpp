#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <memory>

#include "compiler/reference/float_evaluator.h"
#include "compiler/reference/portable_conv.h"
#include "tests/compiler/reference/graph_maker.h"

namespace evenshift::compiler {
namespace {

class PortableFloat : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { use_portable_instruction_set(); }

  /// Numbers that need no math library: k / 64, |k| <= 64.
  std::vector<float> numbers(std::int64_t count) {
    std::vector<float> result(static_cast<std::size_t>(count));
    for (float& number : result) {
      state_ = state_ * 1664525 + 1013904223;
      number = static_cast<float>(static_cast<std::int32_t>(state_ >> 24) - 128) * (1.0F / 96);
    }
    return result;
  }

  ValueId conv(GraphMaker& maker, ValueId in, std::int64_t channels, const Window& w, std::int64_t groups = 1) {
    const ValueId out = maker.conv(in, channels, w, groups, {-1.5, 6});
    Conv& op = std::get<Conv>(maker.graph.nodes.back().op);
    op.weights = numbers(static_cast<std::int64_t>(op.weights.size()));
    op.bias = numbers(channels);
    return out;
  }

 private:
  std::uint32_t state_ = 1;
};

/// The digest was the same on emulated machines with SSE4.1, AVX2 and AVX-512, and with other sizes of caches; another
/// one means that some machine would calibrate differently.
TEST_F(PortableFloat, GivesTheBytesOfEveryMachine) {
  GraphMaker maker(1);
  ValueId value = conv(maker, maker.input({3, 21, 21}), 16, window(3, 2, 1));
  value = conv(maker, value, 16, window(3, 1, 1), 16);
  value = conv(maker, value, 40, window(1));
  value = conv(maker, value, 27, window(3, 1, 2, 2));
  for (const Function function : {Function::silu, Function::tanh, Function::gelu, Function::elu, Function::softplus,
                                  Function::hard_swish, Function::hard_sigmoid, Function::exp})
    value = maker.node(Activation{function, 0.3, 0.5}, {value}, maker.graph.value(value).shape);
  value = conv(maker, value, 24, window(3), 3);
  value = maker.node(AveragePool{window(3, 2, 1), false, {}}, {value},
                     window_output(maker.graph.value(value).shape, window(3, 2, 1)));
  value = maker.node(Reshape{}, {value}, {maker.graph.value(value).shape.elements(), 1, 1});
  value = conv(maker, value, 100, window(1));
  maker.node(Softmax{}, {value}, {100, 1, 1});

  const std::vector<FloatTensor> inputs = {{{3, 21, 21}, numbers(3 * 21 * 21)}};
  std::uint64_t digest = 14695981039346656037U;  // FNV-1a over the bits of every value
  FloatEvaluator(std::make_shared<Graph>(maker.graph)).run(inputs, [&](ValueId, std::span<const float> values) {
    for (const float number : values) {
      ASSERT_TRUE(std::isfinite(number));
      digest = (digest ^ std::bit_cast<std::uint32_t>(number)) * 1099511628211U;
    }
  });
  EXPECT_EQ(digest, 15612818233909714066U);
  EXPECT_NO_THROW(use_portable_instruction_set()) << "again";
}

TEST_F(PortableFloat, PortableConvSumsInTheOrderItPromises) {
  GraphMaker maker(9);
  const Shape in{6, 13, 10};
  for (const std::int64_t groups : {1, 2, 6}) {
    const Window w{3, 2, 2, 1, 1, 3, 2, 1, 0, 4};
    maker.conv(maker.input(in), 18, w, groups, {-0.5, 2});
    const Conv& op = std::get<Conv>(maker.graph.nodes.back().op);
    const Shape out = maker.graph.value(maker.graph.nodes.back().output).shape;
    const std::vector<float> input = maker.numbers(in.elements(), 1);
    std::vector<float> result(static_cast<std::size_t>(out.elements()));
    PortableConv(op, in)(input.data(), result.data());
    for (std::int64_t c = 0; c < out.channels; ++c)
      for (std::int64_t y = 0; y < out.height; ++y)
        for (std::int64_t x = 0; x < out.width; ++x) {
          float sum = op.bias[static_cast<std::size_t>(c)];
          const std::int64_t inputs = in.channels / groups;
          for (std::int64_t i = 0; i < inputs; ++i)
            for (std::int64_t ky = 0; ky < 3; ++ky)
              for (std::int64_t kx = 0; kx < 2; ++kx) {
                const std::int64_t iy = y * 2 + ky - 2;
                const std::int64_t ix = x + kx * 3 - 1;
                if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
                const std::int64_t channel = c / (18 / groups) * inputs + i;
                sum += op.weights[static_cast<std::size_t>(((c * inputs + i) * 3 + ky) * 2 + kx)] *
                       input[static_cast<std::size_t>((channel * in.height + iy) * in.width + ix)];
              }
          ASSERT_EQ(result[static_cast<std::size_t>((c * out.height + y) * out.width + x)],
                    std::min(std::max(sum, -0.5F), 2.0F))
              << groups << " groups, " << c << ", " << y << ", " << x;
        }
  }
}

}  // namespace
}  // namespace evenshift::compiler
