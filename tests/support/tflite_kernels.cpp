#include "tests/support/tflite_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace evenshift::test {
namespace {

using compiler::tflite::TfliteModel;
using compiler::tflite::TfliteOperator;
using compiler::tflite::TfliteTensor;
using Map = std::map<std::int32_t, TfliteCodes>;

/// Rounded high half of twice the product, as ARM's vqrdmulh.
std::int32_t high_of_doubled_product(std::int32_t a, std::int32_t b) {
  const std::int64_t product = std::int64_t{a} * b;
  const std::int64_t nudge = product < 0 ? 1 - (1LL << 30) : 1LL << 30;
  return static_cast<std::int32_t>((product + nudge) / (1LL << 31));
}

/// x / 2^exponent, nearest, ties away from zero.
std::int32_t divided_by_power(std::int32_t x, int exponent) {
  const auto mask = static_cast<std::int32_t>((1LL << exponent) - 1);
  const std::int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

struct Multiplier {
  std::int32_t mantissa = 0;
  int shift = 0;

  explicit Multiplier(double real) {
    if (real == 0) return;
    const double fraction = std::frexp(real, &shift);
    std::int64_t fixed = std::llround(fraction * std::ldexp(1.0, 31));
    if (fixed == 1LL << 31) {
      fixed /= 2;
      ++shift;
    }
    if (shift < -31) {
      shift = 0;
      fixed = 0;
    }
    mantissa = static_cast<std::int32_t>(fixed);
  }
  [[nodiscard]] std::int32_t operator()(std::int32_t x) const {
    const int left = std::max(shift, 0), right = std::max(-shift, 0);
    return divided_by_power(high_of_doubled_product(x * (1 << left), mantissa), right);
  }
};

struct Limits {
  std::int32_t low = -128, high = 127;
};

Limits activation_range(std::int8_t activation, const TfliteTensor& output) {
  const auto code = [&](float bound) {
    return static_cast<std::int32_t>(output.zero_points[0]) +
           static_cast<std::int32_t>(std::round(bound / output.scales[0]));
  };
  if (activation == 1) return {std::max(-128, code(0)), 127};
  if (activation == 2) return {std::max(-128, code(-1)), std::min(127, code(1))};
  if (activation == 3) return {std::max(-128, code(0)), std::min(127, code(6))};
  return {};
}

std::int8_t limited(std::int32_t value, const Limits& limits) {
  return static_cast<std::int8_t>(std::clamp(value, limits.low, limits.high));
}

/// One operator with its tensors.
class Kernel {
 public:
  Kernel(const TfliteModel& model, const TfliteOperator& op, Map& tensors)
      : model_(model), op_(op), tensors_(tensors) {}

  bool run() {
    switch (op_.code) {
      case 0:
      case 41:
        return add(op_.code == 41);
      case 1:
        return average_pool();
      case 3:
        return conv();
      case 4:
        return depthwise();
      case 9:
        return fully_connected();
      case 17:
        return max_pool();
      case 18:
        return multiply();
      case 22:
        result() = computed(0);
        return true;
      default:
        return false;
    }
  }

 private:
  const TfliteTensor& in(std::size_t i) const { return model_.tensors[static_cast<std::size_t>(op_.inputs.at(i))]; }
  const TfliteTensor& out() const { return model_.tensors[static_cast<std::size_t>(op_.outputs[0])]; }
  const TfliteCodes& computed(std::size_t i) const { return tensors_.at(op_.inputs.at(i)); }
  TfliteCodes& result() { return tensors_[op_.outputs[0]]; }
  static std::int32_t zero(const TfliteTensor& tensor) { return static_cast<std::int32_t>(tensor.zero_points[0]); }
  static double scale(const TfliteTensor& tensor, std::size_t c = 0) {
    return static_cast<double>(tensor.scales[tensor.scales.size() == 1 ? 0 : c]);
  }
  std::int32_t bias(std::size_t c) const {
    std::int32_t value = 0;
    if (op_.inputs.size() > 2 && op_.inputs[2] >= 0) std::memcpy(&value, in(2).data.data() + 4 * c, 4);
    return value;
  }
  std::int32_t weight(std::int64_t index) const {
    return static_cast<std::int8_t>(in(1).data[static_cast<std::size_t>(index)]);
  }

  struct Axis {
    std::int64_t in, out, kernel, stride, dilation, pad;
  };
  Axis axis(std::size_t which, std::int64_t kernel, std::int64_t stride, std::int64_t dilation) const {
    const std::int64_t size = in(0).shape[which], made = out().shape[which];
    std::int64_t pad = 0;
    if (op_.option<std::int8_t>(0, 0) == 0)
      pad = std::max<std::int64_t>((made - 1) * stride + (kernel - 1) * dilation + 1 - size, 0) / 2;
    return {size, made, kernel, stride, dilation, pad};
  }

  /// Calls tap(output pixel, ky, kx, input pixel) for every tap inside the image, done(output pixel) after the last
  /// one.
  template <typename Tap, typename Done>
  static void slide(const Axis& rows, const Axis& columns, Tap&& tap, Done&& done) {
    for (std::int64_t y = 0; y < rows.out; ++y)
      for (std::int64_t x = 0; x < columns.out; ++x) {
        for (std::int64_t ky = 0; ky < rows.kernel; ++ky)
          for (std::int64_t kx = 0; kx < columns.kernel; ++kx) {
            const std::int64_t iy = y * rows.stride - rows.pad + ky * rows.dilation;
            const std::int64_t ix = x * columns.stride - columns.pad + kx * columns.dilation;
            if (iy >= 0 && iy < rows.in && ix >= 0 && ix < columns.in) tap(ky, kx, iy * columns.in + ix);
          }
        done(y * columns.out + x);
      }
  }

  std::int8_t requantized(std::int32_t accumulator, std::size_t c, std::int8_t activation) const {
    const Multiplier multiplier(scale(in(0)) * scale(in(1), c) / scale(out()));
    return limited(multiplier(accumulator) + zero(out()), activation_range(activation, out()));
  }

  bool conv() {
    const std::int64_t outputs = in(1).shape[0], inputs = in(0).shape[3], kh = in(1).shape[1], kw = in(1).shape[2];
    const std::int64_t per_group = in(1).shape[3], per_output = outputs / (inputs / per_group);
    const Axis rows = axis(1, kh, op_.option<std::int32_t>(2, 0), op_.option<std::int32_t>(5, 1));
    const Axis columns = axis(2, kw, op_.option<std::int32_t>(1, 0), op_.option<std::int32_t>(4, 1));
    std::vector<std::int32_t> sums(static_cast<std::size_t>(outputs), 0);
    result().resize(static_cast<std::size_t>(rows.out * columns.out * outputs));
    slide(
        rows, columns,
        [&](std::int64_t ky, std::int64_t kx, std::int64_t pixel) {
          for (std::int64_t c = 0; c < outputs; ++c)
            for (std::int64_t i = 0; i < per_group; ++i)
              sums[static_cast<std::size_t>(c)] +=
                  weight(((c * kh + ky) * kw + kx) * per_group + i) *
                  (computed(0)[static_cast<std::size_t>(pixel * inputs + c / per_output * per_group + i)] -
                   zero(in(0)));
        },
        [&](std::int64_t pixel) { finish_pixel(pixel, sums, op_.option<std::int8_t>(3, 0)); });
    return true;
  }

  bool depthwise() {
    const std::int64_t outputs = in(1).shape[3], inputs = in(0).shape[3], kh = in(1).shape[1], kw = in(1).shape[2];
    const Axis rows = axis(1, kh, op_.option<std::int32_t>(2, 0), op_.option<std::int32_t>(6, 1));
    const Axis columns = axis(2, kw, op_.option<std::int32_t>(1, 0), op_.option<std::int32_t>(5, 1));
    std::vector<std::int32_t> sums(static_cast<std::size_t>(outputs), 0);
    result().resize(static_cast<std::size_t>(rows.out * columns.out * outputs));
    slide(
        rows, columns,
        [&](std::int64_t ky, std::int64_t kx, std::int64_t pixel) {
          for (std::int64_t c = 0; c < outputs; ++c)
            sums[static_cast<std::size_t>(c)] +=
                weight((ky * kw + kx) * outputs + c) *
                (computed(0)[static_cast<std::size_t>(pixel * inputs + c / (outputs / inputs))] - zero(in(0)));
        },
        [&](std::int64_t pixel) { finish_pixel(pixel, sums, op_.option<std::int8_t>(4, 0)); });
    return true;
  }

  void finish_pixel(std::int64_t pixel, std::vector<std::int32_t>& sums, std::int8_t activation) {
    for (std::size_t c = 0; c < sums.size(); ++c) {
      result()[static_cast<std::size_t>(pixel) * sums.size() + c] = requantized(sums[c] + bias(c), c, activation);
      sums[c] = 0;
    }
  }

  bool fully_connected() {
    const auto outputs = static_cast<std::size_t>(in(1).shape[0]), inputs = static_cast<std::size_t>(in(1).shape[1]);
    // One scale: its product with the input's is taken in float.
    const bool is_single = in(1).scales.size() == 1;
    const auto single = static_cast<double>(in(0).scales[0] * in(1).scales[0]);
    for (std::size_t o = 0; o < outputs; ++o) {
      std::int32_t sum = bias(o);
      for (std::size_t i = 0; i < inputs; ++i)
        sum += weight(static_cast<std::int64_t>(o * inputs + i)) * (computed(0)[i] - zero(in(0)));
      const Multiplier multiplier((is_single ? single : scale(in(0)) * scale(in(1), o)) / scale(out()));
      result().push_back(
          limited(multiplier(sum) + zero(out()), activation_range(op_.option<std::int8_t>(0, 0), out())));
    }
    return true;
  }

  template <typename Reduce, typename Finish>
  bool pool(Reduce&& reduce, Finish&& finish) {
    const auto channels = static_cast<std::size_t>(in(0).shape[3]);
    const Axis rows = axis(1, op_.option<std::int32_t>(4, 0), op_.option<std::int32_t>(2, 0), 1);
    const Axis columns = axis(2, op_.option<std::int32_t>(3, 0), op_.option<std::int32_t>(1, 0), 1);
    const Limits limits = activation_range(op_.option<std::int8_t>(5, 0), out());
    std::vector<std::vector<std::int8_t>> taps(channels);
    slide(
        rows, columns,
        [&](std::int64_t, std::int64_t, std::int64_t pixel) {
          for (std::size_t c = 0; c < channels; ++c)
            taps[c].push_back(computed(0)[static_cast<std::size_t>(pixel) * channels + c]);
        },
        [&](std::int64_t) {
          for (auto& channel : taps) {
            std::int32_t value = channel[0];
            for (std::size_t i = 1; i < channel.size(); ++i) value = reduce(value, channel[i]);
            result().push_back(limited(finish(value, static_cast<std::int32_t>(channel.size())), limits));
            channel.clear();
          }
        });
    return true;
  }

  bool average_pool() {
    return pool([](std::int32_t a, std::int32_t b) { return a + b; },
                [](std::int32_t sum, std::int32_t count) {
                  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
                });
  }
  bool max_pool() {
    return pool([](std::int32_t a, std::int32_t b) { return std::max(a, b); },
                [](std::int32_t value, std::int32_t) { return value; });
  }

  bool add(bool subtracts) {
    const double twice = 2 * std::max(scale(in(0)), scale(in(1)));
    const Multiplier a(scale(in(0)) / twice), b(scale(in(1)) / twice), both(twice / ((1 << 20) * scale(out())));
    const Limits limits = activation_range(op_.option<std::int8_t>(0, 0), out());
    for (std::size_t i = 0; i < computed(0).size(); ++i) {
      const std::int32_t x = a((computed(0)[i] - zero(in(0))) * (1 << 20));
      const std::int32_t y = b((computed(1)[i % computed(1).size()] - zero(in(1))) * (1 << 20));
      result().push_back(limited(both(subtracts ? x - y : x + y) + zero(out()), limits));
    }
    return true;
  }

  bool multiply() {
    // In float, unlike the multipliers of convs.
    const Multiplier multiplier(static_cast<double>(in(0).scales[0] * in(1).scales[0] / out().scales[0]));
    const Limits limits = activation_range(op_.option<std::int8_t>(0, 0), out());
    for (std::size_t i = 0; i < computed(0).size(); ++i)
      result().push_back(
          limited(multiplier((computed(0)[i] - zero(in(0))) * (computed(1)[i % computed(1).size()] - zero(in(1)))) +
                      zero(out()),
                  limits));
    return true;
  }

  const TfliteModel& model_;
  const TfliteOperator& op_;
  Map& tensors_;
};

}  // namespace

bool run_tflite_kernel(const TfliteModel& model, const TfliteOperator& op,
                       std::map<std::int32_t, TfliteCodes>& tensors) {
  return Kernel(model, op, tensors).run();
}

}  // namespace evenshift::test
