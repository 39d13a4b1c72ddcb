#include "compiler/import/tflite/flatbuffer.h"

#include "arch/base/error.h"

namespace evenshift::compiler::tflite {

FlatBuffer::FlatBuffer(std::span<const std::uint8_t> bytes, std::string where)
    : bytes_(bytes), where_(std::move(where)), budget_(8 * bytes.size()) {}

void FlatBuffer::damaged(std::size_t at) const {
  fail("{} is damaged or cut short: what it refers to at byte {} is not inside its {} bytes", where_, at,
       bytes_.size());
}

std::size_t FlatBuffer::follow(std::size_t at) const {
  const std::size_t target = at + read<std::uint32_t>(at);
  require(target < bytes_.size(), at);
  return target;
}

std::span<const std::uint8_t> FlatBuffer::vector(std::size_t at, std::size_t element_bytes) const {
  const std::size_t count = read<std::uint32_t>(at);
  const std::size_t first = at + sizeof(std::uint32_t);
  require(count <= (bytes_.size() - first) / element_bytes, at);
  const std::size_t size = count * element_bytes;
  require(size <= budget_, at);
  budget_ -= size;
  return bytes_.subspan(first, size);
}

Table::Table(const FlatBuffer& buffer, std::size_t at) : buffer_(&buffer), at_(at) {
  const std::int64_t vtable = static_cast<std::int64_t>(at) - buffer.read<std::int32_t>(at);
  if (vtable < 0) buffer.damaged(at);
  vtable_ = static_cast<std::size_t>(vtable);
  vtable_bytes_ = buffer.read<std::uint16_t>(vtable_);
}

std::optional<std::size_t> Table::position(std::size_t field) const {
  const std::size_t entry = 2 * sizeof(std::uint16_t) + field * sizeof(std::uint16_t);
  if (entry + sizeof(std::uint16_t) > vtable_bytes_) return std::nullopt;
  const auto offset = buffer_->read<std::uint16_t>(vtable_ + entry);
  if (offset == 0) return std::nullopt;
  return at_ + offset;
}

std::optional<Table> Table::table(std::size_t field) const {
  const auto at = position(field);
  if (!at) return std::nullopt;
  return Table(*buffer_, buffer_->follow(*at));
}

std::span<const std::uint8_t> Table::vector(std::size_t field, std::size_t element_bytes) const {
  const auto at = position(field);
  return at ? buffer_->vector(buffer_->follow(*at), element_bytes) : std::span<const std::uint8_t>();
}

std::vector<Table> Table::tables(std::size_t field) const {
  std::vector<Table> result;
  const auto at = position(field);
  if (!at) return result;
  const std::size_t first = buffer_->follow(*at);
  const std::size_t count = buffer_->vector(first, sizeof(std::uint32_t)).size() / sizeof(std::uint32_t);
  for (std::size_t i = 0; i < count; ++i)
    result.emplace_back(*buffer_, buffer_->follow(first + sizeof(std::uint32_t) * (i + 1)));
  return result;
}

std::string Table::text(std::size_t field) const {
  const std::span<const std::uint8_t> characters = vector(field, 1);
  return {characters.begin(), characters.end()};
}

}  // namespace evenshift::compiler::tflite
