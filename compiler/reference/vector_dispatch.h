#pragma once

namespace evenshift::compiler {

/// Runs `loops` compiled for the widest vectors that this machine has. Everything that `loops` calls is inlined, so it
/// must be visible. Its results are the same on every machine as long as it names the order of every sum itself:
/// -ffp-contract=off keeps products and sums apart, and vectors only compute independent lanes side by side.
template <typename Loops>
[[gnu::target("avx512f"), gnu::flatten, gnu::noinline]] void run_with_avx512(const Loops& loops) {
  loops();
}
template <typename Loops>
[[gnu::target("avx2"), gnu::flatten, gnu::noinline]] void run_with_avx2(const Loops& loops) {
  loops();
}
template <typename Loops>
void with_widest_vectors(const Loops& loops) {
  static const bool has_avx512 = __builtin_cpu_supports("avx512f");
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx512)
    run_with_avx512(loops);
  else if (has_avx2)
    run_with_avx2(loops);
  else
    loops();
}

}  // namespace evenshift::compiler
