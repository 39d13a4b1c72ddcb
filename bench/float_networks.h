#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "compiler/ir/graph.h"

/// MobileNets with weights from a seed, to measure on.
namespace evenshift::bench {

class ChainMaker {
 public:
  explicit ChainMaker(std::int64_t image_size) {
    graph.name = "chain";
    last = graph.add_value("image", {3, image_size, image_size});
    graph.inputs = {last};
  }

  compiler::ValueId conv(std::int64_t channels, std::int64_t kernel, std::int64_t stride, bool depthwise,
                         bool has_relu6) {
    const compiler::Shape in = graph.value(last).shape;
    const std::int64_t before = stride == 2 ? 0 : (kernel - 1) / 2;  // as TensorFlow pads
    const std::int64_t after = (kernel - 1) / 2;
    compiler::Conv op;
    op.window = {kernel, kernel, stride, stride, 1, 1, before, before, after, after};
    op.groups = depthwise ? in.channels : 1;
    op.output_channels = channels;
    if (has_relu6) op.clamp = {0, 6};
    const std::int64_t taps = kernel * kernel * in.channels / op.groups;
    std::normal_distribution<float> distribution(0, 1.4F / std::sqrt(static_cast<float>(taps)));
    for (std::int64_t i = 0; i < channels * taps; ++i) op.weights.push_back(distribution(random_));
    op.bias.assign(static_cast<std::size_t>(channels), 0.1F);
    compiler::Shape out = window_output(in, op.window);
    out.channels = channels;
    return node(std::move(op), {last}, out);
  }

  compiler::ValueId node(compiler::Operator op, std::vector<compiler::ValueId> inputs, const compiler::Shape& out) {
    const std::string name = "layer" + std::to_string(graph.nodes.size());
    last = graph.add_value(name, out);
    graph.nodes.push_back({name, std::move(op), std::move(inputs), last});
    graph.outputs = {last};
    return last;
  }

  void classify() {
    const compiler::Shape in = graph.value(last).shape;
    compiler::AveragePool pool;
    pool.window.kernel_height = in.height;
    pool.window.kernel_width = in.width;
    node(pool, {last}, {in.channels, 1, 1});
    conv(1001, 1, 1, false, false);
  }

  compiler::Graph graph;
  compiler::ValueId last = -1;

 private:
  std::mt19937 random_{1};
};

inline compiler::Graph mobilenet_v1(std::int64_t image_size = 224) {
  ChainMaker maker(image_size);
  maker.conv(32, 3, 2, false, true);
  std::int64_t channels = 32;
  for (const auto& [out, stride] : std::vector<std::pair<std::int64_t, std::int64_t>>{{64, 1},
                                                                                      {128, 2},
                                                                                      {128, 1},
                                                                                      {256, 2},
                                                                                      {256, 1},
                                                                                      {512, 2},
                                                                                      {512, 1},
                                                                                      {512, 1},
                                                                                      {512, 1},
                                                                                      {512, 1},
                                                                                      {512, 1},
                                                                                      {1024, 2},
                                                                                      {1024, 1}}) {
    maker.conv(channels, 3, stride, true, true);
    maker.conv(channels = out, 1, 1, false, true);
  }
  maker.classify();
  return maker.graph;
}

inline compiler::Graph mobilenet_v2(std::int64_t image_size = 224) {
  struct Stage {
    std::int64_t expansion, channels, repeats, stride;
  };
  ChainMaker maker(image_size);
  maker.conv(32, 3, 2, false, true);
  std::int64_t channels = 32;
  for (const Stage& s : std::vector<Stage>{
           {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}})
    for (std::int64_t i = 0; i < s.repeats; ++i) {
      const compiler::ValueId in = maker.last;
      const std::int64_t stride = i == 0 ? s.stride : 1;
      const bool is_residual = stride == 1 && channels == s.channels;
      if (s.expansion > 1) maker.conv(channels * s.expansion, 1, 1, false, true);
      maker.conv(channels * s.expansion, 3, stride, true, true);
      maker.conv(channels = s.channels, 1, 1, false, false);
      if (is_residual) maker.node(compiler::Add{}, {in, maker.last}, maker.graph.value(in).shape);
    }
  maker.conv(1280, 1, 1, false, true);
  maker.classify();
  return maker.graph;
}

}  // namespace evenshift::bench
