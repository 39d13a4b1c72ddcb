#include "compiler/import/tflite/translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "arch/base/error.h"

namespace evenshift::compiler::tflite {
namespace {

using importer::kFloatType;
using importer::kInt32Type;
using importer::kInt8Type;
using importer::kUint8Type;

/// TensorProto.DataType of a TFLite type.
int onnx_type(TensorType type) {
  switch (type) {
    case TensorType::float32:
      return kFloatType;
    case TensorType::float16:
      return 10;
    case TensorType::int32:
      return kInt32Type;
    case TensorType::uint8:
      return kUint8Type;
    case TensorType::int64:
      return 7;
    case TensorType::boolean:
      return 9;
    case TensorType::int16:
      return 5;
    case TensorType::int8:
      return kInt8Type;
  }
  return 0;
}

TensorData decoded(const TfliteTensor& tensor, const std::filesystem::path& path) {
  importer::RawTensor raw;
  raw.name = tensor.name;
  raw.data_type = onnx_type(tensor.type);
  raw.dimensions = tensor.shape;
  raw.raw_data = tensor.data;
  raw.has_raw_data = true;
  return importer::decode_tensor(raw, path);
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Bounds {
  float low = -kInfinity, high = kInfinity;
};

/// ActivationFunctionType of the schema.
std::optional<Bounds> bounds_of(std::int8_t activation) {
  switch (activation) {
    case 0:
      return Bounds{};
    case 1:
      return Bounds{0, kInfinity};
    case 2:
      return Bounds{-1, 1};
    case 3:
      return Bounds{0, 6};
    default:
      return std::nullopt;
  }
}

/// The real number of the code that TFLite clamps at: zero_point + round(bound / scale) in float, ties away from zero,
/// and inside the type.
float bound_on_grid(float bound, const TfliteTensor& tensor) {
  if (!std::isfinite(bound)) return bound;
  const double low = tensor.type == TensorType::uint8 ? 0 : -128,
               zero_point = static_cast<double>(tensor.zero_points[0]);
  const double code = static_cast<double>(std::round(bound / tensor.scales[0])) + zero_point;
  return static_cast<float>((std::clamp(code, low, low + 255) - zero_point) * static_cast<double>(tensor.scales[0]));
}

}  // namespace

void Translation::add_initializer(TensorData data) {
  const std::string name = data.name;
  target_.initializers.emplace(name, std::move(data));
}

std::string Translation::numbers(const std::vector<float>& values, const std::string& name, bool is_scalar) {
  TensorData data;
  data.name = name;
  if (!is_scalar) data.dimensions = {static_cast<std::int64_t>(values.size())};
  data.reals = values;
  data.data_type = kFloatType;
  add_initializer(std::move(data));
  return name;
}

std::string Translation::zero_points(const TfliteTensor& tensor, const std::string& name) {
  TensorData data;
  data.name = name;
  data.kind = importer::ElementKind::integer;
  if (tensor.scales.size() > 1) data.dimensions = {static_cast<std::int64_t>(tensor.scales.size())};
  data.integers = tensor.zero_points;
  data.data_type = onnx_type(tensor.type);
  add_initializer(std::move(data));
  return name;
}

std::string Translation::constant(const std::vector<std::int64_t>& values, const std::string& suffix) {
  TensorData data;
  data.name = fmt::format("{}/{}{}", output_tensor().name, suffix, made_++);
  data.kind = importer::ElementKind::integer;
  data.dimensions = {static_cast<std::int64_t>(values.size())};
  data.integers = values;
  const std::string name = data.name;
  add_initializer(std::move(data));
  return name;
}

void Translation::check_computed(const TfliteTensor& tensor) const {
  const bool is_codes = tensor.type == TensorType::int8 || tensor.type == TensorType::uint8;
  require(tensor.type == TensorType::float32 || (is_codes && tensor.scales.size() == 1), Constraint::integer_type);
}

void Translation::finish_tensor(const std::string& name, const TfliteTensor& tensor, const std::string& output) {
  OnnxNode node{output, "Identity", "", {name}, {output}, {}, shown_as_, ""};
  if (tensor.is_quantized()) {
    node.op_type = "QuantizeLinear";
    node.inputs.push_back(numbers(tensor.scales, output + "/scale", true));
    node.inputs.push_back(zero_points(tensor, output + "/zero_point"));
  }
  target_.nodes.push_back(std::move(node));
}

void Translation::add_inputs() {
  for (const std::int32_t index : source_.inputs) {
    const TfliteTensor& tensor = source_.tensors[static_cast<std::size_t>(index)];
    importer::OnnxInput input{tensor.name, kFloatType, true, {}};
    try {
      check_computed(tensor);
    } catch (const Refused& refused) {
      fail("{}: input '{}': {}", source_.path.string(), importer::printable(tensor.name),
           importer::sentence(refused.constraint));
    }
    for (const std::int64_t size : tensor.shape) input.dimensions.push_back({size, ""});
    target_.inputs.push_back(std::move(input));
    shown_as_ = "input";
    // Images are read with their channels first and last again, which tells the import that they are last.
    std::string name = tensor.name;
    const std::size_t rank = tensor.shape.size();
    using Order = std::vector<std::int64_t>;
    if (rank == 3 || rank == 4)
      for (const Order& order :
           {rank == 4 ? Order{0, 3, 1, 2} : Order{0, 2, 1}, rank == 4 ? Order{0, 2, 3, 1} : Order{0, 2, 1}}) {
        const std::string next = fmt::format("{}/transposed{}", tensor.name, made_++);
        target_.nodes.push_back({next, "Transpose", "", {name}, {next}, {{"perm", order}}, shown_as_, ""});
        name = next;
      }
    finish_tensor(name, tensor, read_name(tensor));
  }
}

void Translation::add_outputs() {
  for (const std::int32_t index : source_.outputs)
    target_.outputs.push_back(real_name(static_cast<std::size_t>(index)));
}

void Translation::begin(const TfliteOperator& op, std::string shown_as) {
  op_ = &op;
  shown_as_ = std::move(shown_as);
}

void Translation::refuse(const std::string& reason, bool is_unknown) {
  OnnxNode node{output_tensor().name, is_unknown ? "" : shown_as_, "", {}, {}, {}, shown_as_, reason};
  for (std::size_t i = 0; i < op_->inputs.size(); ++i)
    if (has_input(i) && !input_tensor(i).is_constant()) node.inputs.push_back(input(i));
  for (std::size_t i = 0; i < op_->outputs.size(); ++i) node.outputs.push_back(output_tensor(i).name);
  target_.nodes.push_back(std::move(node));
}

bool Translation::has_input(std::size_t index) const { return index < op_->inputs.size() && op_->inputs[index] >= 0; }

const TfliteTensor& Translation::input_tensor(std::size_t index) const {
  if (!has_input(index))
    fail("{}: node '{}' ({}): input {} is missing", source_.path.string(), importer::printable(output_tensor().name),
         shown_as_, index);
  return source_.tensors[static_cast<std::size_t>(op_->inputs[index])];
}

const TfliteTensor& Translation::output_tensor(std::size_t index) const {
  return source_.tensors[static_cast<std::size_t>(op_->outputs.at(index))];
}

std::string Translation::input(std::size_t index) {
  const TfliteTensor& tensor = input_tensor(index);
  return real_name(static_cast<std::size_t>(&tensor - source_.tensors.data()));
}

std::string Translation::real_name(std::size_t index) {
  const TfliteTensor& tensor = source_.tensors[index];
  if (tensor.is_constant()) return constant_name(index);
  const bool is_input = std::ranges::find(source_.inputs, static_cast<std::int32_t>(index)) != source_.inputs.end();
  return is_input ? read_name(tensor) : tensor.name;
}

std::string Translation::constant_name(std::size_t index) {
  const TfliteTensor& tensor = source_.tensors[index];
  if (target_.initializers.contains(tensor.name)) return tensor.is_quantized() ? tensor.name + "/real" : tensor.name;
  add_initializer(decoded(tensor, source_.path));
  if (!tensor.is_quantized()) return tensor.name;
  const std::string real = tensor.name + "/real";
  target_.nodes.push_back({real,
                           "DequantizeLinear",
                           "",
                           {tensor.name, numbers(tensor.scales, real + "/scale", tensor.scales.size() == 1),
                            zero_points(tensor, real + "/zero_point")},
                           {real},
                           {{"axis", tensor.axis}},
                           shown_as_,
                           ""});
  return real;
}

std::vector<std::int64_t> Translation::integers(std::size_t index, Constraint otherwise) const {
  const TfliteTensor& tensor = input_tensor(index);
  // A list without elements has no bytes.
  const bool is_empty = std::ranges::find(tensor.shape, 0) != tensor.shape.end();
  require((tensor.is_constant() || is_empty) && (tensor.type == TensorType::int32 || tensor.type == TensorType::int64),
          otherwise);
  return decoded(tensor, source_.path).integers;
}

std::string Translation::add(const std::string& type, std::vector<std::string> inputs,
                             std::map<std::string, Attribute> attributes) {
  const std::string output = fmt::format("{}/{}{}", output_tensor().name, type, made_++);
  target_.nodes.push_back(
      {output_tensor().name, type, "", std::move(inputs), {output}, std::move(attributes), shown_as_, ""});
  return output;
}

std::vector<std::string> Translation::add_parts(const std::string& type, std::vector<std::string> inputs,
                                                std::map<std::string, Attribute> attributes) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < op_->outputs.size(); ++i) parts.push_back(fmt::format("{}/part", output_tensor(i).name));
  target_.nodes.push_back(
      {output_tensor().name, type, "", std::move(inputs), parts, std::move(attributes), shown_as_, ""});
  return parts;
}

void Translation::finish(std::string name, std::int8_t activation, std::size_t index) {
  const TfliteTensor& tensor = output_tensor(index);
  check_computed(tensor);
  const auto bounds = bounds_of(activation);
  require(bounds.has_value(), Constraint::fused_activation);
  const float low = tensor.is_quantized() ? bound_on_grid(bounds->low, tensor) : bounds->low;
  const float high = tensor.is_quantized() ? bound_on_grid(bounds->high, tensor) : bounds->high;
  if (low != -kInfinity || high != kInfinity) {
    const auto limit = [&](float value, const char* suffix) {
      if (!std::isfinite(value)) return std::string();
      return numbers({value}, fmt::format("{}/{}{}", tensor.name, suffix, made_++), true);
    };
    name = add("Clip", {std::move(name), limit(low, "low"), limit(high, "high")});
  }
  finish_tensor(name, tensor, tensor.name);
}

}  // namespace evenshift::compiler::tflite
