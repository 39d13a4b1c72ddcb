#include "compiler/reconstruct/kept_blocks.h"

#include <fmt/format.h>

#include <bit>
#include <span>

#include "arch/base/atomic_file.h"
#include "arch/base/byte_io.h"
#include "arch/base/digest.h"

namespace evenshift::compiler {
namespace {

template <typename T, typename Put>
void put_all(ByteWriter& writer, const std::vector<T>& values, Put put) {
  writer.put(static_cast<std::uint64_t>(values.size()));
  for (const T& value : values) put(value);
}

template <typename Get>
auto get_all(ByteReader& reader, Get get) {
  std::vector<decltype(get())> values;
  // A count beyond the bytes ends in the reader's Error, not in memory.
  for (auto left = reader.get<std::uint64_t>(); left > 0; --left) values.push_back(get());
  return values;
}

void put(ByteWriter& writer, const ReconstructedConv& conv) {
  const WeightGrid& grid = conv.weights.grid;
  writer.put(std::int32_t{grid.bits});
  writer.put(grid.layer_scale);
  put_all(writer, grid.shifts, [&](int shift) { writer.put(std::int32_t{shift}); });
  put_all(writer, grid.channel_scales, [&](double scale) { writer.put(scale); });
  put_all(writer, conv.weights.codes, [&](std::int8_t code) { writer.put(code); });
  put_all(writer, conv.bias, [&](float bias) { writer.put(std::bit_cast<std::uint32_t>(bias)); });
}

ReconstructedConv get_conv(ByteReader& reader) {
  ReconstructedConv conv;
  WeightGrid& grid = conv.weights.grid;
  grid.bits = reader.get<std::int32_t>();
  grid.layer_scale = reader.get_double();
  grid.shifts = get_all(reader, [&] { return static_cast<int>(reader.get<std::int32_t>()); });
  grid.channel_scales = get_all(reader, [&] { return reader.get_double(); });
  conv.weights.codes = get_all(reader, [&] { return reader.get<std::int8_t>(); });
  conv.bias = get_all(reader, [&] { return std::bit_cast<float>(reader.get<std::uint32_t>()); });
  return conv;
}

}  // namespace

std::filesystem::path KeptBlocks::file(std::size_t block) const { return folder_ / fmt::format("block_{:04}", block); }

std::optional<TrainedBlock> KeptBlocks::load(std::size_t block) const {
  if (folder_.empty() || !std::filesystem::exists(file(block))) return std::nullopt;
  try {
    const auto bytes = read_file(file(block));
    ByteReader reader(bytes, file(block).string());
    const auto checksum = reader.get<std::uint32_t>();
    if (checksum != crc32(std::span(bytes).subspan(sizeof checksum)) || reader.get<std::uint64_t>() != key_)
      return std::nullopt;
    TrainedBlock trained;
    trained.loss_before = reader.get_double();
    trained.loss_after = reader.get_double();
    trained.convs = get_all(reader, [&] { return get_conv(reader); });
    return trained;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void KeptBlocks::store(std::size_t block, const TrainedBlock& trained) const {
  if (folder_.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) fail("cannot make the folder '{}': {}", folder_.string(), error.message());
  ByteWriter content;
  content.put(key_);
  content.put(trained.loss_before);
  content.put(trained.loss_after);
  put_all(content, trained.convs, [&](const ReconstructedConv& conv) { put(content, conv); });
  const auto bytes = content.take();
  ByteWriter checked;
  checked.put(crc32(bytes));
  checked.put_bytes(bytes);
  write_file_atomically(file(block), checked.take());
}

}  // namespace evenshift::compiler
