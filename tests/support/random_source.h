#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace evenshift::support {

/// Seeded integers that are the same with every standard library.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : engine_(seed * 0x9E3779B97F4A7C15u + 0x1234567u) {}

  /// Uniform (to within 2^-32) in [low, high].
  std::int64_t in(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  /// True once in `n` draws.
  bool one_in(std::int64_t n) { return in(1, n) == 1; }
  template <typename T>
  const T& of(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(in(0, static_cast<std::int64_t>(choices.size()) - 1))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace evenshift::support
