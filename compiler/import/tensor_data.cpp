#include "compiler/import/tensor_data.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>

#include "arch/base/error.h"

namespace evenshift::compiler::importer {
namespace {

namespace fs = std::filesystem;

enum DataType : int {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
  kUint4 = 21,
  kInt4 = 22,
};

/// 0 for types that are not read, or have no whole bytes.
std::int64_t element_bytes(int type) {
  switch (type) {
    case kUint8:
    case kInt8:
    case kBool:
      return 1;
    case kUint16:
    case kInt16:
    case kFloat16:
    case kBfloat16:
      return 2;
    case kFloat:
    case kInt32:
    case kUint32:
      return 4;
    case kDouble:
    case kInt64:
    case kUint64:
      return 8;
    default:
      return 0;
  }
}

bool is_nibbles(int type) { return type == kUint4 || type == kInt4; }

/// Of `count` elements.
std::int64_t stored_bytes(int type, std::int64_t count) {
  return is_nibbles(type) ? (count + 1) / 2 : element_bytes(type) * count;
}

bool is_real(int type) { return type == kFloat || type == kDouble || type == kFloat16 || type == kBfloat16; }

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1Fu;
  const std::uint32_t mantissa = half & 0x3FFu;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000u | (mantissa << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float subnormal = static_cast<float>(mantissa) / 16777216.0f;
  return sign != 0 ? -subnormal : subnormal;
}

float bfloat_to_float(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

/// Element `index` of little-endian bytes.
template <typename T>
T load(std::span<const std::uint8_t> bytes, std::int64_t index) {
  T value;
  std::memcpy(&value, bytes.data() + static_cast<std::size_t>(index) * sizeof(T), sizeof(T));
  return value;
}

float real_at(std::span<const std::uint8_t> bytes, int type, std::int64_t index) {
  switch (type) {
    case kFloat:
      return load<float>(bytes, index);
    case kDouble:
      return static_cast<float>(load<double>(bytes, index));
    case kFloat16:
      return half_to_float(load<std::uint16_t>(bytes, index));
    default:
      return bfloat_to_float(load<std::uint16_t>(bytes, index));
  }
}

std::int64_t integer_at(std::span<const std::uint8_t> bytes, int type, std::int64_t index) {
  switch (type) {
    case kUint8:
    case kBool:
      return load<std::uint8_t>(bytes, index);
    case kUint4:
    case kInt4: {  // the element of even index in the low half of a byte
      const int nibble = bytes[static_cast<std::size_t>(index / 2)] >> (index % 2 * 4) & 15;
      return type == kInt4 && nibble > 7 ? nibble - 16 : nibble;
    }
    case kInt8:
      return load<std::int8_t>(bytes, index);
    case kUint16:
      return load<std::uint16_t>(bytes, index);
    case kInt16:
      return load<std::int16_t>(bytes, index);
    case kInt32:
      return load<std::int32_t>(bytes, index);
    case kUint32:
      return load<std::uint32_t>(bytes, index);
    default:
      return load<std::int64_t>(bytes, index);
  }
}

std::optional<std::string> external_entry(const RawTensor& tensor, std::string_view key) {
  for (const auto& [name, value] : tensor.external)
    if (name == key) return value;
  return std::nullopt;
}

std::uint64_t external_number(const RawTensor& tensor, std::string_view key, std::uint64_t fallback,
                              const std::string& where) {
  const auto text = external_entry(tensor, key);
  if (!text) return fallback;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size())
    fail("{}: external data '{}' is '{}', not a whole number", where, key, printable(*text));
  return number;
}

fs::path external_path(const RawTensor& tensor, const fs::path& model, const std::string& where) {
  const auto location = external_entry(tensor, "location");
  if (!location || location->empty()) fail("{}: external data without a location", where);
  const fs::path relative(*location);
  const auto refuse = [&] {
    fail("{}: external data '{}' is outside of the model's folder; only files in that folder are read", where,
         printable(*location));
  };
  if (location->find('\0') != std::string::npos || relative.is_absolute()) refuse();
  for (const fs::path& part : relative)
    if (part == "..") refuse();
  std::error_code error;
  const fs::path parent = model.parent_path().empty() ? fs::path(".") : model.parent_path();
  const fs::path folder = fs::canonical(parent, error);
  if (error) fail("{}: {}: {}", where, parent.string(), error.message());
  const fs::path file = fs::canonical(folder / relative, error);
  if (error) fail("{}: external data '{}': {}", where, printable(*location), error.message());
  const auto [folder_end, file_at] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  if (folder_end != folder.end()) refuse();
  if (!fs::is_regular_file(file, error)) fail("{}: external data '{}' is no regular file", where, printable(*location));
  return file;
}

std::vector<std::uint8_t> read_external(const RawTensor& tensor, const fs::path& model, std::int64_t bytes,
                                        const std::string& where) {
  const fs::path file = external_path(tensor, model, where);
  const auto expected = static_cast<std::uint64_t>(bytes);
  const std::uint64_t offset = external_number(tensor, "offset", 0, where);
  const std::uint64_t length = external_number(tensor, "length", expected, where);
  std::error_code error;
  const std::uint64_t size = fs::file_size(file, error);
  if (error) fail("{}: {}: {}", where, file.string(), error.message());
  if (length != expected) fail("{}: external data of {} bytes where its dimensions need {}", where, length, expected);
  if (offset > size || length > size - offset)
    fail("{}: external data ends at byte {}, the tensor needs bytes {} to {}", where, size, offset, offset + length);
  std::vector<std::uint8_t> data(length);
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(length));
  if (!stream) fail("{}: {} cannot be read", where, file.string());
  return data;
}

void decode_bytes(std::span<const std::uint8_t> bytes, const RawTensor& tensor, std::int64_t count, TensorData& data) {
  if (data.kind == ElementKind::real) {
    data.reals.resize(static_cast<std::size_t>(count));
    if (tensor.data_type == kFloat && count > 0)
      std::memcpy(data.reals.data(), bytes.data(), bytes.size());
    else
      for (std::int64_t i = 0; i < count; ++i)
        data.reals[static_cast<std::size_t>(i)] = real_at(bytes, tensor.data_type, i);
  } else {
    data.integers.resize(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i)
      data.integers[static_cast<std::size_t>(i)] = integer_at(bytes, tensor.data_type, i);
  }
}

void decode_fields(const RawTensor& tensor, std::int64_t count, const std::string& where, TensorData& data) {
  const auto check_count = [&](std::size_t have) {
    if (have != static_cast<std::size_t>(count))
      fail("{} has {} elements where its dimensions need {}", where, have, count);
  };
  switch (tensor.data_type) {
    case kFloat:
      check_count(tensor.floats.size());
      data.reals = tensor.floats;
      break;
    case kDouble:
      check_count(tensor.doubles.size());
      data.reals.assign(tensor.doubles.begin(), tensor.doubles.end());
      break;
    case kFloat16:
    case kBfloat16:
      check_count(tensor.integers.size());
      for (const std::int64_t bits : tensor.integers)
        data.reals.push_back(tensor.data_type == kFloat16 ? half_to_float(static_cast<std::uint16_t>(bits))
                                                          : bfloat_to_float(static_cast<std::uint16_t>(bits)));
      break;
    case kUint4:
    case kInt4: {  // a byte of two elements in each number
      const std::vector<std::uint8_t> bytes(tensor.integers.begin(), tensor.integers.end());
      if (std::ssize(bytes) != stored_bytes(tensor.data_type, count))
        fail("{} has {} bytes where its dimensions need {}", where, bytes.size(),
             stored_bytes(tensor.data_type, count));
      decode_bytes(bytes, tensor, count, data);
      break;
    }
    default:
      check_count(tensor.integers.size());
      data.integers = tensor.integers;
  }
}

}  // namespace

std::int64_t checked_elements(std::span<const std::int64_t> dimensions, const std::string& what) {
  // Dimensions of 0 are left out of the limit's product, so that none of the others can overflow.
  std::int64_t product = 1;
  bool is_empty = false;
  for (const std::int64_t dimension : dimensions) {
    if (dimension < 0) fail("{} has the negative dimension {}", what, dimension);
    is_empty |= dimension == 0;
    const std::int64_t factor = std::max<std::int64_t>(dimension, 1);
    if (factor > kMaxElements / product) fail("{} has more than {} elements", what, kMaxElements);
    product *= factor;
  }
  return is_empty ? 0 : product;
}

TensorData decode_tensor(const RawTensor& tensor, const fs::path& model) {
  const std::string where = fmt::format("{}: tensor '{}'", model.string(), printable(tensor.name));
  TensorData data{tensor.name, tensor.dimensions, ElementKind::other, {}, {}, tensor.data_type, {}, {}};
  const std::int64_t count = checked_elements(tensor.dimensions, where);
  if (element_bytes(tensor.data_type) == 0 && !is_nibbles(tensor.data_type)) return data;
  const std::int64_t size = stored_bytes(tensor.data_type, count);
  data.kind = is_real(tensor.data_type) ? ElementKind::real : ElementKind::integer;
  if (tensor.is_external) {
    decode_bytes(read_external(tensor, model, size, where), tensor, count, data);
  } else if (tensor.has_raw_data) {
    if (tensor.raw_data.size() != static_cast<std::size_t>(size))
      fail("{} has {} bytes where its dimensions need {}", where, tensor.raw_data.size(), size);
    decode_bytes(tensor.raw_data, tensor, count, data);
  } else {
    decode_fields(tensor, count, where, data);
  }
  return data;
}

std::string printable(const std::string& name) {
  static constexpr std::size_t kLongest = 80;
  std::string text = name.substr(0, kLongest);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return name.size() > kLongest ? text + "..." : text;
}

}  // namespace evenshift::compiler::importer
