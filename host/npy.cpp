#include "host/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "arch/base/atomic_file.h"
#include "arch/base/byte_io.h"
#include "arch/base/error.h"
#include "host/npy_header.h"

namespace evenshift::host {
namespace {

using namespace std::string_view_literals;

static_assert(std::endian::native == std::endian::little, "arrays are copied without swapping their bytes");

constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr std::size_t kAlignment = 64;

struct TypeRow {
  NpyType type;
  std::string_view descr;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<TypeRow, 6> kTypes = {{{NpyType::kInt8, "|i1", "int8", 1},
                                            {NpyType::kUint8, "|u1", "uint8", 1},
                                            {NpyType::kInt32, "<i4", "int32", 4},
                                            {NpyType::kInt64, "<i8", "int64", 8},
                                            {NpyType::kFloat32, "<f4", "float32", 4},
                                            {NpyType::kFloat64, "<f8", "float64", 8}}};

const TypeRow& row_of(NpyType type) { return *std::ranges::find(kTypes, type, &TypeRow::type); }

const TypeRow& row_of(const std::string& descr, const std::string& name) {
  for (const TypeRow& row : kTypes)
    if (descr == row.descr || (row.bytes == 1 && descr == fmt::format("<{}", row.descr.substr(1)))) return row;
  if (descr.starts_with('>')) fail("'{}' holds big-endian values ('{}'); little-endian is accepted", name, descr);
  fail("'{}' holds values of type '{}'; int8, uint8, int32, int64, float32 and float64 are accepted", name, descr);
}

/// The product, or nothing where it does not fit.
bool multiply(const std::vector<std::int64_t>& shape, std::int64_t& product) {
  product = 1;
  if (std::ranges::find(shape, 0) != shape.end()) {
    product = 0;
    return true;
  }
  return std::ranges::none_of(shape,
                              [&](std::int64_t size) { return __builtin_mul_overflow(product, size, &product); });
}

std::span<const std::uint8_t> byte_span(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::string_view npy_type_name(NpyType type) { return row_of(type).name; }
std::size_t npy_type_bytes(NpyType type) { return row_of(type).bytes; }

std::int64_t NpyArray::elements() const {
  std::int64_t product = 0;
  check(multiply(shape, product), "NpyArray: the number of elements does not fit into 64 bits");
  return product;
}

NpyArray read_npy(const std::filesystem::path& path) { return parse_npy(read_file(path), path.string()); }

NpyArray parse_npy(std::span<const std::uint8_t> bytes, const std::string& name) {
  if (bytes.size() < kMagic.size() || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
    fail("'{}' is not a .npy file: it does not begin with \\x93NUMPY", name);
  const auto truncated = [&] { fail("'{}' is truncated: its header ends after {} bytes", name, bytes.size()); };
  if (bytes.size() < kMagic.size() + 2) truncated();
  const int version = bytes[kMagic.size()];
  if (version < 1 || version > 3) fail("'{}' has .npy format version {}; 1, 2 and 3 are accepted", name, version);

  std::size_t position = kMagic.size() + 2;
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  if (bytes.size() - position < length_bytes) truncated();
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length |= std::size_t{bytes[position + i]} << (8 * i);
  position += length_bytes;
  if (bytes.size() - position < length) truncated();
  const NpyHeader header = parse_npy_header({reinterpret_cast<const char*>(bytes.data()) + position, length}, name);
  position += length;

  const TypeRow& row = row_of(header.descr, name);
  if (header.fortran_order && header.shape.size() > 1)
    fail("'{}' is in Fortran order; C order is accepted (numpy.ascontiguousarray)", name);
  const std::size_t held_bytes = bytes.size() - position;
  std::int64_t elements = 0;
  if (!multiply(header.shape, elements) || static_cast<std::uint64_t>(elements) != held_bytes / row.bytes ||
      held_bytes % row.bytes != 0)
    fail("'{}' holds {} bytes of data, which does not match {} values of shape ({})", name, held_bytes, row.name,
         fmt::join(header.shape, ", "));
  const auto data = bytes.subspan(position);
  return {row.type, header.shape, {data.begin(), data.end()}};
}

std::vector<std::uint8_t> npy_bytes(const NpyArray& array) {
  check_equal(array.bytes.size(), static_cast<std::size_t>(array.elements()) * npy_type_bytes(array.type),
              "NpyArray: bytes and shape");
  std::string header = npy_header_text({std::string(row_of(array.type).descr), false, array.shape});
  const std::size_t prefix_bytes = kMagic.size() + 2 + 2;
  const std::size_t unpadded = prefix_bytes + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header.push_back('\n');

  ByteWriter writer;
  writer.put_bytes(byte_span(kMagic));
  writer.put(std::uint8_t{1});
  writer.put(std::uint8_t{0});
  writer.put(static_cast<std::uint16_t>(header.size()));
  writer.put_bytes(byte_span(header));
  writer.put_bytes(array.bytes);
  return writer.take();
}

void write_npy(const std::filesystem::path& path, const NpyArray& array) {
  write_file_atomically(path, npy_bytes(array));
}

}  // namespace evenshift::host
