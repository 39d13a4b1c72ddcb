#include "compiler/export/onnx_writer.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace evenshift::compiler {

struct OnnxWriter::Model {
  onnx::ModelProto proto;

  onnx::TensorProto& constant(const std::string& name, const std::vector<std::int64_t>& dimensions, int type) {
    onnx::TensorProto& tensor = *proto.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t size : dimensions) tensor.add_dims(size);
    return tensor;
  }
  template <typename T>
  std::string constant(const std::string& name, const std::vector<std::int64_t>& dimensions, int type,
                       const std::vector<T>& values) {
    constant(name, dimensions, type)
        .set_raw_data(std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
    return name;
  }
};

namespace {

void describe(onnx::ValueInfoProto& info, const std::string& name, const std::vector<std::int64_t>& dimensions) {
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t size : dimensions) tensor.mutable_shape()->add_dim()->set_dim_value(size);
}

struct Setter {
  onnx::AttributeProto& attribute;
  void operator()(std::int64_t value) const {
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  void operator()(float value) const {
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(value);
  }
  void operator()(const std::string& value) const {
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
  }
};

}  // namespace

OnnxWriter::OnnxWriter(const std::string& graph_name, std::int64_t opset) : model_(std::make_unique<Model>()) {
  constexpr std::int64_t kIrVersion = 8;
  model_->proto.set_ir_version(kIrVersion);
  model_->proto.set_producer_name("evenshift");
  model_->proto.add_opset_import()->set_version(opset);
  model_->proto.mutable_graph()->set_name(graph_name);
}

OnnxWriter::~OnnxWriter() = default;

std::string OnnxWriter::unique(const std::string& wanted) {
  std::string name = wanted;
  for (int copy = 2; !names_.insert(name).second; ++copy) name = fmt::format("{}_{}", wanted, copy);
  return name;
}

void OnnxWriter::input(const std::string& name, const std::vector<std::int64_t>& dimensions) {
  describe(*model_->proto.mutable_graph()->add_input(), name, dimensions);
}

void OnnxWriter::output(const std::string& name, const std::vector<std::int64_t>& dimensions) {
  describe(*model_->proto.mutable_graph()->add_output(), name, dimensions);
}

std::string OnnxWriter::floats(const std::string& name, const std::vector<std::int64_t>& dimensions,
                               const std::vector<float>& values) {
  return model_->constant(unique(name), dimensions, onnx::TensorProto::FLOAT, values);
}

std::string OnnxWriter::bytes(const std::string& name, const std::vector<std::int64_t>& dimensions,
                              const std::vector<std::int8_t>& values) {
  return model_->constant(unique(name), dimensions, onnx::TensorProto::INT8, values);
}

std::string OnnxWriter::words(const std::string& name, const std::vector<std::int64_t>& dimensions,
                              const std::vector<std::int32_t>& values) {
  return model_->constant(unique(name), dimensions, onnx::TensorProto::INT32, values);
}

std::string OnnxWriter::integers(const std::string& name, const std::vector<std::int64_t>& values) {
  return model_->constant(unique(name), {static_cast<std::int64_t>(values.size())}, onnx::TensorProto::INT64, values);
}

std::string OnnxWriter::node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output,
                             const OnnxAttributes& attributes) {
  const std::string made = unique(output);
  node_for(made, type, inputs, attributes);
  return made;
}

void OnnxWriter::node_for(const std::string& made, const std::string& type, const std::vector<std::string>& inputs,
                          const OnnxAttributes& attributes) {
  onnx::NodeProto& node = *model_->proto.mutable_graph()->add_node();
  node.set_op_type(type);
  node.set_name(made);
  for (const std::string& name : inputs) node.add_input(name);
  node.add_output(made);
  for (const auto& [key, value] : attributes) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(key);
    std::visit(Setter{attribute}, value);
  }
}

std::vector<std::uint8_t> OnnxWriter::serialized() const {
  std::string text;
  model_->proto.SerializeToString(&text);
  return {text.begin(), text.end()};
}

}  // namespace evenshift::compiler
