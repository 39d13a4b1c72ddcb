#include <cstdint>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace evenshift::sim {
namespace {

/// 16-bit elements, two to a unit, in vectors of 4 lanes: SSE2, which every x86-64 has, or plain loops elsewhere.
struct Isa {
  static constexpr int kLanes = 4;
  static constexpr int kUnitElements = 2;
  static constexpr std::int32_t kOffset = 0;
  static constexpr int kMaxVectors = 2;
  static constexpr int kRowsAtOnce[] = {0, 8, 6};
  static constexpr int kDepthwiseVectors = 2;
  static constexpr bool kFuses = false;

#if defined(__SSE2__)
  using Vec = __m128i;
  static Vec load(const void* from) { return _mm_loadu_si128(static_cast<const Vec*>(from)); }
  static void store(void* to, Vec value) { _mm_storeu_si128(static_cast<Vec*>(to), value); }
  static Vec broadcast(const std::uint8_t* unit) {
    std::int32_t value;
    __builtin_memcpy(&value, unit, 4);
    return _mm_set1_epi32(value);
  }
  static Vec dot(Vec acc, Vec elements, Vec weights) { return _mm_add_epi32(acc, _mm_madd_epi16(elements, weights)); }
  static void interleave(const std::uint8_t* const* rows, Vec* out) {
    out[0] = _mm_unpacklo_epi16(load(rows[0]), load(rows[1]));
    out[1] = _mm_unpackhi_epi16(load(rows[0]), load(rows[1]));
  }
#else
  struct Vec {
    std::int16_t halves[8];
  };
  static Vec load(const void* from) {
    Vec value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
  }
  static void store(void* to, Vec value) { __builtin_memcpy(to, &value, sizeof value); }
  static Vec broadcast(const std::uint8_t* unit) {
    Vec value;
    for (int lane = 0; lane < 4; ++lane) __builtin_memcpy(value.halves + 2 * lane, unit, 4);
    return value;
  }
  static Vec dot(Vec acc, Vec elements, Vec weights) {
    std::uint32_t sums[4];
    __builtin_memcpy(sums, &acc, sizeof sums);
    for (int lane = 0; lane < 4; ++lane)
      for (int i = 2 * lane; i < 2 * lane + 2; ++i)
        sums[lane] += static_cast<std::uint32_t>(std::int32_t{elements.halves[i]} * weights.halves[i]);
    return load(sums);
  }
  static void interleave(const std::uint8_t* const* rows, Vec* out) {
    for (int c = 0; c < 8; ++c)
      for (int row = 0; row < 2; ++row) __builtin_memcpy(&out[c / 4].halves[2 * (c % 4) + row], rows[row] + 2 * c, 2);
  }
#endif

  static void widen(std::uint8_t* elements, const std::uint8_t* codes, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      const auto element = static_cast<std::int16_t>(static_cast<std::int8_t>(codes[i]));
      __builtin_memcpy(elements + 2 * i, &element, 2);
    }
  }

  // Not used, since kFuses is false; named so that the shared source compiles.
  struct Range {};
  static Range range(std::int8_t, std::int8_t, std::int64_t) { return {}; }
  static Vec add64(Vec a, Vec) { return a; }
  static Vec multiply_even(Vec a, Vec) { return a; }
  static Vec odd_to_even(Vec a) { return a; }
  static Vec high_words(Vec even, Vec) { return even; }
  static Vec shift_right(Vec a, Vec) { return a; }
  static Vec shift_left(Vec a, Vec) { return a; }
  template <int>
  static void store_codes(std::uint8_t*, const Vec*, const Range&) {}
  static void store_interleaved(std::uint8_t*, const Vec*, const Range&) {}
};

}  // namespace
}  // namespace evenshift::sim

#include "sim/functional/kernels_source.h"

namespace evenshift::sim {
const Kernels& generic_kernels() { return kKernels; }
}  // namespace evenshift::sim
