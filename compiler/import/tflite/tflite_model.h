#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/import/tensor_data.h"
#include "compiler/import/tflite/flatbuffer.h"

namespace evenshift::compiler::tflite {

/// TensorType of the TFLite schema.
enum class TensorType : std::int8_t {
  float32 = 0,
  float16 = 1,
  int32 = 2,
  uint8 = 3,
  int64 = 4,
  boolean = 6,
  int16 = 7,
  int8 = 9
};

struct TfliteTensor {
  std::string name;  ///< as in the file, or made, so that no two are equal
  TensorType type = TensorType::float32;
  std::vector<std::int64_t> shape;
  std::span<const std::uint8_t> data;  ///< empty for computed tensors
  std::vector<float> scales;           ///< none: not quantized; one, or one an index of `axis`
  std::vector<std::int64_t> zero_points;
  std::int64_t axis = 0;

  [[nodiscard]] bool is_constant() const { return !data.empty(); }
  [[nodiscard]] bool is_quantized() const {
    return !scales.empty() && (type == TensorType::int8 || type == TensorType::uint8 || type == TensorType::int32);
  }
};

struct TfliteOperator {
  std::int64_t code = 0;  ///< BuiltinOperator of the schema
  std::string custom_code;
  std::vector<std::int32_t> inputs;  ///< indices of tensors; -1: an absent optional input
  std::vector<std::int32_t> outputs;
  std::optional<Table> options;

  template <typename T>
  [[nodiscard]] T option(std::size_t field, T fallback) const {
    return options ? options->number<T>(field, fallback) : fallback;
  }
};

/// The one subgraph of a file. Refers to the file's bytes.
struct TfliteModel {
  std::filesystem::path path;
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;
  std::vector<std::int32_t> inputs, outputs;
};

/// Reads a buffer that outlives the result. Throws Error with one sentence where it is no TFLite model of schema
/// version 3, is damaged, has more than one subgraph, or its parts do not fit together.
TfliteModel read_tflite(const FlatBuffer& buffer, std::span<const std::uint8_t> bytes,
                        const std::filesystem::path& path);

}  // namespace evenshift::compiler::tflite
