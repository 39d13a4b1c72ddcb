#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// Shared by the reader and the writer: the order of things in the file.
namespace evenshift::image {

/// Header: magic u32, version u32, section count u32, header checksum u32 (of all header bytes with this field 0),
/// file size u64, digest of the machine configuration u64, dram_bytes u64. Then one entry a section: id u32,
/// checksum u32, offset u64, size u64, dram_address i64. Sections follow, each at a multiple of 16 bytes, gaps zero.
inline constexpr std::size_t kHeaderBytes = 40;
inline constexpr std::size_t kSectionEntryBytes = 32;
inline constexpr std::size_t kHeaderChecksumOffset = 12;
inline constexpr std::size_t kSectionAlignment = 16;

enum class SectionId : std::uint32_t {
  machine,
  commands,
  weights,
  biases,
  scales,
  tables,
  tensors,
  layers,
  names,
  host
};

inline constexpr std::array<std::string_view, 10> kSectionNames = {"machine", "commands", "weights", "biases", "scales",
                                                                   "tables",  "tensors",  "layers",  "names",  "host"};

}  // namespace evenshift::image
