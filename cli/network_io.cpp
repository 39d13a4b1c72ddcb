#include "cli/network_io.h"

#include <nlohmann/json.hpp>

#include "arch/base/check.h"
#include "host/epilogue.h"
#include "host/preprocess.h"

namespace evenshift::cli {

Network::Network(const std::filesystem::path& path) : Network(image::read_file(path), path.string()) {}

Network::Network(image::Image image, const std::string& where)
    : image_(std::make_shared<image::Image>(std::move(image))) {
  input_tensors_ = image_->tensors_with(image::TensorRole::input);
  output_tensors_ = image_->tensors_with(image::TensorRole::output);
  if (input_tensors_.size() != 1) fail("{}: the network has {} inputs; one is supported", where, input_tensors_.size());
  if (output_tensors_.empty()) fail("{}: the network has no output", where);
  try {
    const auto json = nlohmann::json::parse(image_->host);
    sidecar_ = host::sidecar_from_json(json.at("sidecar"), where + ": section host");
    model_name_ = json.at("model").get<std::string>();
    softmax_ = json.at("softmax").get<std::vector<bool>>();
  } catch (const nlohmann::json::exception& error) {
    fail("{}: section host is not what this program writes: {}", where, error.what());
  }
  softmax_.resize(output_tensors_.size());
  const auto& input = image_->tensors[static_cast<std::size_t>(input_tensors_[0])];
  if (sidecar_.input_elements() != input.elements())
    fail("{}: section host describes an input of {} elements, the network takes {}", where, sidecar_.input_elements(),
         input.elements());
}

std::vector<sim::TensorCodes> Network::load_inputs(const std::filesystem::path& file) const {
  const host::FloatTensor values = network_input(sidecar_, file);
  return {quantize_input(image_->tensors[static_cast<std::size_t>(input_tensors_[0])], values.values)};
}

std::vector<float> Network::logits(std::span<const sim::TensorCodes> outputs, std::size_t index) const {
  const image::Tensor& tensor = image_->tensors[static_cast<std::size_t>(output_tensors_.at(index))];
  const sim::TensorCodes& codes = outputs[index];
  std::vector<float> values(codes.size());
  const std::int64_t pixels = tensor.height * tensor.width;
  for (std::int64_t p = 0; p < pixels; ++p)
    for (std::int64_t c = 0; c < tensor.channels; ++c)
      values[static_cast<std::size_t>(c * pixels + p)] =
          static_cast<float>(dequantize(codes[static_cast<std::size_t>(p * tensor.channels + c)], tensor.quant));
  return values;
}

host::FloatTensor Network::output(std::span<const sim::TensorCodes> outputs, std::size_t index) const {
  const image::Tensor& tensor = image_->tensors[static_cast<std::size_t>(output_tensors_.at(index))];
  host::FloatTensor result{tensor.shape, logits(outputs, index)};
  if (result.shape.empty()) result.shape = {1, tensor.channels, tensor.height, tensor.width};
  if (softmax_[index]) result.values = host::softmax(result.values);
  return result;
}

host::FloatTensor network_input(const host::Sidecar& sidecar, const std::filesystem::path& file,
                                host::PreprocessReport* report) {
  host::FloatTensor input = host::preprocess(sidecar, file, report);
  if (!sidecar.image || sidecar.image->layout == host::TensorLayout::kNchw) return input;
  const auto channels = static_cast<std::size_t>(sidecar.image_channels());
  const std::size_t pixels = input.values.size() / channels;
  std::vector<float> planes(input.values.size());
  for (std::size_t p = 0; p < pixels; ++p)
    for (std::size_t c = 0; c < channels; ++c) planes[c * pixels + p] = input.values[p * channels + c];
  input.values = std::move(planes);
  return input;
}

sim::TensorCodes quantize_input(const image::Tensor& tensor, std::span<const float> values) {
  check_equal(static_cast<std::int64_t>(values.size()), tensor.elements(), "values of the network's input");
  sim::TensorCodes codes(values.size());
  const std::int64_t pixels = tensor.height * tensor.width;
  for (std::int64_t c = 0; c < tensor.channels; ++c)
    for (std::int64_t p = 0; p < pixels; ++p)
      codes[static_cast<std::size_t>(p * tensor.channels + c)] =
          quantize(static_cast<double>(values[static_cast<std::size_t>(c * pixels + p)]), tensor.quant);
  return codes;
}

}  // namespace evenshift::cli
