#include <algorithm>

#include "arch/base/atomic_file.h"
#include "arch/base/byte_io.h"
#include "arch/base/digest.h"
#include "arch/image/image.h"
#include "arch/image/layout.h"
#include "arch/isa/codec.h"
#include "arch/isa/footprint.h"

namespace evenshift::image {
namespace {

constexpr std::int64_t kMaxDramBytes = std::int64_t{1} << 32;
constexpr std::int64_t kMaxDimension = 1 << 24;

struct Header {
  std::uint64_t digest = 0;
  std::int64_t dram_bytes = 0;
  std::vector<SectionInfo> sections;
};

Header read_header(std::span<const std::uint8_t> bytes, const std::string& where) {
  if (bytes.size() < 4) fail("{}: not an Evenshift image: it has {} bytes", where, bytes.size());
  ByteReader reader(bytes, where + ": the header");
  if (const auto magic = reader.get<std::uint32_t>(); magic != kMagic)
    fail("{}: not an Evenshift image: it begins with {:#010x}, not {:#010x} (\"EVS1\")", where, magic, kMagic);
  if (const auto version = reader.get<std::uint32_t>(); version != kVersion)
    fail("{}: image version {} is not supported; this program reads version {}", where, version, kVersion);
  const auto count = reader.get<std::uint32_t>();
  const auto checksum = reader.get<std::uint32_t>();
  const auto file_size = reader.get<std::uint64_t>();
  Header header;
  header.digest = reader.get<std::uint64_t>();
  header.dram_bytes = reader.get<std::int64_t>();
  if (count != kSectionNames.size())
    fail("{}: the header names {} sections, not {}", where, count, kSectionNames.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    SectionInfo section;
    if (const auto id = reader.get<std::uint32_t>(); id != i)
      fail("{}: section {} of the header has the id {}", where, i, id);
    section.name = std::string(kSectionNames[i]);
    section.checksum = reader.get<std::uint32_t>();
    section.offset = reader.get<std::uint64_t>();
    section.size = reader.get<std::uint64_t>();
    section.dram_address = reader.get<std::int64_t>();
    header.sections.push_back(section);
  }
  std::vector<std::uint8_t> copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(reader.position()));
  std::fill_n(copy.begin() + kHeaderChecksumOffset, 4, std::uint8_t{0});
  if (crc32(copy) != checksum) fail("{}: the header is damaged: its checksum does not match", where);
  if (file_size != bytes.size()) fail("{}: the file has {} bytes, its header says {}", where, bytes.size(), file_size);
  if (header.dram_bytes < 0 || header.dram_bytes > kMaxDramBytes)
    fail("{}: the image asks for {} bytes of DRAM; at most {} can be addressed", where, header.dram_bytes,
         kMaxDramBytes);
  for (const SectionInfo& section : header.sections) {
    if (section.offset > bytes.size() || section.size > bytes.size() - section.offset)
      fail("{}: section {} lies outside the file", where, section.name);
    if (crc32(bytes.subspan(section.offset, section.size)) != section.checksum)
      fail("{}: section {} is damaged: its checksum does not match", where, section.name);
  }
  return header;
}

Constants read_constants(std::span<const std::uint8_t> bytes, const SectionInfo& section, std::int64_t dram_bytes,
                         const std::string& where) {
  if (section.dram_address < 0 || section.dram_address > dram_bytes ||
      section.size > static_cast<std::uint64_t>(dram_bytes - section.dram_address))
    fail("{}: section {} lies outside the DRAM of {} bytes", where, section.name, dram_bytes);
  const auto raw = bytes.subspan(section.offset, section.size);
  return {section.dram_address, {raw.begin(), raw.end()}};
}

void check_tensor(const Tensor& tensor, std::size_t index, std::int64_t dram_bytes, std::int64_t layers,
                  const std::string& where) {
  const auto sane = [](std::int64_t value) { return value >= 1 && value <= kMaxDimension; };
  if (!sane(tensor.channels) || !sane(tensor.height) || !sane(tensor.width) || tensor.elements() > kMaxDramBytes ||
      tensor.pixel_stride < tensor.channels || tensor.pixel_stride > kMaxDramBytes || tensor.row_stride < 1 ||
      tensor.row_stride > kMaxDramBytes)
    fail("{}: tensor {} has impossible dimensions {} x {} x {}", where, index, tensor.channels, tensor.height,
         tensor.width);
  if (tensor.dram_address < 0 || tensor.dram_address > dram_bytes || tensor.end() > dram_bytes)
    fail("{}: tensor {} lies outside the DRAM of {} bytes", where, index, dram_bytes);
  if (tensor.quant.bits < 2 || tensor.quant.bits > 8 || !(tensor.quant.scale > 0) || tensor.quant.scale > 1e300 ||
      tensor.quant.zero_point < -128 || tensor.quant.zero_point > 127)
    fail("{}: tensor {} has impossible quantization parameters", where, index);
  if (tensor.layer < -1 || tensor.layer >= layers)
    fail("{}: tensor {} names layer {} of {}", where, index, tensor.layer, layers);
  if (!tensor.shape.empty()) {
    std::int64_t elements = 1;
    for (const auto dimension : tensor.shape) {
      if (!sane(dimension) || elements > tensor.elements()) fail("{}: tensor {} has an impossible shape", where, index);
      elements *= dimension;
    }
    if (elements != tensor.elements())
      fail("{}: the shape of tensor {} has {} elements, the tensor {}", where, index, elements, tensor.elements());
  }
}

std::vector<Tensor> read_tensors(ByteReader reader) {
  const auto count = reader.get<std::uint32_t>();
  std::vector<Tensor> tensors;
  for (std::uint32_t i = 0; i < count; ++i) {
    Tensor tensor;
    const auto role = reader.get<std::uint8_t>();
    if (role > 2) fail("tensor {} has the unknown role {}", i, role);
    tensor.role = static_cast<TensorRole>(role);
    for (auto* value : {&tensor.channels, &tensor.height, &tensor.width, &tensor.dram_address, &tensor.row_stride,
                        &tensor.pixel_stride, &tensor.layer})
      *value = reader.get<std::int64_t>();
    tensor.quant.scale = reader.get_double();
    tensor.quant.zero_point = reader.get<std::int32_t>();
    tensor.quant.bits = reader.get<std::uint8_t>();
    const auto rank = reader.get<std::uint32_t>();
    for (std::uint32_t d = 0; d < rank; ++d) tensor.shape.push_back(reader.get<std::int64_t>());
    tensors.push_back(std::move(tensor));
  }
  if (!reader.at_end()) fail("the tensor section has bytes after its last tensor");
  return tensors;
}

std::vector<std::int64_t> get_indices(ByteReader& reader, std::size_t limit) {
  const auto count = reader.get<std::uint32_t>();
  std::vector<std::int64_t> indices;
  for (std::uint32_t i = 0; i < count; ++i) {
    indices.push_back(reader.get<std::uint32_t>());
    if (indices.back() >= static_cast<std::int64_t>(limit))
      fail("a layer names tensor {} of {}", indices.back(), limit);
  }
  return indices;
}

std::vector<Layer> read_layers(ByteReader reader, std::size_t tensors) {
  const auto count = reader.get<std::uint32_t>();
  std::vector<Layer> layers;
  for (std::uint32_t i = 0; i < count; ++i) {
    Layer layer;
    layer.inputs = get_indices(reader, tensors);
    layer.outputs = get_indices(reader, tensors);
    layer.macs = reader.get<std::int64_t>();
    layers.push_back(std::move(layer));
  }
  if (!reader.at_end()) fail("the layer section has bytes after its last layer");
  return layers;
}

void read_names(ByteReader reader, Image& image) {
  for (Tensor& tensor : image.tensors) tensor.name = reader.get_string();
  for (Layer& layer : image.layers) {
    layer.name = reader.get_string();
    layer.kind = reader.get_string();
  }
  if (!reader.at_end()) fail("the name section has bytes after its last name");
}

void check_commands(const Image& image, const std::string& where) {
  for (std::size_t i = 0; i < image.commands.size(); ++i) {
    const isa::Command& command = image.commands[i];
    if (command.layer >= static_cast<std::int64_t>(image.layers.size()))
      fail("{}: command {} ({}) names layer {} of {}", where, i, isa::name_of(command.operation), command.layer,
           image.layers.size());
    if (const auto fault = isa::command_fault(command.operation, image.config, image.dram_bytes))
      fail("{}: command {} ({}) cannot run: {}", where, i, isa::name_of(command.operation), *fault);
  }
}

}  // namespace

std::vector<std::int64_t> Image::tensors_with(TensorRole role) const {
  std::vector<std::int64_t> indices;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].role == role) indices.push_back(static_cast<std::int64_t>(i));
  return indices;
}

std::uint64_t config_digest(const NpuConfig& config) { return digest64(to_yaml(config)); }

Image read(std::span<const std::uint8_t> bytes, const std::string& where) {
  const Header header = read_header(bytes, where);
  const auto section = [&](SectionId id) -> const SectionInfo& {
    return header.sections[static_cast<std::size_t>(id)];
  };
  const auto content = [&](SectionId id) { return bytes.subspan(section(id).offset, section(id).size); };
  const auto text = [&](SectionId id) {
    return std::string(reinterpret_cast<const char*>(content(id).data()), content(id).size());
  };
  const auto reader = [&](SectionId id) { return ByteReader(content(id), where + ": section " + section(id).name); };

  Image image;
  image.config = npu_config_from_yaml(text(SectionId::machine), where + ": section machine");
  if (config_digest(image.config) != header.digest)
    fail("{}: the machine configuration has the digest {}, the header says {}", where,
         to_hex(config_digest(image.config)), to_hex(header.digest));
  image.dram_bytes = header.dram_bytes;
  image.weights = read_constants(bytes, section(SectionId::weights), image.dram_bytes, where);
  image.biases = read_constants(bytes, section(SectionId::biases), image.dram_bytes, where);
  image.scales = read_constants(bytes, section(SectionId::scales), image.dram_bytes, where);
  image.tables = read_constants(bytes, section(SectionId::tables), image.dram_bytes, where);
  try {
    image.tensors = read_tensors(reader(SectionId::tensors));
    image.layers = read_layers(reader(SectionId::layers), image.tensors.size());
    read_names(reader(SectionId::names), image);
    image.commands = isa::decode(content(SectionId::commands));
  } catch (const Error& error) {
    const std::string sentence = error.what();
    if (sentence.starts_with(where)) throw;
    fail("{}: {}", where, sentence);
  }
  image.host = text(SectionId::host);
  for (std::size_t i = 0; i < image.tensors.size(); ++i)
    check_tensor(image.tensors[i], i, image.dram_bytes, static_cast<std::int64_t>(image.layers.size()), where);
  check_commands(image, where);
  return image;
}

Image read_file(const std::filesystem::path& path) {
  const auto bytes = evenshift::read_file(path);
  return read(bytes, path.string());
}

std::vector<SectionInfo> read_sections(std::span<const std::uint8_t> bytes, const std::string& where) {
  return read_header(bytes, where).sections;
}

}  // namespace evenshift::image
