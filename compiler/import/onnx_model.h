#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "compiler/import/tensor_data.h"

namespace evenshift::compiler::importer {

/// Attribute kinds that no supported operator has (graphs, strings, sparse tensors).
struct OtherAttribute {};
using Attribute = std::variant<OtherAttribute, std::int64_t, float, std::string, TensorData, std::vector<std::int64_t>,
                               std::vector<float>>;

struct OnnxNode {
  std::string name;  ///< may be empty
  std::string op_type;
  std::string domain;               ///< "" is ONNX's own
  std::vector<std::string> inputs;  ///< "" is an absent optional input
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;
  std::string shown_as{};  ///< for messages, where it stands for an operator of another format
  std::string refusal{};   ///< why the operator it stands for cannot be imported; empty where it can
};

struct OnnxDimension {
  std::int64_t value = -1;  ///< -1: symbolic or absent
  std::string symbol;
};

struct OnnxInput {
  std::string name;
  int element_type = 0;  ///< TensorProto.DataType; 0: not a tensor
  bool has_shape = false;
  std::vector<OnnxDimension> dimensions;
};

struct OnnxModel {
  std::filesystem::path path;
  std::string graph_name;
  std::int64_t opset = 0;
  std::vector<OnnxNode> nodes;
  std::map<std::string, TensorData> initializers;
  std::vector<OnnxInput> inputs;  ///< without those that are initializers
  std::vector<std::string> outputs;
};

/// Reads a file. Throws Error with one sentence where it is no ONNX model, its opset is not 7 to 21, its tensors
/// disagree with their sizes, or two things have one name.
OnnxModel read_onnx(const std::filesystem::path& path);

}  // namespace evenshift::compiler::importer
