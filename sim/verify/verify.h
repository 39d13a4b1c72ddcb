#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/executor.h"

namespace evenshift::sim {

/// The first element in which two executors differ.
struct Divergence {
  std::string reference_engine, engine;
  std::int64_t layer = 0, tensor = 0;
  std::int64_t channel = 0, y = 0, x = 0;
  std::int32_t reference_value = 0, value = 0;                     ///< codes
  std::optional<std::int32_t> reference_accumulator, accumulator;  ///< before requantization, where a conv made it

  /// "layer 3 'conv_pw_1' (conv), tensor 'conv_pw_1_out', channel 5, y 10, x 2: functional 17, rtl 18; accumulator …".
  [[nodiscard]] std::string sentence(const image::Image& image) const;
};

/// What verification compared.
struct Verification {
  std::int64_t tensors = 0;
  std::int64_t bytes = 0;  ///< of one engine
  std::optional<Divergence> divergence;
};

/// Runs one inference on every executor and compares every tensor of every layer with the first executor's, in the
/// order of the layers. The executors have been loaded with `image`. Throws what they throw.
Verification verify(const image::Image& image, std::span<const std::unique_ptr<Executor>> executors,
                    std::span<const TensorCodes> inputs);

}  // namespace evenshift::sim
