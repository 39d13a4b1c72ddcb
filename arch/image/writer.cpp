#include <array>

#include "arch/base/atomic_file.h"
#include "arch/base/byte_io.h"
#include "arch/base/digest.h"
#include "arch/image/image.h"
#include "arch/image/layout.h"
#include "arch/isa/codec.h"

namespace evenshift::image {
namespace {

struct Section {
  std::vector<std::uint8_t> bytes;
  std::int64_t dram_address = -1;
};

std::vector<std::uint8_t> to_bytes(const std::string& text) { return {text.begin(), text.end()}; }

std::vector<std::uint8_t> tensor_section(const std::vector<Tensor>& tensors) {
  ByteWriter writer;
  writer.put(static_cast<std::uint32_t>(tensors.size()));
  for (const Tensor& tensor : tensors) {
    writer.put(static_cast<std::uint8_t>(tensor.role));
    for (const auto value : {tensor.channels, tensor.height, tensor.width, tensor.dram_address, tensor.row_stride,
                             tensor.pixel_stride, tensor.layer})
      writer.put(value);
    writer.put(tensor.quant.scale);
    writer.put(tensor.quant.zero_point);
    writer.put(static_cast<std::uint8_t>(tensor.quant.bits));
    writer.put(static_cast<std::uint32_t>(tensor.shape.size()));
    for (const auto dimension : tensor.shape) writer.put(dimension);
  }
  return writer.take();
}

void put_indices(ByteWriter& writer, const std::vector<std::int64_t>& indices) {
  writer.put(static_cast<std::uint32_t>(indices.size()));
  for (const auto index : indices) writer.put(static_cast<std::uint32_t>(index));
}

std::vector<std::uint8_t> layer_section(const std::vector<Layer>& layers) {
  ByteWriter writer;
  writer.put(static_cast<std::uint32_t>(layers.size()));
  for (const Layer& layer : layers) {
    put_indices(writer, layer.inputs);
    put_indices(writer, layer.outputs);
    writer.put(layer.macs);
  }
  return writer.take();
}

/// Names are for people only, so they stand apart: of every tensor, then name and kind of every layer.
std::vector<std::uint8_t> name_section(const Image& image) {
  ByteWriter writer;
  for (const Tensor& tensor : image.tensors) writer.put(std::string_view(tensor.name));
  for (const Layer& layer : image.layers) {
    writer.put(std::string_view(layer.name));
    writer.put(std::string_view(layer.kind));
  }
  return writer.take();
}

}  // namespace

std::vector<std::uint8_t> write(const Image& image) {
  std::array<Section, kSectionNames.size()> sections;
  const auto at = [&](SectionId id) -> Section& { return sections[static_cast<std::size_t>(id)]; };
  at(SectionId::machine).bytes = to_bytes(to_yaml(image.config));
  at(SectionId::commands).bytes = isa::encode(image.commands);
  at(SectionId::weights) = {image.weights.bytes, image.weights.dram_address};
  at(SectionId::biases) = {image.biases.bytes, image.biases.dram_address};
  at(SectionId::scales) = {image.scales.bytes, image.scales.dram_address};
  at(SectionId::tables) = {image.tables.bytes, image.tables.dram_address};
  at(SectionId::tensors).bytes = tensor_section(image.tensors);
  at(SectionId::layers).bytes = layer_section(image.layers);
  at(SectionId::names).bytes = name_section(image);
  at(SectionId::host).bytes = to_bytes(image.host);

  const auto align = [](std::size_t size) {
    return (size + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
  };
  std::size_t offset = align(kHeaderBytes + sections.size() * kSectionEntryBytes);
  ByteWriter entries;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    entries.put(static_cast<std::uint32_t>(i));
    entries.put(crc32(sections[i].bytes));
    entries.put(static_cast<std::uint64_t>(offset));
    entries.put(static_cast<std::uint64_t>(sections[i].bytes.size()));
    entries.put(sections[i].dram_address);
    offset = align(offset + sections[i].bytes.size());
  }

  ByteWriter header;
  header.put(kMagic);
  header.put(kVersion);
  header.put(static_cast<std::uint32_t>(sections.size()));
  header.put(std::uint32_t{0});
  header.put(static_cast<std::uint64_t>(offset));
  header.put(config_digest(image.config));
  header.put(static_cast<std::uint64_t>(image.dram_bytes));
  header.put_bytes(entries.take());

  std::vector<std::uint8_t> bytes = header.take();
  const std::uint32_t checksum = crc32(bytes);
  for (std::size_t i = 0; i < 4; ++i) bytes[kHeaderChecksumOffset + i] = static_cast<std::uint8_t>(checksum >> (8 * i));
  bytes.reserve(offset);
  for (const Section& section : sections) {
    bytes.resize(align(bytes.size()));
    bytes.insert(bytes.end(), section.bytes.begin(), section.bytes.end());
  }
  bytes.resize(offset);
  return bytes;
}

void write_file(const Image& image, const std::filesystem::path& path) { write_file_atomically(path, write(image)); }

}  // namespace evenshift::image
