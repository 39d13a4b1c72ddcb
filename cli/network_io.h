#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "arch/image/image.h"
#include "host/preprocess.h"
#include "host/sidecar.h"
#include "host/tensor.h"
#include "sim/executor.h"

namespace evenshift::cli {

/// An image with what the host needs to feed it: preprocessing, quantization of the input, dequantization and softmax
/// of the outputs.
class Network {
 public:
  /// Reads NET.evs. Throws Error naming the file.
  explicit Network(const std::filesystem::path& path);
  Network(image::Image image, const std::string& where);

  [[nodiscard]] const image::Image& image() const { return *image_; }
  [[nodiscard]] const host::Sidecar& sidecar() const { return sidecar_; }
  [[nodiscard]] const std::string& model_name() const { return model_name_; }

  /// A file -> the codes of the network's input. Throws Error naming the file.
  [[nodiscard]] std::vector<sim::TensorCodes> load_inputs(const std::filesystem::path& file) const;

  /// Codes of output `index` -> real numbers, dequantized, in the order of the output's logical shape; before softmax.
  [[nodiscard]] std::vector<float> logits(std::span<const sim::TensorCodes> outputs, std::size_t index = 0) const;

  /// Output `index` as the model gives it: logits, then the host's softmax where the model has one.
  [[nodiscard]] host::FloatTensor output(std::span<const sim::TensorCodes> outputs, std::size_t index = 0) const;
  [[nodiscard]] std::size_t output_count() const { return output_tensors_.size(); }

 private:
  std::shared_ptr<const image::Image> image_;
  host::Sidecar sidecar_;
  std::string model_name_;
  std::vector<std::int64_t> input_tensors_;
  std::vector<std::int64_t> output_tensors_;
  std::vector<bool> softmax_;  ///< by output
};

/// A file as the network's input, in (c, y, x) order whatever the layout of the sidecar. Throws Error naming the file.
host::FloatTensor network_input(const host::Sidecar& sidecar, const std::filesystem::path& file,
                                host::PreprocessReport* report = nullptr);

/// Real numbers in (c, y, x) order -> codes in (y, x, c) order, as `tensor` is quantized.
sim::TensorCodes quantize_input(const image::Tensor& tensor, std::span<const float> values);

}  // namespace evenshift::cli
