#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arch/base/check.h"

namespace evenshift::host {

enum class NpyType { kInt8, kUint8, kInt32, kInt64, kFloat32, kFloat64 };

/// "int8", "float32", ...: NumPy's names.
std::string_view npy_type_name(NpyType type);
std::size_t npy_type_bytes(NpyType type);

template <typename Value>
constexpr NpyType npy_type_of();
template <>
constexpr NpyType npy_type_of<std::int8_t>() {
  return NpyType::kInt8;
}
template <>
constexpr NpyType npy_type_of<std::uint8_t>() {
  return NpyType::kUint8;
}
template <>
constexpr NpyType npy_type_of<std::int32_t>() {
  return NpyType::kInt32;
}
template <>
constexpr NpyType npy_type_of<std::int64_t>() {
  return NpyType::kInt64;
}
template <>
constexpr NpyType npy_type_of<float>() {
  return NpyType::kFloat32;
}
template <>
constexpr NpyType npy_type_of<double>() {
  return NpyType::kFloat64;
}

/// A NumPy array in C order, little-endian.
struct NpyArray {
  NpyType type = NpyType::kFloat32;
  std::vector<std::int64_t> shape;  ///< empty: one value
  std::vector<std::uint8_t> bytes;  ///< product of `shape` times npy_type_bytes(type)

  /// The number of values must be the product of `shape`.
  template <typename Value>
  static NpyArray from(std::vector<std::int64_t> shape, std::span<const Value> values) {
    NpyArray array{npy_type_of<Value>(), std::move(shape), std::vector<std::uint8_t>(values.size_bytes())};
    check_equal(array.elements(), static_cast<std::int64_t>(values.size()), "NpyArray: shape and number of values");
    if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), values.size_bytes());
    return array;
  }

  /// `Value` must be the array's type.
  template <typename Value>
  [[nodiscard]] std::vector<Value> values() const {
    check(type == npy_type_of<Value>(), "NpyArray::values: wrong type");
    std::vector<Value> result(bytes.size() / sizeof(Value));
    if (!result.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
  }

  [[nodiscard]] std::int64_t elements() const;
  bool operator==(const NpyArray&) const = default;
};

/// Reads a .npy file of format version 1, 2 or 3. Throws Error naming the file for another type (the six are listed),
/// for big-endian and Fortran-order arrays, and for a truncated or malformed file.
NpyArray read_npy(const std::filesystem::path& path);

/// The same from memory; `name` stands for the file in messages.
NpyArray parse_npy(std::span<const std::uint8_t> bytes, const std::string& name);

/// The bytes that `numpy.save` writes: format version 1.0, header padded to a multiple of 64.
std::vector<std::uint8_t> npy_bytes(const NpyArray& array);

/// Writes atomically. Throws Error naming the path and the system's reason.
void write_npy(const std::filesystem::path& path, const NpyArray& array);

}  // namespace evenshift::host
