#include "compiler/import/tflite/tflite_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "arch/base/error.h"

namespace evenshift::compiler::tflite {
namespace {

using importer::printable;

// Fields of the schema's tables, by their place.
enum ModelField : std::size_t { kVersion, kOperatorCodes, kSubgraphs, kDescription, kBuffers };
enum CodeField : std::size_t { kOldCode, kCustomCode, kCodeVersion, kCode };
enum SubgraphField : std::size_t { kTensors, kInputs, kOutputs, kOperators };
enum TensorField : std::size_t { kShape, kType, kBuffer, kName, kQuantization, kIsVariable, kSparsity };
enum QuantizationField : std::size_t { kMin, kMax, kScale, kZeroPoint, kDetailsType, kDetails, kDimension };
enum OperatorField : std::size_t { kCodeIndex, kOperatorInputs, kOperatorOutputs, kOptionsType, kOptions };

constexpr std::size_t kMostRank = 8;

class ModelReader {
 public:
  ModelReader(const FlatBuffer& buffer, const std::filesystem::path& path)
      : root_(Table::root(buffer)), where_(path.string()) {
    model_.path = path;
  }

  TfliteModel read() {
    const auto version = root_.number<std::uint32_t>(kVersion, 0);
    if (version != 3) fail("{} has version {} of the TFLite schema; supported is version 3", where_, version);
    const std::vector<Table> subgraphs = root_.tables(kSubgraphs);
    if (subgraphs.size() != 1) fail("{} has {} subgraphs; one is supported", where_, subgraphs.size());
    for (const Table& data : root_.tables(kBuffers)) buffers_.push_back(data.bytes(0));
    for (const Table& tensor : subgraphs[0].tables(kTensors)) read_tensor(tensor);
    model_.inputs = subgraphs[0].numbers<std::int32_t>(kInputs);
    model_.outputs = subgraphs[0].numbers<std::int32_t>(kOutputs);
    check_indices(model_.inputs, 0, "an input of the network");
    check_indices(model_.outputs, 0, "an output of the network");
    const std::vector<Table> codes = root_.tables(kOperatorCodes);
    for (const Table& op : subgraphs[0].tables(kOperators)) read_operator(op, codes);
    return std::move(model_);
  }

 private:
  void read_tensor(const Table& table) {
    TfliteTensor tensor;
    tensor.name = table.text(kName);
    if (tensor.name.empty() || !names_.insert(tensor.name).second) {
      tensor.name += fmt::format("#{}", model_.tensors.size());
      while (!names_.insert(tensor.name).second) tensor.name += "'";
    }
    const std::string what = fmt::format("{}: tensor '{}'", where_, printable(tensor.name));
    tensor.type = TensorType{table.number<std::int8_t>(kType, 0)};
    for (const std::int32_t size : table.numbers<std::int32_t>(kShape)) tensor.shape.push_back(size);
    if (tensor.shape.size() > kMostRank)
      fail("{} has rank {}; the greatest supported is {}", what, tensor.shape.size(), kMostRank);
    importer::checked_elements(tensor.shape, what);
    const std::size_t data = table.number<std::uint32_t>(kBuffer, 0);
    if (data >= buffers_.size()) fail("{} is in buffer {}, of which there are {}", what, data, buffers_.size());
    tensor.data = buffers_[data];
    if (table.table(kSparsity)) fail("{} is sparse, which is not supported", what);
    if (const auto quantization = table.table(kQuantization)) read_quantization(*quantization, what, tensor);
    model_.tensors.push_back(std::move(tensor));
  }

  static void read_quantization(const Table& table, const std::string& what, TfliteTensor& tensor) {
    tensor.scales = table.numbers<float>(kScale);
    tensor.zero_points = table.numbers<std::int64_t>(kZeroPoint);
    tensor.axis = table.number<std::int32_t>(kDimension, 0);
    if (tensor.scales.empty()) return;
    if (tensor.zero_points.empty()) tensor.zero_points.assign(tensor.scales.size(), 0);
    if (tensor.zero_points.size() != tensor.scales.size())
      fail("{} has {} scales and {} zero points", what, tensor.scales.size(), tensor.zero_points.size());
    for (const float scale : tensor.scales)
      if (!std::isfinite(scale) || !(scale > 0)) fail("{} has a scale of {}, which is not above 0", what, scale);
    const auto [low, high] = tensor.type == TensorType::uint8  ? std::pair(0, 255)
                             : tensor.type == TensorType::int8 ? std::pair(-128, 127)
                                                               : std::pair(-32768, 32767);
    for (const std::int64_t zero_point : tensor.zero_points)
      if (zero_point < low || zero_point > high)
        fail("{} has a zero point of {}, outside of its type", what, zero_point);
    if (tensor.scales.size() == 1) return;
    const auto rank = static_cast<std::int64_t>(tensor.shape.size());
    if (tensor.axis < 0 || tensor.axis >= rank ||
        tensor.shape[static_cast<std::size_t>(tensor.axis)] != static_cast<std::int64_t>(tensor.scales.size()))
      fail("{} has {} scales, which are no axis of it", what, tensor.scales.size());
  }

  void read_operator(const Table& table, const std::vector<Table>& codes) {
    TfliteOperator op;
    const std::size_t index = table.number<std::uint32_t>(kCodeIndex, 0);
    const std::string what = fmt::format("operator {}", model_.operators.size());
    if (index >= codes.size()) fail("{}: {} has code {}, of which there are {}", where_, what, index, codes.size());
    // Files older than the 32-bit field have the byte alone; newer ones have 127 in it where it does not suffice.
    op.code = std::max<std::int64_t>(codes[index].number<std::int8_t>(kOldCode, 0),
                                     codes[index].number<std::int32_t>(kCode, 0));
    op.custom_code = codes[index].text(kCustomCode);
    op.inputs = table.numbers<std::int32_t>(kOperatorInputs);
    op.outputs = table.numbers<std::int32_t>(kOperatorOutputs);
    check_indices(op.inputs, -1, "an input of " + what);
    check_indices(op.outputs, 0, "an output of " + what);
    if (op.outputs.empty()) fail("{}: {} has no output", where_, what);
    op.options = table.table(kOptions);
    model_.operators.push_back(std::move(op));
  }

  void check_indices(const std::vector<std::int32_t>& indices, std::int32_t least, const std::string& what) const {
    for (const std::int32_t index : indices)
      if (index < least || index >= static_cast<std::int32_t>(model_.tensors.size()))
        fail("{}: {} is tensor {}, of which there are {}", where_, what, index, model_.tensors.size());
  }

  Table root_;
  std::string where_;
  TfliteModel model_;
  std::vector<std::span<const std::uint8_t>> buffers_;
  std::set<std::string> names_;
};

}  // namespace

TfliteModel read_tflite(const FlatBuffer& buffer, std::span<const std::uint8_t> bytes,
                        const std::filesystem::path& path) {
  constexpr std::string_view kIdentifier = "TFL3";
  if (bytes.size() < 8 || !std::equal(kIdentifier.begin(), kIdentifier.end(), bytes.begin() + 4))
    fail("{} is not a TFLite model: bytes 4 to 7 are not 'TFL3'", path.string());
  return ModelReader(buffer, path).read();
}

}  // namespace evenshift::compiler::tflite
