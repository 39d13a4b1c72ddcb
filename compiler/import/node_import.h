#pragma once

#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "arch/base/error.h"
#include "compiler/import/constraints.h"
#include "compiler/import/onnx_model.h"
#include "compiler/import/tensor_view.h"

namespace evenshift::compiler::importer {

/// What a tensor name of the model stands for: a constant, a way of reading a value of the graph, or (neither) the
/// output of a node that is not supported.
struct Binding {
  std::shared_ptr<const TensorData> constant;
  std::optional<TensorView> view;
};

/// Thrown by an operator's import, caught by the driver, which goes on to report every such node at once.
struct Unsupported {
  Constraint constraint;
};

/// State of an import.
struct ImportState {
  const OnnxModel& model;
  Graph graph;
  std::map<std::string, Binding> bindings;
  std::set<std::string> node_names;
  std::map<std::pair<ValueId, std::string>, ValueId> reshapes;  ///< by value and shape
};

/// A value of the graph with its shape.
struct Image {
  ValueId value = -1;
  Shape shape;
};

/// One node under import: its attributes and inputs checked as they are asked for, and what it adds to the graph.
class NodeImport {
 public:
  NodeImport(ImportState& state, const OnnxNode& node, std::size_t index);

  [[nodiscard]] const OnnxNode& node() const { return node_; }
  [[nodiscard]] std::int64_t opset() const { return state_.model.opset; }

  // Attributes. A value of another kind than asked for is malformed.
  [[nodiscard]] bool has(const std::string& attribute) const { return node_.attributes.contains(attribute); }
  [[nodiscard]] std::int64_t integer(const std::string& attribute, std::int64_t fallback) const;
  [[nodiscard]] double number(const std::string& attribute, double fallback) const;
  [[nodiscard]] std::string text(const std::string& attribute, const std::string& fallback) const;
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& attribute) const;  ///< empty where absent
  [[nodiscard]] const Attribute* attribute(const std::string& name) const;

  // Inputs.
  [[nodiscard]] std::size_t inputs() const { return node_.inputs.size(); }
  [[nodiscard]] bool has_input(std::size_t index) const { return index < inputs() && !node_.inputs[index].empty(); }
  [[nodiscard]] bool is_constant(std::size_t index) const;
  [[nodiscard]] const TensorData& constant(std::size_t index, Constraint otherwise) const;
  /// Constant integers (axes, shapes, sizes).
  [[nodiscard]] std::vector<std::int64_t> constant_integers(std::size_t index, Constraint otherwise) const;
  /// Constant numbers; malformed where one is NaN or infinite.
  [[nodiscard]] const TensorData& weights(std::size_t index, Constraint otherwise) const;
  /// A constant of one number.
  [[nodiscard]] double scalar(std::size_t index, Constraint otherwise) const;
  [[nodiscard]] const TensorView& view(std::size_t index) const;
  [[nodiscard]] Shape shape_of(const TensorView& view) const { return state_.graph.value(view.value).shape; }
  /// The input as a value of the graph whose channels, rows and columns are axes 1, 2 and 3 (rank 3: 1 and, as columns,
  /// 2; rank 2: 1 alone). Adds a Reshape where its elements are in that order under another shape.
  Image image(const TensorView& view);
  /// A value with the same elements in the same order.
  ValueId reshape_value(ValueId value, const Shape& shape, const Dimensions& dimensions);
  /// Channels of a value, picked by index: a 1 x 1 conv whose weights are 0 and 1. Needs `otherwise` where there are
  /// more than 4096 on either side.
  Image select_channels(const Image& source, const std::vector<std::int64_t>& channels, const Dimensions& dimensions,
                        Constraint otherwise, const std::string& suffix);
  /// Numpy's meaning of an axis. Malformed outside of -rank … rank - 1.
  [[nodiscard]] std::size_t axis(std::int64_t axis, std::size_t rank) const;

  // Results.
  /// Adds a node; its value is named after the output (followed by `suffix`).
  ValueId emit(Operator op, std::vector<ValueId> operands, const Shape& shape, const Dimensions& dimensions,
               const std::string& suffix = "");
  /// The parameters that a value's codes have: those of the Quantize that it comes from, copies of codes in between.
  [[nodiscard]] std::optional<QuantParams> quantized_with(ValueId value) const;
  /// Adds a node on `view`'s value that keeps shape and reading.
  TensorView emit_like(Operator op, const TensorView& view, const std::string& suffix = "");
  void output(TensorView view, std::size_t index = 0);
  void output_constant(TensorData data);

  /// The node breaks a constraint.
  [[noreturn]] void unsupported(Constraint constraint) const { throw Unsupported{constraint}; }
  void require(bool condition, Constraint constraint) const {
    if (!condition) unsupported(constraint);
  }
  /// The model is wrong: one sentence after the node's name.
  template <typename... Args>
  [[noreturn]] void malformed(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(fmt::format("{}: {}", where(), fmt::format(format, std::forward<Args>(args)...)));
  }
  template <typename... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) const {
    if (!condition) malformed(format, std::forward<Args>(args)...);
  }
  /// "MODEL.onnx: node 'foo' (Resize, input 64 x 56 x 56)".
  [[nodiscard]] std::string where() const;

 private:
  [[nodiscard]] const Binding& binding(std::size_t index) const;

  ImportState& state_;
  const OnnxNode& node_;
  std::string name_;
};

/// "64 x 56 x 56": a batch of 1 in front is left out.
std::string dimensions_text(const Dimensions& dimensions);

}  // namespace evenshift::compiler::importer
