#include "tests/support/tflite_builder.h"

#include <cstring>
#include <fstream>
#include <memory>

namespace evenshift::test {
namespace {

/// A part of a flatbuffer: a table, a vector of references, or bytes behind a length.
struct Part {
  enum class Kind : std::uint8_t { table, references, bytes } kind = Kind::table;
  using Scalar = std::string;  ///< little-endian bytes
  std::vector<std::variant<std::monostate, Scalar, std::shared_ptr<Part>>> fields;
  std::string content;
  std::uint32_t count = 0;
};
using PartPtr = std::shared_ptr<Part>;

template <typename T>
std::string raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <typename T>
PartPtr vector_of(const std::vector<T>& values) {
  auto part = std::make_shared<Part>();
  part->kind = Part::Kind::bytes;
  part->count = static_cast<std::uint32_t>(values.size());
  part->content.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return part;
}

PartPtr text(const std::string& characters) {
  return vector_of(std::vector<char>(characters.begin(), characters.end()));
}

PartPtr table(std::vector<std::variant<std::monostate, Part::Scalar, PartPtr>> fields) {
  auto part = std::make_shared<Part>();
  part->fields = std::move(fields);
  return part;
}

PartPtr references(const std::vector<PartPtr>& parts) {
  auto part = std::make_shared<Part>();
  part->kind = Part::Kind::references;
  part->fields.assign(parts.begin(), parts.end());
  return part;
}

class Writer {
 public:
  std::string file(const PartPtr& root) {
    out_ = std::string(4, '\0') + "TFL3";
    refer(0, write(*root));
    return out_;
  }

 private:
  template <typename T>
  void put(std::size_t at, T value) {
    std::memcpy(out_.data() + at, &value, sizeof value);
  }
  void refer(std::size_t at, std::size_t target) { put(at, static_cast<std::uint32_t>(target - at)); }
  std::size_t reserve(std::size_t size) {
    out_.resize((out_.size() + 7) / 8 * 8);
    out_.resize(out_.size() + size);
    return out_.size() - size;
  }

  std::size_t write(const Part& part) {
    if (part.kind == Part::Kind::bytes) {
      const std::size_t at = reserve(4);
      put(at, part.count);
      out_ += part.content;
      return at;
    }
    constexpr std::size_t kSlot = 8;  // one size for every field
    const std::size_t fields = part.fields.size();
    std::size_t at = 0, first = 0, step = 4;
    if (part.kind == Part::Kind::references) {
      at = reserve(4 + 4 * fields);
      put(at, static_cast<std::uint32_t>(fields));
      first = at + 4;
    } else {
      const std::size_t vtable = reserve(4 + 2 * fields);
      put(vtable, static_cast<std::uint16_t>(4 + 2 * fields));
      put(vtable + 2, static_cast<std::uint16_t>(kSlot + kSlot * fields));
      at = reserve(kSlot + kSlot * fields);
      put(at, static_cast<std::int32_t>(at - vtable));
      step = kSlot;
      first = at + kSlot;
      for (std::size_t i = 0; i < fields; ++i)
        if (part.fields[i].index() != 0) put(vtable + 4 + 2 * i, static_cast<std::uint16_t>(kSlot + kSlot * i));
    }
    for (std::size_t i = 0; i < fields; ++i) {
      const std::size_t place = first + i * step;
      if (const auto* scalar = std::get_if<Part::Scalar>(&part.fields[i]))
        std::memcpy(out_.data() + place, scalar->data(), scalar->size());
      else if (const auto* child = std::get_if<PartPtr>(&part.fields[i]))
        refer(place, write(**child));
    }
    return at;
  }

  std::string out_;
};

PartPtr quantization_of(const TfliteTensorSpec& tensor) {
  return table({std::monostate{}, std::monostate{}, vector_of(tensor.scales), vector_of(tensor.zero_points),
                std::monostate{}, std::monostate{}, raw(tensor.axis)});
}

PartPtr options_of(const TfliteOptions& options) {
  std::vector<std::variant<std::monostate, Part::Scalar, PartPtr>> fields;
  for (const auto& [field, value] : options) {
    if (fields.size() <= field) fields.resize(field + 1);
    fields[field] = std::visit([](const auto& number) { return raw(number); }, value);
  }
  return table(std::move(fields));
}

}  // namespace

std::int32_t TfliteBuilder::codes(const std::string& name, const std::vector<std::int32_t>& shape, float scale,
                                  std::int64_t zero_point) {
  tensors.push_back({name, kTfliteInt8, shape, "", {scale}, {zero_point}, 0});
  return static_cast<std::int32_t>(tensors.size()) - 1;
}

std::int32_t TfliteBuilder::constant(const std::string& name, const std::vector<std::int32_t>& shape,
                                     const std::vector<std::int8_t>& values, const std::vector<float>& scales,
                                     std::int32_t axis) {
  tensors.push_back({name, kTfliteInt8, shape, std::string(values.begin(), values.end()), scales,
                     std::vector<std::int64_t>(scales.size(), 0), axis});
  return static_cast<std::int32_t>(tensors.size()) - 1;
}

std::int32_t TfliteBuilder::words(const std::string& name, const std::vector<std::int32_t>& values,
                                  const std::vector<float>& scales) {
  const std::string data(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int32_t));
  tensors.push_back({name,
                     kTfliteInt32,
                     {static_cast<std::int32_t>(values.size())},
                     data,
                     scales,
                     std::vector<std::int64_t>(scales.size(), 0),
                     0});
  return static_cast<std::int32_t>(tensors.size()) - 1;
}

void TfliteBuilder::op(std::int32_t code, const std::vector<std::int32_t>& op_inputs, std::int32_t output,
                       const TfliteOptions& options) {
  operators.push_back({code, op_inputs, {output}, options});
}

std::string TfliteBuilder::bytes() const {
  std::vector<PartPtr> buffers{table({})}, parts, codes_of_operators, operator_parts;
  for (const TfliteTensorSpec& tensor : tensors) {
    std::uint32_t buffer = 0;
    if (!tensor.data.empty()) {
      buffer = static_cast<std::uint32_t>(buffers.size());
      buffers.push_back(table({text(tensor.data)}));
    }
    parts.push_back(
        table({vector_of(tensor.shape), raw(tensor.type), raw(buffer), text(tensor.name), quantization_of(tensor)}));
  }
  for (const TfliteOperatorSpec& op : operators) {
    const auto index = static_cast<std::uint32_t>(codes_of_operators.size());
    const auto old_code = static_cast<std::int8_t>(op.code < 127 ? op.code : 127);
    codes_of_operators.push_back(table({raw(old_code), std::monostate{}, std::monostate{}, raw(op.code)}));
    operator_parts.push_back(
        table({raw(index), vector_of(op.inputs), vector_of(op.outputs), std::monostate{}, options_of(op.options)}));
  }
  const PartPtr subgraph =
      table({references(parts), vector_of(inputs), vector_of(outputs), references(operator_parts)});
  return Writer().file(table(
      {raw(version), references(codes_of_operators), references({subgraph}), std::monostate{}, references(buffers)}));
}

std::filesystem::path TfliteBuilder::write(const std::filesystem::path& path) const {
  const std::string content = bytes();
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
  return path;
}

}  // namespace evenshift::test
