#include "cli/memory_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "arch/base/digest.h"
#include "arch/isa/codec.h"

namespace evenshift::cli {
namespace {

constexpr std::int64_t kAlignment = 64;
constexpr std::size_t kBytesPerLine = 16;

std::int64_t align(std::int64_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

void append(MemoryImage& memory, const std::string& name, std::int64_t dram_address,
            const std::vector<std::uint8_t>& bytes) {
  if (bytes.empty()) return;
  memory.regions.push_back(
      {name, dram_address, static_cast<std::int64_t>(bytes.size()), static_cast<std::int64_t>(memory.bytes.size())});
  memory.bytes.insert(memory.bytes.end(), bytes.begin(), bytes.end());
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace

MemoryImage memory_image(const image::Image& image) {
  MemoryImage memory;
  append(memory, "weights", image.weights.dram_address, image.weights.bytes);
  append(memory, "biases", image.biases.dram_address, image.biases.bytes);
  append(memory, "scales", image.scales.dram_address, image.scales.bytes);
  append(memory, "tables", image.tables.dram_address, image.tables.bytes);
  append(memory, "commands", align(image.dram_bytes), isa::encode(image.commands));
  return memory;
}

nlohmann::ordered_json memory_map(const image::Image& image) {
  const MemoryImage memory = memory_image(image);
  nlohmann::ordered_json map = {{"machine", image.config.name},
                                {"config_digest", to_hex(image::config_digest(image.config))},
                                {"dram_bytes", align(image.dram_bytes) + memory.regions.back().bytes},
                                {"command_count", image.commands.size()},
                                {"regions", nlohmann::ordered_json::array()},
                                {"tensors", nlohmann::ordered_json::array()}};
  for (const MemoryRegion& region : memory.regions)
    map["regions"].push_back({{"name", region.name},
                              {"dram_address", region.dram_address},
                              {"bytes", region.bytes},
                              {"file_offset", region.file_offset}});
  static constexpr std::array<const char*, 3> kRoles = {"input", "output", "intermediate"};
  for (const image::Tensor& tensor : image.tensors)
    map["tensors"].push_back({{"name", tensor.name},
                              {"role", kRoles[static_cast<std::size_t>(tensor.role)]},
                              {"channels", tensor.channels},
                              {"height", tensor.height},
                              {"width", tensor.width},
                              {"dram_address", tensor.dram_address},
                              {"row_stride_bytes", tensor.row_stride},
                              {"pixel_stride_bytes", tensor.pixel_stride},
                              {"scale", tensor.quant.scale},
                              {"zero_point", tensor.quant.zero_point},
                              {"bits", tensor.quant.bits}});
  return map;
}

std::string to_c_array(const MemoryImage& memory, const std::string& name) {
  std::string text =
      fmt::format("/* Memory image for the Evenshift NPU: {} bytes. */\n#include <stdint.h>\n\n", memory.bytes.size());
  for (const MemoryRegion& region : memory.regions)
    text +=
        fmt::format("#define {0}_{1}_OFFSET {2}u\n#define {0}_{1}_BYTES {3}u\n#define {0}_{1}_DRAM_ADDRESS {4:#x}u\n",
                    upper(name), upper(region.name), region.file_offset, region.bytes, region.dram_address);
  text += fmt::format("\nconst uint32_t {0}_bytes = {1}u;\nconst uint8_t {0}[{1}] = {{", name, memory.bytes.size());
  for (std::size_t i = 0; i < memory.bytes.size(); ++i)
    text += fmt::format("{}{:#04x},", i % kBytesPerLine == 0 ? "\n    " : " ", memory.bytes[i]);
  return text + "\n};\n";
}

std::string to_readmemh(const MemoryImage& memory) {
  std::string text;
  for (const MemoryRegion& region : memory.regions) {
    text += fmt::format("// {}\n@{:08x}\n", region.name, region.dram_address);
    for (std::int64_t i = 0; i < region.bytes; ++i)
      text += fmt::format("{:02x}\n", memory.bytes[static_cast<std::size_t>(region.file_offset + i)]);
  }
  return text;
}

}  // namespace evenshift::cli
