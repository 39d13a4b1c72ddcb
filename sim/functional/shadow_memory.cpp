#include "sim/functional/shadow_memory.h"

#include <algorithm>

#include "sim/executor.h"

namespace evenshift::sim {

ShadowMemory::ShadowMemory(const image::Image& image)
    : dram_states_(static_cast<std::size_t>(image.dram_bytes), zero),
      scratchpad_states_(static_cast<std::size_t>(image.config.scratchpad.size_bytes), zero),
      dram_(initial_dram(image)),
      scratchpad_(scratchpad_states_.size()),
      loads_(scratchpad_states_.size(), -1),
      unread_(image.commands.size(), false) {
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
  const auto from_row = [&](std::int64_t row) { return load.dram_address + row * load.dram_stride; };
  bool all_constant = true;
  for (std::int64_t row = 0; row < load.rows; ++row) {
    const auto* states = dram_states_.data() + from_row(row);
    all_constant = all_constant && std::all_of(states, states + load.row_bytes, [](State s) { return s == constant; });
  }
  unread_[static_cast<std::size_t>(index)] = all_constant;
  for (std::int64_t row = 0; row < load.rows; ++row) {
    const std::int64_t from = from_row(row);
    const std::int64_t to = load.scratchpad_address + row * load.scratchpad_stride;
    for (std::int64_t i = from; i < from + load.row_bytes; ++i)
      if (auto& state = dram_states_[static_cast<std::size_t>(i)]; state == zero) state = zero_and_read;
    std::copy_n(dram_states_.begin() + from, load.row_bytes, scratchpad_states_.begin() + to);
    std::copy_n(dram_.begin() + from, load.row_bytes, scratchpad_.begin() + to);
    std::fill_n(loads_.begin() + to, load.row_bytes, all_constant ? static_cast<std::int32_t>(index) : -1);
  }
}

void ShadowMemory::store(const isa::Store& store) {
  read(
      {isa::Memory::scratchpad, false, store.scratchpad_address, store.rows, store.row_bytes, store.scratchpad_stride});
  for (std::int64_t row = 0; row < store.rows; ++row) {
    auto* states = dram_states_.data() + store.dram_address + row * store.dram_stride;
    must_restore_dram_ = must_restore_dram_ || std::any_of(states, states + store.row_bytes,
                                                           [](State s) { return s == constant || s == zero_and_read; });
    std::fill_n(states, store.row_bytes, data);
  }
}

bool ShadowMemory::is_constant(const isa::Access& access) const {
  for (std::int64_t row = 0; row < access.rows; ++row) {
    const auto* states = scratchpad_states_.data() + access.address + row * access.stride;
    if (!std::all_of(states, states + access.row_bytes, [](State s) { return s == constant; })) return false;
  }
  return true;
}

void ShadowMemory::read(const isa::Access& access) {
  std::int32_t last = -1;
  for (std::int64_t row = 0; row < access.rows; ++row) {
    const auto* loads = loads_.data() + access.address + row * access.stride;
    for (std::int64_t i = 0; i < access.row_bytes; ++i) {
      if (loads[i] == last) continue;
      last = loads[i];
      if (last >= 0) unread_[static_cast<std::size_t>(last)] = false;
    }
  }
}

void ShadowMemory::write(const isa::Access& access) {
  for (std::int64_t row = 0; row < access.rows; ++row) {
    const std::int64_t first = access.address + row * access.stride;
    std::fill_n(scratchpad_states_.begin() + first, access.row_bytes, data);
    std::fill_n(loads_.begin() + first, access.row_bytes, -1);
  }
}

}  // namespace evenshift::sim
