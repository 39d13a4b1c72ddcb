#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// ONNX as read, before it becomes a Graph.
namespace evenshift::compiler::importer {

/// Greatest number of elements of a tensor, and greatest channels, rows or columns of a computed one: larger ones are
/// damage or malice, and would overflow.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 28;
inline constexpr std::int64_t kMaxAxis = std::int64_t{1} << 23;

enum class ElementKind : std::uint8_t { real, integer, other };

/// A constant tensor: float16, float32, float64 and bfloat16 as float; integers and booleans as 64-bit integers.
struct TensorData {
  std::string name;
  std::vector<std::int64_t> dimensions;
  ElementKind kind = ElementKind::real;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  int data_type = 0;  ///< TensorProto.DataType as stored; 0 where it was computed
  /// What DequantizeLinear made `reals` of, element by element: reals[i] = codes[i] · steps[i], the zero point taken
  /// off. Empty for other constants.
  std::vector<std::int32_t> codes;
  std::vector<float> steps;

  [[nodiscard]] std::int64_t elements() const {
    return static_cast<std::int64_t>(kind == ElementKind::integer ? integers.size() : reals.size());
  }
  [[nodiscard]] double number(std::int64_t index) const {
    const auto at = static_cast<std::size_t>(index);
    return kind == ElementKind::integer ? static_cast<double>(integers.at(at)) : static_cast<double>(reals.at(at));
  }
};

/// Element types that quantization asks for, as in TensorProto.DataType.
inline constexpr int kFloatType = 1, kUint8Type = 2, kInt8Type = 3, kInt32Type = 6, kUint4Type = 21, kInt4Type = 22;

/// A TensorProto without protobuf.
struct RawTensor {
  std::string name;
  int data_type = 0;  ///< TensorProto.DataType
  std::vector<std::int64_t> dimensions;
  std::span<const std::uint8_t> raw_data;
  bool has_raw_data = false;
  bool is_external = false;
  std::vector<std::pair<std::string, std::string>> external;  ///< location, offset, length, …
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<std::int64_t> integers;  ///< int32_data, int64_data or uint64_data
};

/// Product of the dimensions. Throws Error naming `what` where one is negative or the product of those that
/// are not 0 exceeds kMaxElements.
std::int64_t checked_elements(std::span<const std::int64_t> dimensions, const std::string& what);

/// The numbers of a tensor. `model` is named in errors; external data is looked for beside it, and a path that leaves
/// the model's folder (absolute, "..", or through a symbolic link) is refused. Throws Error where sizes do not agree.
TensorData decode_tensor(const RawTensor& tensor, const std::filesystem::path& model);

/// `name` fit for a message: control characters replaced, cut after 80 characters.
std::string printable(const std::string& name);

}  // namespace evenshift::compiler::importer
