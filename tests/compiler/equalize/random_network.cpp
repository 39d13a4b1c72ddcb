#include "tests/compiler/equalize/random_network.h"

#include <cmath>

#include "compiler/ir/passes/canonicalize.h"

namespace evenshift::compiler {
namespace {

class NetworkMaker {
 public:
  explicit NetworkMaker(std::uint32_t seed) : maker_(seed) {}

  RandomNetwork make() {
    ValueId value = uneven(maker_.conv(maker_.input({3, 10, 10}), 2 * choose(2, 6), window(3, 1, 1), 1, clamp()));
    for (std::int64_t layers = choose(5, 10); layers > 0; --layers) value = layer(value);
    const Shape shape = shape_of(value);
    if (choose(0, 1) == 0) {
      const Window whole{.kernel_height = shape.height, .kernel_width = shape.width};
      value = maker_.node(AveragePool{whole, false, {}}, {value}, {shape.channels, 1, 1});
    }
    const Shape left = shape_of(value);  // a dense layer after flattening, where it has a height
    value = maker_.conv(value, 5, {.kernel_height = left.height, .kernel_width = left.width});
    if (choose(0, 1) == 0) value = maker_.node(Softmax{}, {value}, {5, 1, 1});
    RandomNetwork network{canonicalize(maker_.graph), {}};
    for (int image = 0; image < 3; ++image)
      network.images.push_back({{{3, 10, 10}, maker_.numbers(3 * 10 * 10, 1.5F)}});
    return network;
  }

 private:
  std::int64_t choose(std::int64_t low, std::int64_t high) { return maker_.choose(low, high); }
  [[nodiscard]] Shape shape_of(ValueId value) const { return maker_.graph.value(value).shape; }

  Clamp clamp() {
    static constexpr Clamp kClamps[] = {kRelu, kRelu, kRelu6, kRelu6, {}, {-1, 1.5}};
    return kClamps[choose(0, 5)];
  }

  ValueId uneven(ValueId made_by_conv) {
    std::vector<float> sizes;
    for (std::int64_t c = 0; c < shape_of(made_by_conv).channels; ++c)
      sizes.push_back(choose(0, 15) == 0 ? 0.0F : std::ldexp(1.5F, -static_cast<int>(choose(0, 5))));
    scale_filters(maker_.graph, maker_.graph.nodes.size() - 1, sizes);
    return made_by_conv;
  }

  ValueId same_size_conv(ValueId in, std::int64_t channels, std::int64_t groups = 1) {
    const bool wide = choose(0, 1) == 0;
    return uneven(maker_.conv(in, channels, window(wide ? 3 : 1, 1, wide ? 1 : 0), groups, clamp()));
  }

  ValueId layer(ValueId in) {
    const Shape s = shape_of(in);
    switch (choose(0, 13)) {
      case 0:
        return same_size_conv(in, 2 * choose(2, 6));
      case 1:
        return same_size_conv(in, s.channels, s.channels);
      case 2:
        return s.channels < 20 ? same_size_conv(in, 2 * s.channels, s.channels) : same_size_conv(in, 6);
      case 3:
        return same_size_conv(in, 8, 2);
      case 4: {  // inverted residual
        const ValueId wide = same_size_conv(in, 2 * s.channels);
        const ValueId deep = same_size_conv(wide, 2 * s.channels, 2 * s.channels);
        const ValueId back = uneven(maker_.conv(deep, s.channels, window(1)));
        return maker_.node(Add{choose(0, 2) == 0, choose(0, 1) == 0 ? kRelu : Clamp{}}, {in, back}, s);
      }
      case 5: {  // fire module
        const ValueId a = same_size_conv(in, 4);
        const ValueId b = same_size_conv(in, 6);
        const ValueId again = choose(0, 1) == 0 ? a : in;
        return maker_.node(Concat{}, {a, b, again}, {4 + 6 + shape_of(again).channels, s.height, s.width});
      }
      case 6:
        return maker_.node(MaxPool{window(3, 1, 1)}, {in}, s);
      case 7:
        return maker_.node(AveragePool{window(3, 1, 1), choose(0, 1) == 0, kRelu6}, {in}, s);
      case 8:
        return maker_.node(ParametricRelu{maker_.numbers(s.channels, 0.5F)}, {in}, s);
      case 9:
        return maker_.node(Activation{Function::leaky_relu, 0.1, 0}, {in}, s);
      case 10: {  // rows kept, columns doubled: 0 0 1 1 2 …
        Resize resize;
        for (std::int64_t y = 0; y < s.height; ++y) resize.rows.push_back(y);
        for (std::int64_t x = 0; x < s.width; ++x) resize.columns.push_back(x / 2);
        return maker_.node(std::move(resize), {in}, s);
      }
      case 11: {
        const Shape padded{s.channels, s.height + 1, s.width + 1};
        const ValueId wider = maker_.node(Pad{1, 0, 0, 1, 0}, {in}, padded);
        return maker_.node(MaxPool{window(2)}, {wider}, {s.channels, s.height, s.width});
      }
      case 12: {  // squeeze and excite
        const Window whole{.kernel_height = s.height, .kernel_width = s.width};
        const ValueId pooled = maker_.node(AveragePool{whole, false, {}}, {in}, {s.channels, 1, 1});
        const ValueId gate = maker_.conv(uneven(maker_.conv(pooled, 4, window(1), 1, kRelu)), s.channels, window(1));
        const ValueId sigmoid = maker_.node(Activation{Function::sigmoid, 0, 0}, {gate}, {s.channels, 1, 1});
        return maker_.node(Multiply{kRelu}, {in, sigmoid}, s);
      }
      default:
        return maker_.node(Activation{Function::hard_swish, 0, 0}, {in}, s);
    }
  }

  GraphMaker maker_;
};

}  // namespace

RandomNetwork random_network(std::uint32_t seed) { return NetworkMaker(seed).make(); }

}  // namespace evenshift::compiler
