#pragma once

#include <string>
#include <vector>

#include "compiler/import/constraints.h"
#include "compiler/import/onnx_model.h"
#include "compiler/import/tflite/tflite_model.h"

/// TFLite in terms of ONNX operators: images with channels last between Transposes, which the import absorbs; computed
/// integers behind QuantizeLinear; constant integers behind DequantizeLinear.
namespace evenshift::compiler::tflite {

using importer::Attribute;
using importer::Constraint;
using importer::OnnxModel;
using importer::OnnxNode;
using importer::TensorData;

/// Thrown where an operator breaks a constraint.
struct Refused {
  Constraint constraint;
};

/// The operator under translation, and the model that it is added to.
class Translation {
 public:
  Translation(const TfliteModel& source, OnnxModel& target) : source_(source), target_(target) {}

  void add_inputs();
  void add_outputs();
  void begin(const TfliteOperator& op, std::string shown_as);
  /// Adds a node in the operator's place that says why it cannot be imported.
  void refuse(const std::string& reason, bool is_unknown);

  [[nodiscard]] const TfliteOperator& op() const { return *op_; }
  [[nodiscard]] bool has_input(std::size_t index) const;
  [[nodiscard]] const TfliteTensor& input_tensor(std::size_t index) const;
  [[nodiscard]] const TfliteTensor& output_tensor(std::size_t index = 0) const;
  /// Name of an input's real numbers.
  [[nodiscard]] std::string input(std::size_t index);
  /// The integers of a constant input.
  [[nodiscard]] std::vector<std::int64_t> integers(std::size_t index, Constraint otherwise) const;
  /// A constant of these integers; its name.
  std::string constant(const std::vector<std::int64_t>& values, const std::string& suffix);

  /// Adds an ONNX node; the name of its output.
  std::string add(const std::string& type, std::vector<std::string> inputs,
                  std::map<std::string, Attribute> attributes = {});
  /// A node with several outputs, one for each of the operator's; their names.
  std::vector<std::string> add_parts(const std::string& type, std::vector<std::string> inputs,
                                     std::map<std::string, Attribute> attributes);
  std::string transposed(const std::string& name, const std::vector<std::int64_t>& permutation) {
    return add("Transpose", {name}, {{"perm", permutation}});
  }
  std::string channels_first(const std::string& name) { return transposed(name, {0, 3, 1, 2}); }
  std::string channels_last(const std::string& name) { return transposed(name, {0, 2, 3, 1}); }

  /// Output `index` is the tensor `name`: applies the fused activation, as codes of the output where it is quantized,
  /// then its quantization.
  void finish(std::string name, std::int8_t activation, std::size_t index = 0);

  void require(bool condition, Constraint constraint) const {
    if (!condition) throw Refused{constraint};
  }

 private:
  std::string real_name(std::size_t tensor);
  std::string constant_name(std::size_t tensor);
  /// `output` is `name`, quantized where the tensor is.
  void finish_tensor(const std::string& name, const TfliteTensor& tensor, const std::string& output);
  /// What reads an input of the network reads this.
  static std::string read_name(const TfliteTensor& tensor) { return tensor.name + "/read"; }
  void check_computed(const TfliteTensor& tensor) const;
  std::string numbers(const std::vector<float>& values, const std::string& name, bool is_scalar);
  std::string zero_points(const TfliteTensor& tensor, const std::string& name);
  void add_initializer(TensorData data);

  const TfliteModel& source_;
  OnnxModel& target_;
  const TfliteOperator* op_ = nullptr;
  std::string shown_as_;
  std::size_t made_ = 0;
};

}  // namespace evenshift::compiler::tflite
