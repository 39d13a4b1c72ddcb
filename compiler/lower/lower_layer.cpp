#include "arch/base/check.h"
#include "compiler/lower/layer_context.h"

namespace evenshift::compiler {
namespace {

/// How the kinds of layers are lowered: what the machine does with a node's operator.
enum class Method : std::uint8_t { conv, elementwise, pool, concat, pad, resize };

Method method_of(const LayerView& layer) {
  const Operator& op = layer.node.op;
  if (std::holds_alternative<Conv>(op)) return Method::conv;
  if (std::holds_alternative<MaxPool>(op) || std::holds_alternative<AveragePool>(op)) return Method::pool;
  if (std::holds_alternative<Concat>(op)) return Method::concat;
  if (std::holds_alternative<Pad>(op)) return Method::pad;
  if (std::holds_alternative<Resize>(op)) return Method::resize;
  check(std::holds_alternative<Add>(op) || std::holds_alternative<Multiply>(op) ||
            std::holds_alternative<Activation>(op) || std::holds_alternative<ParametricRelu>(op),
        layer.where() + ": the machine has no such layer");
  return Method::elementwise;
}

}  // namespace

void lower_layer(LayerContext& layer) {
  switch (method_of(layer)) {
    case Method::conv:
      return lower_conv(layer);
    case Method::elementwise:
      return lower_elementwise(layer);
    case Method::pool:
      return lower_pool(layer);
    case Method::concat:
      return lower_concat(layer);
    case Method::pad:
      return lower_pad(layer);
    case Method::resize:
      return lower_resize(layer);
  }
}

std::optional<std::int64_t> estimate_layer(const LayerView& layer) {
  switch (method_of(layer)) {
    case Method::conv:
      return estimate_conv(layer);
    case Method::elementwise:
      return estimate_elementwise(layer);
    case Method::pool:
      return estimate_pool(layer);
    default:
      // These copy through tiles of their own: nothing stays before or after them.
      return layer.input_that_stays || layer.output_stays ? std::nullopt : std::optional<std::int64_t>(0);
  }
}

}  // namespace evenshift::compiler
