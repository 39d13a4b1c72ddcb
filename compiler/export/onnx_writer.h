#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace evenshift::compiler {

using OnnxAttributes =
    std::vector<std::pair<std::string, std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>>>>;

/// Builds an ONNX model node by node, without protobuf in the interface.
class OnnxWriter {
 public:
  OnnxWriter(const std::string& graph_name, std::int64_t opset);
  ~OnnxWriter();
  OnnxWriter(const OnnxWriter&) = delete;
  OnnxWriter& operator=(const OnnxWriter&) = delete;

  /// `wanted`, or that with a number where it is taken.
  std::string unique(const std::string& wanted);

  void input(const std::string& name, const std::vector<std::int64_t>& dimensions);
  void output(const std::string& name, const std::vector<std::int64_t>& dimensions);
  /// Constants; each returns its name. No dimensions: one number.
  std::string floats(const std::string& name, const std::vector<std::int64_t>& dimensions,
                     const std::vector<float>& values);
  std::string bytes(const std::string& name, const std::vector<std::int64_t>& dimensions,
                    const std::vector<std::int8_t>& values);
  std::string words(const std::string& name, const std::vector<std::int64_t>& dimensions,
                    const std::vector<std::int32_t>& values);
  std::string integers(const std::string& name, const std::vector<std::int64_t>& values);
  /// The node that makes a name that `unique` has given out before.
  void node_for(const std::string& taken, const std::string& type, const std::vector<std::string>& inputs,
                const OnnxAttributes& attributes = {});
  /// A node with one output; the output's name, `output` made unique.
  std::string node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output,
                   const OnnxAttributes& attributes = {});
  [[nodiscard]] std::vector<std::uint8_t> serialized() const;

 private:
  struct Model;
  std::unique_ptr<Model> model_;
  std::set<std::string> names_;
};

}  // namespace evenshift::compiler
