#include "sim/executor.h"

#include <algorithm>

#include "arch/base/check.h"

namespace evenshift::sim {
namespace {

/// A row of a tensor as equal runs of bytes: its pixels, or the whole row where they touch.
struct Rows {
  std::int64_t runs = 0, bytes = 0;
};
Rows rows_of(const image::Tensor& tensor) {
  if (tensor.pixel_stride == tensor.channels) return {1, tensor.width * tensor.channels};
  return {tensor.width, tensor.channels};
}

}  // namespace

void write_tensor(const image::Tensor& tensor, std::span<const std::int8_t> codes, std::span<std::uint8_t> dram) {
  check_equal(static_cast<std::int64_t>(codes.size()), tensor.elements(), "codes of tensor " + tensor.name);
  const auto [runs, bytes] = rows_of(tensor);
  const std::int8_t* from = codes.data();
  for (std::int64_t y = 0; y < tensor.height; ++y)
    for (std::int64_t x = 0; x < runs; ++x, from += bytes)
      std::copy_n(from, bytes, dram.begin() + tensor.address(y, x, 0));
}

TensorCodes read_tensor(const image::Tensor& tensor, std::span<const std::uint8_t> dram) {
  TensorCodes codes(static_cast<std::size_t>(tensor.elements()));
  const auto [runs, bytes] = rows_of(tensor);
  auto to = codes.begin();
  for (std::int64_t y = 0; y < tensor.height; ++y)
    for (std::int64_t x = 0; x < runs; ++x, to += bytes) std::copy_n(dram.begin() + tensor.address(y, x, 0), bytes, to);
  return codes;
}

std::vector<std::uint8_t> initial_dram(const image::Image& image) {
  std::vector<std::uint8_t> dram(static_cast<std::size_t>(image.dram_bytes));
  for (const auto* constants : {&image.weights, &image.biases, &image.scales, &image.tables})
    std::ranges::copy(constants->bytes, dram.begin() + constants->dram_address);
  return dram;
}

std::vector<std::int64_t> last_store_of_layers(const image::Image& image) {
  std::vector<std::int64_t> last(image.layers.size(), -1);
  for (std::size_t i = 0; i < image.commands.size(); ++i)
    if (std::holds_alternative<isa::Store>(image.commands[i].operation))
      last[static_cast<std::size_t>(image.commands[i].layer)] = static_cast<std::int64_t>(i);
  return last;
}

std::vector<std::vector<std::int64_t>> layers_completed_by(const image::Image& image) {
  const auto last_stores = last_store_of_layers(image);
  std::vector<std::vector<std::int64_t>> completed(image.layers.size());
  std::vector<std::int64_t> completer(image.layers.size(), -1);
  for (std::size_t l = 0; l < image.layers.size(); ++l) {
    if (last_stores[l] >= 0) {
      completer[l] = static_cast<std::int64_t>(l);
    } else {
      for (const std::int64_t input : image.layers[l].inputs) {
        const std::int64_t producer = image.tensors[static_cast<std::size_t>(input)].layer;
        if (producer < 0 || producer >= static_cast<std::int64_t>(l)) continue;
        const std::int64_t candidate = completer[static_cast<std::size_t>(producer)];
        if (completer[l] < 0 || (candidate >= 0 && last_stores[static_cast<std::size_t>(candidate)] >
                                                       last_stores[static_cast<std::size_t>(completer[l])]))
          completer[l] = candidate;
      }
    }
    if (completer[l] >= 0) completed[static_cast<std::size_t>(completer[l])].push_back(static_cast<std::int64_t>(l));
  }
  return completed;
}

}  // namespace evenshift::sim
