#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Reading flatbuffers without generated code: every offset is checked before it is followed.
/// Source: the flatbuffers format ("FlatBuffer Internals"): little-endian; a table starts with the signed distance to
/// its vtable, which holds its size, the table's size, and for each field its offset in the table, 0 where it is
/// absent.
namespace evenshift::compiler::tflite {

/// The bytes of a file. Throws Error, in one sentence that starts with `where`, for every offset that leaves them.
class FlatBuffer {
 public:
  FlatBuffer(std::span<const std::uint8_t> bytes, std::string where);

  template <typename T>
  [[nodiscard]] T read(std::size_t at) const {
    require(at <= bytes_.size() && bytes_.size() - at >= sizeof(T), at);
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }
  /// The position that the unsigned offset at `at` points to.
  [[nodiscard]] std::size_t follow(std::size_t at) const;
  /// The elements of the vector at `at`. All vectors together may take no more than eight times the file: more is a
  /// file that refers to the same bytes again and again.
  [[nodiscard]] std::span<const std::uint8_t> vector(std::size_t at, std::size_t element_bytes) const;
  [[nodiscard]] const std::string& where() const { return where_; }
  [[noreturn]] void damaged(std::size_t at) const;

 private:
  void require(bool condition, std::size_t at) const {
    if (!condition) damaged(at);
  }

  std::span<const std::uint8_t> bytes_;
  std::string where_;
  mutable std::size_t budget_;
};

/// A table; fields are numbered in the order of the schema.
class Table {
 public:
  Table(const FlatBuffer& buffer, std::size_t at);
  static Table root(const FlatBuffer& buffer) { return {buffer, buffer.follow(0)}; }

  template <typename T>
  [[nodiscard]] T number(std::size_t field, T fallback) const {
    const auto at = position(field);
    return at ? buffer_->read<T>(*at) : fallback;
  }
  [[nodiscard]] std::optional<Table> table(std::size_t field) const;
  [[nodiscard]] std::vector<Table> tables(std::size_t field) const;
  template <typename T>
  [[nodiscard]] std::vector<T> numbers(std::size_t field) const {
    const std::span<const std::uint8_t> bytes = vector(field, sizeof(T));
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  [[nodiscard]] std::span<const std::uint8_t> bytes(std::size_t field) const { return vector(field, 1); }
  [[nodiscard]] std::string text(std::size_t field) const;

 private:
  [[nodiscard]] std::optional<std::size_t> position(std::size_t field) const;
  [[nodiscard]] std::span<const std::uint8_t> vector(std::size_t field, std::size_t element_bytes) const;

  const FlatBuffer* buffer_;
  std::size_t at_;
  std::size_t vtable_;
  std::size_t vtable_bytes_;
};

}  // namespace evenshift::compiler::tflite
