#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace evenshift::compiler {

/// A network's output of every image: [image][number].
using Outputs = std::vector<std::vector<float>>;

/// Sums of squares of what should be and of what is wrong with it.
struct ErrorSums {
  double signal = 0;
  double error = 0;

  void add(std::span<const float> exact, std::span<const float> other);
  ErrorSums& operator+=(const ErrorSums& other);
  /// error / signal; kMostNoise where there is an error and no signal.
  [[nodiscard]] double noise() const;

  static constexpr double kMostNoise = 1e20;
};

/// -10 log10(noise), within ±200 dB.
double sqnr_db(double noise);

/// How alike the outputs of a network are to those of the float network, f and q, over some images.
struct Likeness {
  double noise = 0;      ///< Σ (f - q)² / Σ f²
  double agreement = 1;  ///< share of the images whose greatest output is the same one, the first of equals
  std::int64_t disagreeing = 0;

  [[nodiscard]] double sqnr_db() const { return compiler::sqnr_db(noise); }
};

/// Both have the same images and sizes.
Likeness likeness(const Outputs& exact, const Outputs& other);

}  // namespace evenshift::compiler
