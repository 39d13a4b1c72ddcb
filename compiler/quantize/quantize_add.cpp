#include "compiler/quantize/quantize_add.h"

#include <algorithm>
#include <cmath>

#include "arch/base/ceil_divide.h"
#include "arch/numerics/requantize.h"
#include "compiler/quantize/rescale.h"

namespace evenshift::compiler {
namespace {

/// The constants of TFLite's ADD for one pair of operands.
class TfliteAdd {
 public:
  TfliteAdd(const Add& op, const PairParams& params)
      : subtracts_(op.subtract),
        zero_a_(params.a.zero_point),
        zero_b_(params.b.zero_point),
        range_(output_range(op.clamp, params.output)) {
    const double twice = 2 * std::max(params.a.scale, params.b.scale);
    a_ = fixed_point_scale(params.a.scale / twice, kMultiplierBits);
    b_ = fixed_point_scale(params.b.scale / twice, kMultiplierBits);
    output_ = fixed_point_scale(twice / (std::ldexp(1.0, kLeftShift) * params.output.scale), kMultiplierBits);
  }

  [[nodiscard]] std::int8_t operator()(int a, int b) const {
    const std::int64_t first = scaled(a - zero_a_, a_), second = scaled(b - zero_b_, b_);
    const auto sum = static_cast<std::int32_t>(subtracts_ ? first - second : first + second);
    return to_output(scale_and_round(sum, output_, RoundingMode::tflite_double), range_);
  }

 private:
  static constexpr int kLeftShift = 20, kMultiplierBits = 31;

  static std::int64_t scaled(std::int32_t value, FixedPointScale scale) {
    return scale_and_round(value * (1 << kLeftShift), scale, RoundingMode::tflite_double);
  }

  bool subtracts_;
  std::int32_t zero_a_, zero_b_;
  OutputRange range_;
  FixedPointScale a_, b_, output_;
};

struct Comparison {
  std::int64_t differences = 0;
  int a = 0, b = 0;   ///< the first pair that differs
  int direction = 0;  ///< of the machine's sum towards TFLite's
};

Comparison compare(const QuantizedAdd& quantized, const TfliteAdd& tflite) {
  Comparison result;
  for (int a = -128; a <= 127; ++a)
    for (int b = -128; b <= 127; ++b) {
      const int code = add(static_cast<std::int8_t>(a), static_cast<std::int8_t>(b), quantized.scales, quantized.range,
                           RoundingMode::tflite_double);
      const int wanted = tflite(a, b);
      if (code == wanted) continue;
      if (result.differences++ == 0) result = {1, a, b, wanted > code ? 1 : -1};
    }
  return result;
}

/// Moves the multiplier of the operand that is further from its zero point so that the pair's sum passes the tie by
/// itself: the sum is within a few units of it.
void pass_tie(const Comparison& pair, AddScales& scales) {
  const int a = pair.a - scales.zero_point_a, b = pair.b - scales.zero_point_b;
  std::int32_t& multiplier = std::abs(a) >= std::abs(b) ? scales.multiplier_a : scales.multiplier_b;
  const int factor = std::abs(a) >= std::abs(b) ? a : b;
  const std::int64_t sum = std::int64_t{a} * scales.multiplier_a + std::int64_t{b} * scales.multiplier_b;
  const std::int64_t half = std::int64_t{1} << (scales.shift - 1);
  // The tie nearest to the sum: an odd multiple of half a code.
  const std::int64_t tie = (sum >> scales.shift) * 2 * half + half;
  const std::int64_t distance = std::abs(sum - tie) + 1;
  const std::int64_t units = ceil_divide(distance, std::abs(factor));
  const std::int64_t moved = multiplier + (factor > 0 ? 1 : -1) * pair.direction * units;
  if (std::abs(moved) <= INT32_MAX) multiplier = static_cast<std::int32_t>(moved);
}

/// The multipliers with the fewest differences that some steps lead to.
QuantizedAdd nearest_to(const TfliteAdd& tflite, const QuantizedAdd& start) {
  constexpr int kMostSteps = 32;
  QuantizedAdd best = start, current = start;
  std::int64_t least = INT64_MAX;
  for (int step = 0; step <= kMostSteps && least > 0; ++step) {
    const Comparison comparison = compare(current, tflite);
    if (comparison.differences < least) {
      least = comparison.differences;
      best = current;
    }
    if (comparison.differences > 0 && current.scales.shift > 0) pass_tie(comparison, current.scales);
  }
  return best;
}

}  // namespace

QuantizedAdd quantize_add(const Add& op, const PairParams& params, const NpuConfig::Requantizer& requantizer) {
  const double a = params.a.scale / params.output.scale, b = params.b.scale / params.output.scale;
  const int shift = fixed_point_scale(std::max(a, b), static_cast<int>(requantizer.multiplier_bits), 62).shift;
  const QuantizedAdd result{{params.a.zero_point, params.b.zero_point, multiplier_at(a, shift),
                             multiplier_at(op.subtract ? -b : b, shift), shift},
                            output_range(op.clamp, params.output)};
  if (requantizer.rounding != RoundingMode::tflite_double) return result;
  return nearest_to(TfliteAdd(op, params), result);
}

std::int8_t tflite_add(std::int8_t a, std::int8_t b, const Add& op, const PairParams& params) {
  return TfliteAdd(op, params)(a, b);
}

std::int64_t differences_from_tflite(const QuantizedAdd& quantized, const Add& op, const PairParams& params) {
  return compare(quantized, TfliteAdd(op, params)).differences;
}

}  // namespace evenshift::compiler
