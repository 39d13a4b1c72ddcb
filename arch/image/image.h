#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "arch/config/npu_config.h"
#include "arch/isa/commands.h"
#include "arch/numerics/quantization.h"

/// The .evs file: what the compiler writes and the machine reads. docs/image.md is its byte-level description.
namespace evenshift::image {

inline constexpr std::uint32_t kMagic = 0x31535645;  ///< "EVS1"
inline constexpr std::uint32_t kVersion = 1;

enum class TensorRole : std::uint8_t { input, output, intermediate };

/// A tensor in DRAM, HWC: code (y, x, c) is the byte at dram_address + y · row_stride + x · pixel_stride + c.
struct Tensor {
  std::string name;
  TensorRole role = TensorRole::intermediate;
  std::int64_t channels = 1, height = 1, width = 1;
  std::int64_t dram_address = 0, row_stride = 0, pixel_stride = 0;
  QuantParams quant;
  std::int64_t layer = -1;  ///< the layer that writes it, -1 for an input
  /// Logical shape that the network's output has, e.g. {1, 1000}; the codes read in (c, y, x) order fill it.
  std::vector<std::int64_t> shape;

  [[nodiscard]] std::int64_t elements() const { return channels * height * width; }
  /// First byte after the last code.
  [[nodiscard]] std::int64_t end() const {
    return dram_address + (height - 1) * row_stride + (width - 1) * pixel_stride + channels;
  }
  [[nodiscard]] std::int64_t address(std::int64_t y, std::int64_t x, std::int64_t c) const {
    return dram_address + y * row_stride + x * pixel_stride + c;
  }
};

/// A step of the network; its commands carry its index.
struct Layer {
  std::string name;  ///< of the node in the model
  std::string kind;  ///< conv, depthwise_conv, dense, add, multiply, max_pool, average_pool, lookup, …
  std::vector<std::int64_t> inputs;   ///< tensor indices
  std::vector<std::int64_t> outputs;  ///< tensor indices
  std::int64_t macs = 0;              ///< multiply-accumulates that the layer's mathematics asks for
};

/// Constant bytes with a fixed place in DRAM.
struct Constants {
  std::int64_t dram_address = 0;
  std::vector<std::uint8_t> bytes;
};

/// A whole image. DRAM holds the constants and the tensors; commands address it.
struct Image {
  NpuConfig config;                    ///< the machine that it was compiled for
  std::vector<isa::Command> commands;  ///< in an order in which they may also run one after the other
  Constants weights, biases, scales, tables;
  std::vector<Tensor> tensors;
  std::vector<Layer> layers;
  std::int64_t dram_bytes = 0;  ///< DRAM that a run needs, from address 0
  /// JSON for the host: preprocessing, labels, epilogue, and how the image was made. The machine never looks at it.
  std::string host;

  [[nodiscard]] std::vector<std::int64_t> tensors_with(TensorRole role) const;
};

/// Digest of the canonical YAML of a machine configuration: what an image is compiled for.
std::uint64_t config_digest(const NpuConfig& config);

/// One section of the file, for `inspect`.
struct SectionInfo {
  std::string name;
  std::uint64_t offset = 0, size = 0;
  std::uint32_t checksum = 0;
  std::int64_t dram_address = 0;  ///< -1 where it has no place in DRAM
};

/// Bytes of an image. The same image gives the same bytes.
std::vector<std::uint8_t> write(const Image& image);
void write_file(const Image& image, const std::filesystem::path& path);

/// Reads and checks everything: magic, version, sizes, checksums, every command against the machine and the DRAM, every
/// tensor and layer index. Throws Error: one sentence naming `where` and the section.
Image read(std::span<const std::uint8_t> bytes, const std::string& where);
Image read_file(const std::filesystem::path& path);

/// The section table alone, for a report; throws as `read`.
std::vector<SectionInfo> read_sections(std::span<const std::uint8_t> bytes, const std::string& where);

}  // namespace evenshift::image
