#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace evenshift::test {

using Dims = std::vector<std::int64_t>;

/// A tensor for an attribute.
struct TensorSpec {
  Dims dims;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;  ///< used where `floats` is empty
};

using AttributeValue =
    std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>, TensorSpec>;
using Attributes = std::vector<std::pair<std::string, AttributeValue>>;

/// ONNX element types (TensorProto.DataType).
enum OnnxType : int {
  kOnnxFloat = 1,
  kOnnxUint8 = 2,
  kOnnxInt8 = 3,
  kOnnxInt32 = 6,
  kOnnxInt64 = 7,
  kOnnxFloat16 = 10,
  kOnnxDouble = 11
};

/// Makes small ONNX models for tests, right ones and wrong ones.
class OnnxBuilder {
 public:
  explicit OnnxBuilder(std::int64_t opset = 13);
  ~OnnxBuilder();
  OnnxBuilder(const OnnxBuilder&) = delete;
  OnnxBuilder& operator=(const OnnxBuilder&) = delete;

  /// A dimension of 0 is symbolic, named "N" for the batch and "D<index>" elsewhere.
  OnnxBuilder& input(const std::string& name, const Dims& dims, int type = kOnnxFloat);
  OnnxBuilder& weights(const std::string& name, const Dims& dims, const std::vector<float>& values);
  OnnxBuilder& integers(const std::string& name, const Dims& dims, const std::vector<std::int64_t>& values);
  /// An initializer of any type from bytes.
  OnnxBuilder& raw(const std::string& name, const Dims& dims, int type, const std::string& bytes);
  OnnxBuilder& external(const std::string& name, const Dims& dims, int type,
                        const std::vector<std::pair<std::string, std::string>>& entries);
  OnnxBuilder& node(const std::string& type, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs, const Attributes& attributes = {},
                    const std::string& name = "", const std::string& domain = "");
  OnnxBuilder& output(const std::string& name);

  [[nodiscard]] std::string bytes() const;
  /// Writes the model to a file and returns its path.
  std::filesystem::path write(const std::filesystem::path& path) const;

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

/// Numbers that differ, are small, and are exact in float: ((7919 · i + 104729 · seed) mod 257 - 128) / 64.
std::vector<float> pattern(std::int64_t count, int seed);

/// A folder for the files of one test, empty at first and removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace evenshift::test
