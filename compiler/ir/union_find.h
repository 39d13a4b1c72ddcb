#pragma once

#include <cstddef>
#include <numeric>
#include <vector>

namespace evenshift::compiler {

/// Sets of numbers below `count` that are joined in pairs.
class UnionFind {
 public:
  explicit UnionFind(std::size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), std::size_t{0});
  }

  /// The number that stands for the set of `element`; the same for all of its elements.
  std::size_t find(std::size_t element) {
    while (parents_[element] != element) element = parents_[element] = parents_[parents_[element]];
    return element;
  }

  void join(std::size_t a, std::size_t b) { parents_[find(a)] = find(b); }

 private:
  std::vector<std::size_t> parents_;
};

}  // namespace evenshift::compiler
