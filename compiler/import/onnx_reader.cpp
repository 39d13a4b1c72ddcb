// The only source file that sees protobuf.
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <limits>

#include "arch/base/atomic_file.h"
#include "arch/base/error.h"
#include "compiler/import/onnx_model.h"

namespace evenshift::compiler::importer {
namespace {

constexpr std::int64_t kFirstOpset = 7, kLastOpset = 21;

/// Keeps protobuf from printing to stderr while it lives: what is wrong is in the Error.
class QuietProtobuf {
 public:
  QuietProtobuf() : previous_(google::protobuf::SetLogHandler(nullptr)) {}
  ~QuietProtobuf() { google::protobuf::SetLogHandler(previous_); }
  QuietProtobuf(const QuietProtobuf&) = delete;
  QuietProtobuf& operator=(const QuietProtobuf&) = delete;

 private:
  google::protobuf::LogHandler* previous_;
};

TensorData read_tensor(const onnx::TensorProto& proto, const std::filesystem::path& model) {
  RawTensor tensor;
  tensor.name = proto.name();
  tensor.data_type = proto.data_type();
  tensor.dimensions.assign(proto.dims().begin(), proto.dims().end());
  tensor.has_raw_data = proto.has_raw_data();
  tensor.raw_data = {reinterpret_cast<const std::uint8_t*>(proto.raw_data().data()), proto.raw_data().size()};
  tensor.is_external = proto.data_location() == onnx::TensorProto::EXTERNAL;
  for (const auto& entry : proto.external_data()) tensor.external.emplace_back(entry.key(), entry.value());
  tensor.floats.assign(proto.float_data().begin(), proto.float_data().end());
  tensor.doubles.assign(proto.double_data().begin(), proto.double_data().end());
  if (proto.int64_data_size() > 0)
    tensor.integers.assign(proto.int64_data().begin(), proto.int64_data().end());
  else if (proto.uint64_data_size() > 0)
    for (const auto value : proto.uint64_data()) tensor.integers.push_back(static_cast<std::int64_t>(value));
  else
    tensor.integers.assign(proto.int32_data().begin(), proto.int32_data().end());
  return decode_tensor(tensor, model);
}

Attribute read_attribute(const onnx::AttributeProto& proto, const std::filesystem::path& model) {
  switch (proto.type()) {
    case onnx::AttributeProto::INT:
      return proto.i();
    case onnx::AttributeProto::FLOAT:
      return proto.f();
    case onnx::AttributeProto::STRING:
      return proto.s();
    case onnx::AttributeProto::TENSOR:
      return read_tensor(proto.t(), model);
    case onnx::AttributeProto::INTS:
      return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case onnx::AttributeProto::FLOATS:
      return std::vector<float>(proto.floats().begin(), proto.floats().end());
    default:
      return OtherAttribute{};
  }
}

OnnxNode read_node(const onnx::NodeProto& proto, const std::filesystem::path& model) {
  OnnxNode node;
  node.name = proto.name();
  node.op_type = proto.op_type();
  node.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const auto& attribute : proto.attribute())
    if (!node.attributes.emplace(attribute.name(), read_attribute(attribute, model)).second)
      fail("{}: node '{}' has the attribute '{}' twice", model.string(), printable(node.name),
           printable(attribute.name()));
  return node;
}

OnnxInput read_input(const onnx::ValueInfoProto& proto) {
  OnnxInput input{proto.name(), 0, false, {}};
  if (!proto.type().has_tensor_type()) return input;
  const auto& type = proto.type().tensor_type();
  input.element_type = type.elem_type();
  input.has_shape = type.has_shape();
  for (const auto& dimension : type.shape().dim())
    input.dimensions.push_back({dimension.has_dim_value() ? dimension.dim_value() : -1, dimension.dim_param()});
  return input;
}

std::int64_t read_opset(const onnx::ModelProto& model, const std::filesystem::path& path) {
  std::int64_t opset = 0;
  for (const auto& import : model.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx") opset = import.version();
  if (opset < kFirstOpset || opset > kLastOpset)
    fail("{} uses ONNX opset {}; supported are opsets {} to {}", path.string(), opset, kFirstOpset, kLastOpset);
  return opset;
}

}  // namespace

OnnxModel read_onnx(const std::filesystem::path& path) {
  const QuietProtobuf quiet;
  onnx::ModelProto proto;
  {
    const std::vector<std::uint8_t> bytes = read_file(path);
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
      fail("{} has more than 2 GiB; larger models keep their weights in external data", path.string());
    if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      fail("{} is not an ONNX model, or is cut short: its protobuf cannot be parsed", path.string());
  }
  if (!proto.has_graph()) fail("{} is not an ONNX model: it holds no graph", path.string());
  OnnxModel model;
  model.path = path;
  model.opset = read_opset(proto, path);
  const onnx::GraphProto& graph = proto.graph();
  model.graph_name = graph.name();
  if (graph.sparse_initializer_size() > 0) fail("{}: sparse initializers are not supported", path.string());
  for (const auto& initializer : graph.initializer())
    if (!model.initializers.emplace(initializer.name(), read_tensor(initializer, path)).second)
      fail("{}: two initializers are named '{}'", path.string(), printable(initializer.name()));
  for (const auto& node : graph.node()) model.nodes.push_back(read_node(node, path));
  for (const auto& input : graph.input())
    if (!model.initializers.contains(input.name())) model.inputs.push_back(read_input(input));
  for (const auto& output : graph.output()) model.outputs.push_back(output.name());
  return model;
}

}  // namespace evenshift::compiler::importer
