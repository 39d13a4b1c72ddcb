#include "compiler/lower/constant_pool.h"

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kSectionAlignmentBytes = 256;

}  // namespace

std::int64_t ConstantPool::add(Section section, std::span<const std::uint8_t> bytes, std::int64_t alignment) {
  auto& stored = sections_[section].bytes;
  stored.resize(static_cast<std::size_t>(align_up(static_cast<std::int64_t>(stored.size()), alignment)));
  const auto offset = static_cast<std::int64_t>(stored.size());
  stored.insert(stored.end(), bytes.begin(), bytes.end());
  return (static_cast<std::int64_t>(section) + 1) * kSpan + offset;
}

std::int64_t ConstantPool::add_table(const std::vector<std::uint8_t>& bytes) {
  const auto [at, is_new] = known_tables_.try_emplace(std::string(bytes.begin(), bytes.end()), 0);
  if (is_new) at->second = add(tables, bytes, kAlignmentBytes);
  return at->second;
}

std::int64_t ConstantPool::place(std::int64_t address) {
  for (auto& section : sections_) {
    section.dram_address = align_up(address, kSectionAlignmentBytes);
    address = section.dram_address + static_cast<std::int64_t>(section.bytes.size());
  }
  return align_up(address, kSectionAlignmentBytes);
}

std::int64_t ConstantPool::final_address(std::int64_t address) const {
  if (address < kSpan) return address;
  return sections_[static_cast<std::size_t>(address / kSpan - 1)].dram_address + address % kSpan;
}

void ConstantPool::move_to(image::Image& image) {
  image.weights = std::move(sections_[weights]);
  image.biases = std::move(sections_[biases]);
  image.scales = std::move(sections_[scales]);
  image.tables = std::move(sections_[tables]);
}

std::vector<std::uint8_t> int32_bytes(std::span<const std::int32_t> values) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(values.size() * 4);
  for (const std::int32_t value : values)
    for (int i = 0; i < 4; ++i)
      bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(value) >> (8 * i)));
  return bytes;
}

std::vector<std::uint8_t> uint16_bytes(std::span<const std::int64_t> values) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(values.size() * 2);
  for (const std::int64_t value : values)
    for (int i = 0; i < 2; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return bytes;
}

}  // namespace evenshift::compiler
