#include "compiler/explain/likeness.h"

#include <algorithm>
#include <cmath>

#include "arch/base/check.h"

namespace evenshift::compiler {

void ErrorSums::add(std::span<const float> exact, std::span<const float> other) {
  check_equal(other.size(), exact.size(), "numbers to compare");
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double wanted = exact[i];
    const double difference = wanted - other[i];
    signal += wanted * wanted;
    error += difference * difference;
  }
}

ErrorSums& ErrorSums::operator+=(const ErrorSums& other) {
  signal += other.signal;
  error += other.error;
  return *this;
}

double ErrorSums::noise() const {
  if (!(error > 0)) return 0;
  return signal > 0 ? std::min(error / signal, kMostNoise) : kMostNoise;
}

double sqnr_db(double noise) { return noise > 0 ? std::clamp(-10 * std::log10(noise), -200.0, 200.0) : 200.0; }

Likeness likeness(const Outputs& exact, const Outputs& other) {
  check_equal(other.size(), exact.size(), "outputs to compare");
  ErrorSums sums;
  Likeness result;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    sums.add(exact[i], other[i]);
    result.disagreeing +=
        std::ranges::max_element(exact[i]) - exact[i].begin() != std::ranges::max_element(other[i]) - other[i].begin();
  }
  result.noise = sums.noise();
  if (!exact.empty())
    result.agreement = 1 - static_cast<double>(result.disagreeing) / static_cast<double>(exact.size());
  return result;
}

}  // namespace evenshift::compiler
