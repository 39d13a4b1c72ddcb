#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "arch/image/image.h"

namespace evenshift::cli {

/// A part of the memory image: where its bytes lie in the exported file and where in DRAM they belong.
struct MemoryRegion {
  std::string name;  ///< weights, biases, scales, tables, commands
  std::int64_t dram_address = 0, bytes = 0, file_offset = 0;
};

/// What firmware loads into DRAM before it starts the machine: the constants at their addresses, then the command
/// stream, behind the DRAM that a run uses.
struct MemoryImage {
  std::vector<std::uint8_t> bytes;
  std::vector<MemoryRegion> regions;
};
MemoryImage memory_image(const image::Image& image);

/// The memory map: regions, tensors with address, strides and quantization, total DRAM.
nlohmann::ordered_json memory_map(const image::Image& image);

/// The bytes as C99 source: `const uint8_t NAME[]`, with NAME_bytes and an offset and an address for each region.
std::string to_c_array(const MemoryImage& memory, const std::string& name);

/// The bytes for $readmemh: one byte a line, "@address" before each region, at its DRAM address.
std::string to_readmemh(const MemoryImage& memory);

}  // namespace evenshift::cli
