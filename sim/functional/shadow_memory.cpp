#include "sim/functional/shadow_memory.h"

#include <algorithm>

#include "sim/executor.h"

namespace evenshift::sim {
namespace {

/// Bytes of DRAM whose last store is remembered together.
constexpr std::int64_t kBlockBytes = 64;

}  // namespace

ShadowMemory::ShadowMemory(const image::Image& image)
    : dram_states_(static_cast<std::size_t>(image.dram_bytes), zero),
      scratchpad_states_(static_cast<std::size_t>(image.config.scratchpad.size_bytes), zero),
      dram_(initial_dram(image)),
      scratchpad_(scratchpad_states_.size()),
      writers_(scratchpad_states_.size(), -1),
      last_stores_(static_cast<std::size_t>(image.dram_bytes / kBlockBytes + 1), -1),
      readers_(image.commands.size()) {
  for (const auto* constants : {&image.weights, &image.biases, &image.scales, &image.tables})
    std::fill_n(dram_states_.begin() + constants->dram_address, constants->bytes.size(), constant);
  for (const auto index : image.tensors_with(image::TensorRole::input)) {
    const auto& tensor = image.tensors[static_cast<std::size_t>(index)];
    for (std::int64_t y = 0; y < tensor.height; ++y)
      for (std::int64_t x = 0; x < tensor.width; ++x)
        std::fill_n(dram_states_.begin() + tensor.address(y, x, 0), tensor.channels, data);
  }
}

void ShadowMemory::load(std::int64_t index, const isa::Load& load) {
  for (std::int64_t row = 0; row < load.rows; ++row) {
    const std::int64_t from = load.dram_address + row * load.dram_stride;
    const std::int64_t to = load.scratchpad_address + row * load.scratchpad_stride;
    auto* states = dram_states_.data() + from;
    std::replace(states, states + load.row_bytes, zero, zero_and_read);
    std::copy_n(states, load.row_bytes, scratchpad_states_.begin() + to);
    std::copy_n(dram_.begin() + from, load.row_bytes, scratchpad_.begin() + to);
    std::fill_n(writers_.begin() + to, load.row_bytes, static_cast<std::int32_t>(index));
  }
}

void ShadowMemory::store(std::int64_t index, const isa::Store& store) {
  const isa::Access from{isa::Memory::scratchpad, false, store.scratchpad_address, store.rows, store.row_bytes,
                         store.scratchpad_stride};
  const std::int64_t only_writer = writer_of(from);
  visit_writers(from, [&](std::int32_t writer) {
    if (writer < 0) {
      must_clear_scratchpad_ = true;
      return;
    }
    Readers& readers = readers_[static_cast<std::size_t>(writer)];
    readers.store_reads_others = readers.store_reads_others || writer != only_writer;
    if (readers.last_store == index) return;
    readers.last_store = index;
    ++readers.stores;
  });
  for (std::int64_t row = 0; row < store.rows; ++row) {
    const std::int64_t to = store.dram_address + row * store.dram_stride;
    auto* states = dram_states_.data() + to;
    must_restore_dram_ = must_restore_dram_ || std::any_of(states, states + store.row_bytes,
                                                           [](State s) { return s == constant || s == zero_and_read; });
    std::fill_n(states, store.row_bytes, data);
    std::fill(last_stores_.begin() + to / kBlockBytes,
              last_stores_.begin() + (to + store.row_bytes - 1) / kBlockBytes + 1, static_cast<std::int32_t>(index));
  }
}

bool ShadowMemory::is_constant(const isa::Access& access) const {
  for (std::int64_t row = 0; row < access.rows; ++row) {
    const auto* states = scratchpad_states_.data() + access.address + row * access.stride;
    if (!std::all_of(states, states + access.row_bytes, [](State s) { return s == constant; })) return false;
  }
  return true;
}

/// Calls visitor(writer) for every byte's writer, but not again for the same one in succession.
template <typename Visitor>
void ShadowMemory::visit_writers(const isa::Access& access, Visitor&& visitor) const {
  bool first = true;
  std::int32_t last = -1;
  for (std::int64_t row = 0; row < access.rows; ++row) {
    const auto* writers = writers_.data() + access.address + row * access.stride;
    for (std::int64_t i = 0; i < access.row_bytes; ++i) {
      if (!first && writers[i] == last) continue;
      first = false;
      last = writers[i];
      visitor(last);
    }
  }
}

void ShadowMemory::read(const isa::Access& access) {
  visit_writers(access, [&](std::int32_t writer) {
    if (writer >= 0)
      readers_[static_cast<std::size_t>(writer)].compute = true;
    else
      must_clear_scratchpad_ = true;
  });
}

void ShadowMemory::write(std::int64_t index, const isa::Access& access) {
  for (std::int64_t row = 0; row < access.rows; ++row) {
    const std::int64_t first = access.address + row * access.stride;
    std::fill_n(scratchpad_states_.begin() + first, access.row_bytes, data);
    std::fill_n(writers_.begin() + first, access.row_bytes, static_cast<std::int32_t>(index));
  }
}

std::int64_t ShadowMemory::writer_of(const isa::Access& access) const {
  std::int64_t one = -1;
  std::int64_t visits = 0;
  visit_writers(access, [&](std::int32_t writer) {
    one = writer;
    ++visits;
  });
  return visits == 1 ? one : -1;
}

bool ShadowMemory::unchanged_since(std::int64_t index, const isa::Access& access) const {
  for (std::int64_t row = 0; row < access.rows; ++row) {
    const std::int64_t first = access.address + row * access.stride;
    const auto begin = last_stores_.begin() + first / kBlockBytes;
    const auto end = last_stores_.begin() + (first + access.row_bytes - 1) / kBlockBytes + 1;
    if (std::any_of(begin, end, [&](std::int32_t store) { return store > index; })) return false;
  }
  return true;
}

}  // namespace evenshift::sim
