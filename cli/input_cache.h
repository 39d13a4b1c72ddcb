#pragma once

#include <vector>

#include "arch/numerics/quantization.h"
#include "cli/network_io.h"
#include "host/dataset.h"

namespace evenshift::cli {

/// The codes of a dataset's inputs, kept from one network to the next as long as these quantize their input alike and
/// the codes take no more than kMostBytes: decoding photographs costs more than running them. Threads may ask for
/// different inputs at the same time.
class InputCache {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{1} << 30;

  /// Before the inputs of `data` are asked for: forgets what was kept for other parameters.
  void begin(const Network& network, const host::Dataset& data);
  /// Codes of input `index`; reads the file the first time.
  std::vector<sim::TensorCodes> load(const Network& network, const host::Dataset& data, std::size_t index);

 private:
  QuantParams params_;
  bool keeps_ = false;
  std::vector<std::vector<sim::TensorCodes>> codes_;
};

}  // namespace evenshift::cli
