#include "cli/input_cache.h"

namespace evenshift::cli {

void InputCache::begin(const Network& network, const host::Dataset& data) {
  const image::Image& image = network.image();
  const auto input = static_cast<std::size_t>(image.tensors_with(image::TensorRole::input).front());
  const image::Tensor& tensor = image.tensors[input];
  if (codes_.size() == data.size() && params_ == tensor.quant) return;
  params_ = tensor.quant;
  codes_.assign(data.size(), {});
  keeps_ = static_cast<std::size_t>(tensor.elements()) * data.size() <= kMostBytes;
}

std::vector<sim::TensorCodes> InputCache::load(const Network& network, const host::Dataset& data, std::size_t index) {
  if (!keeps_) return network.load_inputs(data[index].path);
  if (codes_[index].empty()) codes_[index] = network.load_inputs(data[index].path);
  return codes_[index];
}

}  // namespace evenshift::cli
