#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace evenshift::host {

/// Whether score `a` of index `i` goes before score `b` of index `j`: the greater score; of equal ones the lower index;
/// what is not a number goes last.
template <typename Score>
bool goes_before(Score a, std::int64_t i, Score b, std::int64_t j) {
  const bool a_is_number = a == a;
  const bool b_is_number = b == b;
  if (a_is_number != b_is_number) return a_is_number;
  if (a_is_number && a != b) return a > b;
  return i < j;
}

/// Indices of the `k` greatest scores, best first; all of them where there are fewer than `k`. Ties: lower index first.
template <typename Score>
std::vector<std::int64_t> top_k(std::span<const Score> scores, std::size_t k) {
  std::vector<std::int64_t> indices(scores.size());
  std::iota(indices.begin(), indices.end(), 0);
  const std::size_t count = std::min(k, scores.size());
  std::partial_sort(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(count), indices.end(),
                    [&](std::int64_t i, std::int64_t j) {
                      return goes_before(scores[static_cast<std::size_t>(i)], i, scores[static_cast<std::size_t>(j)],
                                         j);
                    });
  indices.resize(count);
  return indices;
}

/// Place of `index` in the order of top_k, counted from 0; scores.size() where there is no such index.
template <typename Score>
std::size_t rank_of(std::span<const Score> scores, std::int64_t index) {
  if (index < 0 || index >= static_cast<std::int64_t>(scores.size())) return scores.size();
  std::size_t rank = 0;
  for (std::size_t other = 0; other < scores.size(); ++other)
    rank +=
        goes_before(scores[other], static_cast<std::int64_t>(other), scores[static_cast<std::size_t>(index)], index);
  return rank;
}

/// How often the expected output was first, and among the first five.
struct AccuracyCounter {
  std::int64_t count = 0;
  std::int64_t top1 = 0;
  std::int64_t top5 = 0;

  /// `expected_output` = label + offset; one that no output has counts as wrong.
  template <typename Score>
  void add(std::span<const Score> scores, std::int64_t expected_output) {
    const std::size_t rank = rank_of(scores, expected_output);
    const bool exists = rank < scores.size();
    ++count;
    top1 += exists && rank < 1;
    top5 += exists && rank < 5;
  }
  AccuracyCounter& operator+=(const AccuracyCounter& other) {
    count += other.count;
    top1 += other.top1;
    top5 += other.top5;
    return *this;
  }
  /// 0 to 1; 0 where nothing was counted.
  [[nodiscard]] double top1_fraction() const { return fraction(top1); }
  [[nodiscard]] double top5_fraction() const { return fraction(top5); }
  bool operator==(const AccuracyCounter&) const = default;

 private:
  [[nodiscard]] double fraction(std::int64_t hits) const {
    return count == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(count);
  }
};

}  // namespace evenshift::host
