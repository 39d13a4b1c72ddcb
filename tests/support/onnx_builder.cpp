#include "tests/support/onnx_builder.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

namespace evenshift::test {
namespace {

void fill(onnx::TensorProto& tensor, const TensorSpec& spec) {
  for (const std::int64_t dim : spec.dims) tensor.add_dims(dim);
  if (!spec.floats.empty()) {
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const float value : spec.floats) tensor.add_float_data(value);
  } else {
    tensor.set_data_type(onnx::TensorProto::INT64);
    for (const std::int64_t value : spec.integers) tensor.add_int64_data(value);
  }
}

struct FillAttribute {
  onnx::AttributeProto& proto;
  void operator()(std::int64_t value) const {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(value);
  }
  void operator()(float value) const {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(value);
  }
  void operator()(const std::string& value) const {
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    proto.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) proto.add_ints(value);
  }
  void operator()(const std::vector<float>& values) const {
    proto.set_type(onnx::AttributeProto::FLOATS);
    for (const float value : values) proto.add_floats(value);
  }
  void operator()(const TensorSpec& spec) const {
    proto.set_type(onnx::AttributeProto::TENSOR);
    fill(*proto.mutable_t(), spec);
  }
};

}  // namespace

struct OnnxBuilder::Model {
  onnx::ModelProto proto;
  [[nodiscard]] onnx::GraphProto& graph() { return *proto.mutable_graph(); }
};

OnnxBuilder::OnnxBuilder(std::int64_t opset) : model_(std::make_unique<Model>()) {
  model_->proto.set_ir_version(8);
  model_->proto.add_opset_import()->set_version(opset);
  model_->graph().set_name("test");
}

OnnxBuilder::~OnnxBuilder() = default;

OnnxBuilder& OnnxBuilder::input(const std::string& name, const Dims& dims, int type) {
  onnx::ValueInfoProto& info = *model_->graph().add_input();
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    auto& dim = *tensor.mutable_shape()->add_dim();
    if (dims[i] == 0)
      dim.set_dim_param(i == 0 ? std::string("N") : fmt::format("D{}", i));
    else
      dim.set_dim_value(dims[i]);
  }
  return *this;
}

OnnxBuilder& OnnxBuilder::weights(const std::string& name, const Dims& dims, const std::vector<float>& values) {
  return raw(name, dims, kOnnxFloat, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

OnnxBuilder& OnnxBuilder::integers(const std::string& name, const Dims& dims, const std::vector<std::int64_t>& values) {
  onnx::TensorProto& tensor = *model_->graph().add_initializer();
  tensor.set_name(name);
  fill(tensor, {dims, {}, values});
  return *this;
}

OnnxBuilder& OnnxBuilder::raw(const std::string& name, const Dims& dims, int type, const std::string& bytes) {
  onnx::TensorProto& tensor = *model_->graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const std::int64_t dim : dims) tensor.add_dims(dim);
  tensor.set_raw_data(bytes);
  return *this;
}

OnnxBuilder& OnnxBuilder::external(const std::string& name, const Dims& dims, int type,
                                   const std::vector<std::pair<std::string, std::string>>& entries) {
  onnx::TensorProto& tensor = *model_->graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const std::int64_t dim : dims) tensor.add_dims(dim);
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : entries) {
    auto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
  return *this;
}

OnnxBuilder& OnnxBuilder::node(const std::string& type, const std::vector<std::string>& inputs,
                               const std::vector<std::string>& outputs, const Attributes& attributes,
                               const std::string& name, const std::string& domain) {
  onnx::NodeProto& proto = *model_->graph().add_node();
  proto.set_op_type(type);
  proto.set_name(name);
  proto.set_domain(domain);
  for (const std::string& input : inputs) proto.add_input(input);
  for (const std::string& output : outputs) proto.add_output(output);
  for (const auto& [key, value] : attributes) {
    onnx::AttributeProto& attribute = *proto.add_attribute();
    attribute.set_name(key);
    std::visit(FillAttribute{attribute}, value);
  }
  return *this;
}

OnnxBuilder& OnnxBuilder::output(const std::string& name) {
  onnx::ValueInfoProto& info = *model_->graph().add_output();
  info.set_name(name);
  info.mutable_type()->mutable_tensor_type()->set_elem_type(kOnnxFloat);
  return *this;
}

std::string OnnxBuilder::bytes() const { return model_->proto.SerializeAsString(); }

std::filesystem::path OnnxBuilder::write(const std::filesystem::path& path) const {
  std::filesystem::remove(path);  // a file that is cut and written again is flushed to disk
  std::ofstream(path, std::ios::binary) << bytes();
  return path;
}

std::vector<float> pattern(std::int64_t count, int seed) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>((7919 * i + 104729 * seed) % 257 - 128) / 64.0f);
  return values;
}

TemporaryFolder::TemporaryFolder() {
  static std::atomic<int> count{0};
  // Files in memory where there are such: thousands of small ones wait for a disk.
  const std::filesystem::path memory("/dev/shm");
  std::error_code none;
  const bool has_memory = std::filesystem::is_directory(memory, none) && ::access(memory.c_str(), W_OK) == 0;
  path_ = (has_memory ? memory : std::filesystem::temp_directory_path()) /
          fmt::format("evenshift_test_{}_{}", ::getpid(), count++);
  std::filesystem::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace evenshift::test
