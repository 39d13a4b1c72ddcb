#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace evenshift::test {

/// TensorType of the TFLite schema.
enum TfliteType : std::int8_t { kTfliteFloat = 0, kTfliteInt32 = 2, kTfliteUint8 = 3, kTfliteInt8 = 9 };

struct TfliteTensorSpec {
  std::string name;
  std::int8_t type = kTfliteInt8;
  std::vector<std::int32_t> shape;
  std::string data{};  ///< bytes; empty for computed tensors
  std::vector<float> scales{};
  std::vector<std::int64_t> zero_points{};
  std::int32_t axis = 0;
};

/// Fields of an operator's options by their place in the schema.
using TfliteOptions = std::vector<std::pair<std::size_t, std::variant<std::int8_t, std::int32_t, float>>>;

struct TfliteOperatorSpec {
  std::int32_t code = 0;
  std::vector<std::int32_t> inputs, outputs;
  TfliteOptions options{};
};

/// Makes small TFLite files for tests, right ones and wrong ones.
struct TfliteBuilder {
  std::vector<TfliteTensorSpec> tensors;
  std::vector<TfliteOperatorSpec> operators;
  std::vector<std::int32_t> inputs, outputs;
  std::uint32_t version = 3;

  /// Index of a tensor that is computed, of codes with this scale and zero point.
  std::int32_t codes(const std::string& name, const std::vector<std::int32_t>& shape, float scale,
                     std::int64_t zero_point);
  std::int32_t constant(const std::string& name, const std::vector<std::int32_t>& shape,
                        const std::vector<std::int8_t>& values, const std::vector<float>& scales, std::int32_t axis);
  std::int32_t words(const std::string& name, const std::vector<std::int32_t>& values,
                     const std::vector<float>& scales = {});
  void op(std::int32_t code, const std::vector<std::int32_t>& op_inputs, std::int32_t output,
          const TfliteOptions& options = {});

  [[nodiscard]] std::string bytes() const;
  std::filesystem::path write(const std::filesystem::path& path) const;
};

}  // namespace evenshift::test
