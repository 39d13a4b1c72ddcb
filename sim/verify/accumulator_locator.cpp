#include "sim/verify/accumulator_locator.h"

namespace evenshift::sim {
namespace {

/// Scratchpad address that the store copies to `dram_address`, if any.
std::optional<std::int64_t> source_of(const isa::Store& store, std::int64_t dram_address) {
  const std::int64_t offset = dram_address - store.dram_address;
  if (offset < 0) return std::nullopt;
  const std::int64_t row = store.rows == 1 || store.dram_stride == 0 ? 0 : offset / store.dram_stride;
  const std::int64_t column = offset - row * store.dram_stride;
  if (store.rows == 1) {
    if (offset >= store.row_bytes) return std::nullopt;
    return store.scratchpad_address + offset;
  }
  if (row >= store.rows || column >= store.row_bytes) return std::nullopt;
  return store.scratchpad_address + row * store.scratchpad_stride + column;
}

/// Place in the command's output tile that lies at `address`, if any.
std::optional<AccumulatorPlace> place_in(const isa::Conv& conv, std::int64_t address) {
  if (conv.finishes == 0) return std::nullopt;
  for (std::int64_t y = 0; y < conv.output_height; ++y) {
    const std::int64_t offset = address - conv.output_address - y * conv.output_row_stride;
    if (offset < 0) continue;
    const std::int64_t x = conv.output_width == 1 ? 0 : offset / conv.output_pixel_stride;
    const std::int64_t c = offset - x * conv.output_pixel_stride;
    if (x < conv.output_width && c < conv.output_channels) return AccumulatorPlace{-1, y, x, c};
  }
  return std::nullopt;
}

}  // namespace

std::optional<AccumulatorPlace> locate_accumulator(const image::Image& image, std::int64_t layer,
                                                   std::int64_t dram_address) {
  for (auto index = static_cast<std::int64_t>(image.commands.size()) - 1; index >= 0; --index) {
    const isa::Command& command = image.commands[static_cast<std::size_t>(index)];
    if (command.layer != layer) continue;
    const auto* store = std::get_if<isa::Store>(&command.operation);
    const auto source = store != nullptr ? source_of(*store, dram_address) : std::nullopt;
    if (!source) continue;
    for (auto before = index - 1; before >= 0; --before) {
      const isa::Command& earlier = image.commands[static_cast<std::size_t>(before)];
      if (earlier.layer != layer) continue;
      const auto* conv = std::get_if<isa::Conv>(&earlier.operation);
      if (conv == nullptr) continue;
      if (auto place = place_in(*conv, *source)) {
        place->command = before;
        return place;
      }
    }
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace evenshift::sim
