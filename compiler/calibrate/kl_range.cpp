#include "compiler/calibrate/kl_range.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace evenshift::compiler {
namespace {

constexpr std::int64_t kBins = Histogram::kBins;

/// Natural logarithm of a positive normal number: with x = m · 2^e, m near 1, and t = (m - 1) / (m + 1), it is
/// e · ln 2 + 2 · (t + t³/3 + t⁵/5 + …).
double portable_log(double x) {
  constexpr double kLn2 = 0.693147180559945309417;
  constexpr double kSqrtHalf = 0.707106781186547524401;
  int exponent = 0;
  double fraction = std::frexp(x, &exponent);
  if (fraction < kSqrtHalf) {
    fraction *= 2;
    --exponent;
  }
  const double t = (fraction - 1) / (fraction + 1);
  double series = 0;
  for (int term = 21; term > 0; term -= 2) series = series * t * t + 1.0 / term;
  return exponent * kLn2 + 2 * t * series;
}

double times_log(double count) { return count > 0 ? count * portable_log(count) : 0; }

/// Divergences of ranges over bins [first, last), counted from -kBins, with sums over bins prepared.
class Divergence {
 public:
  Divergence(std::span<const std::int64_t> counts, std::int64_t levels) : counts_(counts), levels_(levels) {
    for (const std::int64_t count : counts) {
      numbers_.push_back(numbers_.back() + count);
      occupied_.push_back(occupied_.back() + (count > 0 ? 1 : 0));
      entropy_.push_back(entropy_.back() + times_log(static_cast<double>(count)));
    }
  }

  [[nodiscard]] double operator()(std::int64_t first, std::int64_t last) const {
    const auto at = [](const auto& sums, std::int64_t bin) { return sums[static_cast<std::size_t>(bin)]; };
    const std::int64_t total = numbers_.back();
    const std::int64_t inside = at(numbers_, last) - at(numbers_, first);
    if (inside == 0) return total == 0 ? 0 : std::numeric_limits<double>::infinity();
    const std::int64_t below = at(numbers_, first);
    const std::int64_t above = total - at(numbers_, last);
    double sum = at(entropy_, last) - at(entropy_, first) + moved(first, below) + moved(last - 1, above);
    for (std::int64_t level = 0; level < levels_; ++level) {
      const std::int64_t begin = first + (last - first) * level / levels_;
      const std::int64_t end = first + (last - first) * (level + 1) / levels_;
      if (begin == end) continue;
      const std::int64_t kept = at(numbers_, end) - at(numbers_, begin);
      const std::int64_t clipped = (begin == first ? below : 0) + (end == last ? above : 0);
      if (kept + clipped == 0) continue;
      if (kept == 0) return std::numeric_limits<double>::infinity();
      const std::int64_t bins = at(occupied_, end) - at(occupied_, begin) +
                                (begin == first ? newly_occupied(first, below) : 0) +
                                (end == last ? newly_occupied(last - 1, above) : 0);
      sum -= static_cast<double>(kept + clipped) * portable_log(static_cast<double>(kept) / static_cast<double>(bins));
    }
    return sum / static_cast<double>(total) + portable_log(static_cast<double>(inside) / static_cast<double>(total));
  }

 private:
  /// What P · ln P of a bin grows by when `outside` numbers move in.
  [[nodiscard]] double moved(std::int64_t bin, std::int64_t outside) const {
    const auto count = static_cast<double>(counts_[static_cast<std::size_t>(bin)]);
    return times_log(count + static_cast<double>(outside)) - times_log(count);
  }

  [[nodiscard]] std::int64_t newly_occupied(std::int64_t bin, std::int64_t outside) const {
    return counts_[static_cast<std::size_t>(bin)] == 0 && outside > 0 ? 1 : 0;
  }

  std::span<const std::int64_t> counts_;
  std::int64_t levels_;
  std::vector<std::int64_t> numbers_ = {0};
  std::vector<std::int64_t> occupied_ = {0};
  std::vector<double> entropy_ = {0};
};

/// Numbers of bins on either side of 0.
struct Ends {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

}  // namespace

double kl_divergence(const Histogram& histogram, const ValueRange& range, int bits) {
  if (histogram.counts().empty()) return 0;
  const auto bin = [&](double end) { return kBins + static_cast<std::int64_t>(std::llround(end / histogram.width())); };
  return Divergence(histogram.counts(), std::int64_t{1} << bits)(bin(range.low), bin(range.high));
}

ValueRange kl_range(const Histogram& histogram, int bits) {
  const ValueRange whole{std::min(histogram.extent().low, 0.0), std::max(histogram.extent().high, 0.0)};
  const double width = histogram.width();
  const Ends most{static_cast<std::int64_t>(std::ceil(-whole.low / width)),
                  static_cast<std::int64_t>(std::floor(whole.high / width)) + (whole.high > 0 ? 1 : 0)};
  if (most.low + most.high == 0) return whole;
  const std::int64_t levels = std::int64_t{1} << bits;
  const std::int64_t least = most.low > 0 && most.high > 0 ? levels / 2 : levels;
  const Divergence divergence(histogram.counts(), levels);
  Ends best = most;
  double least_divergence = divergence(kBins - most.low, kBins + most.high);
  for (int round = 0; round < 2; ++round)
    for (std::int64_t Ends::*const end : {&Ends::high, &Ends::low}) {
      const std::int64_t step = std::max<std::int64_t>(1, most.*end / 256);
      Ends candidate = best;
      for (candidate.*end = most.*end; candidate.*end >= std::min(least, most.*end) && candidate.*end > 0;
           candidate.*end -= step) {
        const double found = divergence(kBins - candidate.low, kBins + candidate.high);
        if (found >= least_divergence) continue;
        least_divergence = found;
        best = candidate;
      }
    }
  return {std::max(-static_cast<double>(best.low) * width, whole.low),
          std::min(static_cast<double>(best.high) * width, whole.high)};
}

}  // namespace evenshift::compiler
