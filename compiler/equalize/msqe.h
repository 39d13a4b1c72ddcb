#pragma once

#include <optional>
#include <span>
#include <vector>

#include "compiler/equalize/weight_grid.h"
#include "compiler/ir/graph.h"

/// Power-of-two weight scales of least weighted squared error: the MSQE-based quantizer of "A Closer Look at
/// Hardware-Friendly Weight Quantization" (arXiv:2210.03671), after training.
namespace evenshift::compiler {

struct MsqeOptions {
  bool mask_outliers = true;  ///< leave weights with |x| > 2σ out of the error
  int search = 3;             ///< exponents on either side that the line search tries
};

/// Σ m · (x - 2^e · q)², q = clamp(round(x / 2^e), ±q_p), q_p = max_weight_code(bits); m is `importance` (all 1 where
/// it is empty), and 0 for masked weights, σ being that of `weights`.
double msqe_error(std::span<const float> weights, std::span<const float> importance, int bits, int exponent,
                  const MsqeOptions& options);

/// The exponent e of a scale 2^e for `weights`: from e = round(log2(max|x| / q_p)), three times
///
///     s' = Σ m · q · x / Σ m · q², e' = round(log2(s')), kept while msqe_error falls,
///
/// then the least msqe_error over e ± search, the largest of equals. None where no weight differs from 0.
std::optional<int> msqe_exponent(std::span<const float> weights, std::span<const float> importance, int bits,
                                 const MsqeOptions& options);

/// One exponent an output channel, or one for the layer where the machine has no shifter (shift_bits 0).
using Exponents = std::vector<std::optional<int>>;
Exponents msqe_exponents(const Conv& conv, std::span<const float> importance, int bits, int shift_bits,
                         const MsqeOptions& options);

/// The grid with scales 2^e within a shifter's reach, 2^(e_L - k_c), 0 <= k_c < 2^shift_bits: a channel whose exponent
/// is out of reach gets the nearest within, and e_L is the one with the least msqe_error of the whole layer, the
/// largest of equals. Channels without an exponent get k_c = 0. Its layer_scale is a power of two.
WeightGrid power_of_two_grid(const Conv& conv, const Exponents& exponents, std::span<const float> importance, int bits,
                             int shift_bits, const MsqeOptions& options);

/// power_of_two_grid of msqe_exponents.
WeightGrid msqe_grid(const Conv& conv, std::span<const float> importance, int bits, int shift_bits,
                     const MsqeOptions& options);

/// Exponents where the importance of weights changes from batch to batch: their exponential moving average,
///
///     a ← decay · a + (1 - decay) · e, the first a being the first e,
///
/// rounded once the batches are over, so that a single batch does not move a scale by an octave.
class StableExponents {
 public:
  explicit StableExponents(double decay) : decay_(decay) {}
  void observe(const Exponents& exponents);
  [[nodiscard]] Exponents frozen() const;

 private:
  double decay_;
  std::vector<std::optional<double>> averages_;
};

}  // namespace evenshift::compiler
