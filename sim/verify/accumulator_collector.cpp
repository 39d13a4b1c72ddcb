#include "sim/verify/accumulator_collector.h"

#include "arch/base/check.h"

namespace evenshift::sim {
namespace {

constexpr std::int64_t kNowhere = -1;

/// DRAM address to which the store copies the byte at `address`, or kNowhere.
std::int64_t target_of(const isa::Store& store, std::int64_t address) {
  const std::int64_t offset = address - store.scratchpad_address;
  if (offset < 0) return kNowhere;
  const std::int64_t row = store.rows == 1 ? 0 : offset / store.scratchpad_stride;
  const std::int64_t column = offset - row * store.scratchpad_stride;
  return row < store.rows && column < store.row_bytes ? store.dram_address + row * store.dram_stride + column
                                                      : kNowhere;
}

}  // namespace

const std::vector<std::int64_t>& AccumulatorCollector::destinations(std::int64_t command) {
  const auto [found, is_new] = destinations_.try_emplace(command);
  std::vector<std::int64_t>& result = found->second;
  if (!is_new) return result;
  const isa::Command& conv_command = image_.commands[static_cast<std::size_t>(command)];
  const auto& conv = std::get<isa::Conv>(conv_command.operation);
  const std::int64_t elements = conv.output_height * conv.output_width * conv.output_channels;
  result.assign(static_cast<std::size_t>(elements), kNowhere);
  std::int64_t missing = elements;
  for (auto i = static_cast<std::size_t>(command) + 1; i < image_.commands.size() && missing > 0; ++i) {
    const auto* store = std::get_if<isa::Store>(&image_.commands[i].operation);
    if (store == nullptr || image_.commands[i].layer != conv_command.layer) continue;
    for (std::int64_t e = 0; e < elements; ++e) {
      std::int64_t& destination = result[static_cast<std::size_t>(e)];
      if (destination != kNowhere) continue;
      const std::int64_t position = e / conv.output_channels;
      destination =
          target_of(*store, conv.output_address + position / conv.output_width * conv.output_row_stride +
                                position % conv.output_width * conv.output_pixel_stride + e % conv.output_channels);
      missing -= destination != kNowhere;
    }
  }
  return result;
}

void AccumulatorCollector::add(std::int64_t command, std::int64_t y, std::int64_t x, std::int64_t c,
                               std::int32_t accumulator) {
  const isa::Command& conv_command = image_.commands[static_cast<std::size_t>(command)];
  const auto& conv = std::get<isa::Conv>(conv_command.operation);
  const std::int64_t address =
      destinations(command)[static_cast<std::size_t>((y * conv.output_width + x) * conv.output_channels + c)];
  check(address != kNowhere, "an output of a conv command is never stored");
  const image::Layer& layer = image_.layers[static_cast<std::size_t>(conv_command.layer)];
  const image::Tensor& tensor = image_.tensors[static_cast<std::size_t>(layer.outputs.at(0))];
  const std::int64_t offset = address - tensor.dram_address;
  const std::int64_t row = offset / tensor.row_stride;
  const std::int64_t column = offset % tensor.row_stride / tensor.pixel_stride;
  const std::int64_t channel = offset % tensor.row_stride % tensor.pixel_stride;
  auto& accumulators = layers_[conv_command.layer];
  accumulators.resize(static_cast<std::size_t>(tensor.elements()));
  accumulators.at(static_cast<std::size_t>((row * tensor.width + column) * tensor.channels + channel)) = accumulator;
}

const std::vector<std::int32_t>& AccumulatorCollector::of_layer(std::int64_t layer) const {
  static const std::vector<std::int32_t> none;
  const auto found = layers_.find(layer);
  return found == layers_.end() ? none : found->second;
}

}  // namespace evenshift::sim
