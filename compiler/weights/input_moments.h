#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// First and second moments of what a conv multiplies its weights with: x, the taps of an output position in the float
/// network, and z, the same in the quantized one, in the order of Conv::weights, over sampled positions of the
/// calibration images. With them the squared error of a layer's output is a quadratic form of its weights:
///
///     E (W x - V z)² = W E[x xᵀ] Wᵀ - 2 W cross Vᵀ + V gram Vᵀ
struct InputMoments {
  std::size_t groups = 1;
  std::size_t taps = 0;            ///< of a group: input channels · kernel_height · kernel_width
  std::vector<double> float_mean;  ///< [group][tap]: E[x]
  std::vector<double> mean;        ///< [group][tap]: E[z]
  std::vector<float> gram;         ///< [group][tap][tap]: E[z zᵀ]; empty where a layer is too wide, see kMostTaps
  std::vector<float> cross;        ///< [group][tap][tap]: E[x zᵀ]
  std::vector<double> power;       ///< [group][tap]: E[z²]

  /// Wider layers have no gram and no cross: 16384² numbers are a gigabyte.
  static constexpr std::size_t kMostTaps = 8192;

  [[nodiscard]] const float* gram_of(std::size_t group) const { return gram.data() + group * taps * taps; }
  [[nodiscard]] const float* cross_of(std::size_t group) const { return cross.data() + group * taps * taps; }
};

/// The moments about the means: E[(z - E z)(z - E z)ᵀ], and cross likewise: what is left of the error when the bias
/// takes the rest.
InputMoments centered(InputMoments moments);

/// Output positions (y · width + x) that are sampled of an image, ascending: all of them where they are no more than
/// `most`, else one out of each of `most` equal parts, chosen by a generator that is seeded with `seed`.
std::vector<std::size_t> sampled_positions(const Shape& output, std::size_t most, std::uint64_t seed);

/// Whether products of two taps are wanted: they cost by far the most.
enum class Moments : std::uint8_t { means, products };

/// Sums the moments of a conv over about kSamples positions (a quarter of that for means), samples in the order in
/// which they are added. The same bytes for any number of threads.
class MomentSums {
 public:
  static constexpr std::int64_t kSamples = 32768;

  /// `images` is how many will be added in all.
  MomentSums(const Conv& conv, const Shape& in, const Shape& out, Moments which, std::int64_t images);

  /// The input of an image in the float network and in the quantized one, in (c, y, x) order.
  struct Pair {
    std::span<const float> exact;
    std::span<const float> quantized;
    std::uint64_t seed = 0;
  };
  void add(std::span<const Pair> images, int threads);
  [[nodiscard]] InputMoments finish() const;

 private:
  void add_samples(const std::vector<float>& exact, const std::vector<float>& quantized, std::size_t samples,
                   int threads);

  const Conv& conv_;
  Shape in_;
  Shape out_;
  std::size_t groups_;
  std::size_t taps_;
  bool products_;
  std::size_t positions_;  ///< sampled of an image
  double samples_ = 0;
  std::vector<double> float_mean_, mean_, power_, gram_, cross_;
};

}  // namespace evenshift::compiler
