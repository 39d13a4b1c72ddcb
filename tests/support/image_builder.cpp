#include "tests/support/image_builder.h"

#include <array>
#include <set>

#include "arch/base/check.h"
#include "arch/isa/footprint.h"

namespace evenshift::support {

std::int64_t ImageBuilder::add_tensor(std::int64_t height, std::int64_t width, std::int64_t channels,
                                      const QuantParams& quant, std::int64_t pixel_gap, std::int64_t row_gap) {
  image::Tensor tensor;
  const auto index = static_cast<std::int64_t>(image_.tensors.size());
  tensor.name = "tensor_" + std::to_string(index);
  tensor.layer = static_cast<std::int64_t>(image_.layers.size()) - 1;
  tensor.role = tensor.layer < 0 ? image::TensorRole::input : image::TensorRole::intermediate;
  tensor.channels = channels;
  tensor.height = height;
  tensor.width = width;
  tensor.pixel_stride = channels + pixel_gap;
  tensor.row_stride = width * tensor.pixel_stride + row_gap;
  tensor.dram_address = tensor_bytes_;
  tensor.quant = quant;
  tensor_bytes_ = tensor.end();
  image_.tensors.push_back(tensor);
  if (tensor.layer >= 0) image_.layers.back().outputs.push_back(index);
  return index;
}

image::Constants& ImageBuilder::constants(Region region) {
  const std::array<image::Constants*, 4> all = {&image_.weights, &image_.biases, &image_.scales, &image_.tables};
  return *all.at(static_cast<std::size_t>(region));
}

std::int64_t ImageBuilder::add_constant(Region region, std::span<const std::uint8_t> bytes) {
  auto& section = constants(region).bytes;
  const auto offset = static_cast<std::int64_t>(section.size());
  section.insert(section.end(), bytes.begin(), bytes.end());
  return offset;
}

void ImageBuilder::begin_layer(const std::string& kind, const std::vector<std::int64_t>& inputs, std::int64_t macs) {
  const auto index = image_.layers.size();
  image_.layers.push_back({kind + "_" + std::to_string(index), kind, inputs, {}, macs});
}

void ImageBuilder::push(const isa::Operation& operation, Region region) {
  image_.commands.push_back({operation, {}, static_cast<std::int64_t>(image_.layers.size()) - 1});
  regions_.push_back(region);
}

void ImageBuilder::emit(const isa::Operation& operation) { push(operation, Region::tensors); }

void ImageBuilder::load_constant(Region region, std::int64_t offset, std::int64_t size,
                                 std::int64_t scratchpad_address) {
  isa::Load load;
  load.dram_address = offset;
  load.scratchpad_address = scratchpad_address;
  load.row_bytes = size;
  push(load, region);
}

template <typename Transfer>
void ImageBuilder::transfer(std::int64_t tensor, const Tile& tile) {
  const image::Tensor& whole = this->tensor(tensor);
  Transfer transfer;
  transfer.dram_address = whole.address(tile.y, tile.x, tile.c);
  transfer.scratchpad_address = tile.scratchpad_address;
  const std::int64_t row_bytes = tile.width * tile.channels;
  if (whole.pixel_stride == tile.channels && tile.pixel_stride == tile.channels) {
    transfer.rows = tile.height;
    transfer.row_bytes = row_bytes;
    transfer.dram_stride = whole.row_stride;
    transfer.scratchpad_stride = tile.row_stride;
    push(transfer, Region::tensors);
    return;
  }
  transfer.rows = tile.width;
  transfer.row_bytes = tile.channels;
  transfer.dram_stride = whole.pixel_stride;
  transfer.scratchpad_stride = tile.pixel_stride;
  for (std::int64_t y = 0; y < tile.height; ++y) {
    push(transfer, Region::tensors);
    transfer.dram_address += whole.row_stride;
    transfer.scratchpad_address += tile.row_stride;
  }
}

template void ImageBuilder::transfer<isa::Load>(std::int64_t, const Tile&);
template void ImageBuilder::transfer<isa::Store>(std::int64_t, const Tile&);

/// Between two commands of different units one token; those of one unit run in order anyway.
void ImageBuilder::serialize() {
  for (std::size_t i = 1; i < image_.commands.size(); ++i) {
    auto& before = image_.commands[i - 1];
    auto& after = image_.commands[i];
    const isa::Unit from = isa::unit_of(before.operation);
    const isa::Unit to = isa::unit_of(after.operation);
    if (from == to) continue;
    (isa::other_unit(from, 0) == to ? before.tokens.signal_a : before.tokens.signal_b) = true;
    (isa::other_unit(to, 0) == from ? after.tokens.wait_a : after.tokens.wait_b) = true;
  }
}

image::Image ImageBuilder::finish() {
  std::int64_t address = 0;
  std::array<std::int64_t, 5> bases{};
  for (std::size_t region = 0; region < bases.size(); ++region) {
    bases[region] = address;
    if (static_cast<Region>(region) == Region::tensors) break;
    auto& section = constants(static_cast<Region>(region));
    section.dram_address = address;
    address += static_cast<std::int64_t>(section.bytes.size());
  }
  image_.dram_bytes = address + tensor_bytes_;
  for (auto& tensor : image_.tensors) tensor.dram_address += bases.back();
  for (std::size_t i = 0; i < image_.commands.size(); ++i) {
    auto& operation = image_.commands[i].operation;
    const std::int64_t base = bases[static_cast<std::size_t>(regions_[i])];
    if (auto* load = std::get_if<isa::Load>(&operation)) load->dram_address += base;
    if (auto* store = std::get_if<isa::Store>(&operation)) store->dram_address += base;
    const auto fault = isa::command_fault(operation, image_.config, image_.dram_bytes);
    check(!fault, "command " + std::to_string(i) + " (" + isa::name_of(operation) +
                      ") of a built image: " + fault.value_or(""));
  }
  std::set<std::int64_t> read;
  for (const auto& layer : image_.layers) read.insert(layer.inputs.begin(), layer.inputs.end());
  for (std::size_t i = 0; i < image_.tensors.size(); ++i)
    if (image_.tensors[i].role == image::TensorRole::intermediate && !read.contains(static_cast<std::int64_t>(i)))
      image_.tensors[i].role = image::TensorRole::output;
  serialize();
  return std::move(image_);
}

}  // namespace evenshift::support
