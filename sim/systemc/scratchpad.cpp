#include "sim/systemc/scratchpad.h"

#include <algorithm>

#include "arch/base/ceil_divide.h"

namespace evenshift::sim::systemc {
namespace {

/// Calls visitor(first byte, bytes) for every row.
template <typename Visitor>
void for_each_row(const std::vector<isa::Access>& accesses, Visitor&& visitor) {
  for (const isa::Access& access : accesses)
    for (std::int64_t row = 0; row < access.rows; ++row)
      visitor(access.address + row * access.stride, access.row_bytes);
}

std::vector<std::uint8_t> copy_rows(const std::vector<isa::Access>& rows, std::span<const std::uint8_t> memory) {
  std::vector<std::uint8_t> copy;
  for_each_row(rows, [&](std::int64_t first, std::int64_t size) {
    copy.insert(copy.end(), memory.begin() + first, memory.begin() + first + size);
  });
  return copy;
}

void write_rows(const std::vector<isa::Access>& rows, const std::vector<std::uint8_t>& bytes,
                std::span<std::uint8_t> memory) {
  auto from = bytes.begin();
  for_each_row(rows, [&](std::int64_t first, std::int64_t size) {
    std::copy_n(from, size, memory.begin() + first);
    from += size;
  });
}

}  // namespace

void Scratchpad::reset() {
  bytes_.assign(static_cast<std::size_t>(run_.config().scratchpad.size_bytes), 0);
  compute_bytes_per_cycle_ = 0;
}

void Scratchpad::set_compute_traffic(std::int64_t bytes, std::int64_t duration) {
  run_.statistics().scratchpad.compute_bytes += bytes;
  compute_bytes_per_cycle_ = duration > 0 ? ceil_divide(bytes, duration) : 0;
}

std::int64_t Scratchpad::dma_bytes_per_cycle() const {
  const auto& parameters = run_.config().scratchpad;
  const std::int64_t left = parameters.banks * parameters.bytes_per_bank_per_cycle - compute_bytes_per_cycle_;
  // Every second turn of one bank is always there.
  const std::int64_t least = std::max<std::int64_t>(1, parameters.bytes_per_bank_per_cycle / 2);
  return std::min(std::max(left, least), run_.config().dma.bytes_per_cycle);
}

void DeferredWrites::begin(const isa::Operation& operation, const NpuConfig& config,
                           std::span<const std::uint8_t> memory) {
  rows_ = isa::footprint(operation, config);
  std::erase_if(rows_, [](const isa::Access& access) { return !access.writes; });
  before_ = copy_rows(rows_, memory);
}

void DeferredWrites::withdraw(std::span<std::uint8_t> memory) {
  after_ = copy_rows(rows_, memory);
  write_rows(rows_, before_, memory);
}

void DeferredWrites::commit(std::span<std::uint8_t> memory) const { write_rows(rows_, after_, memory); }

}  // namespace evenshift::sim::systemc
