#if defined(__AVX2__)
#include <immintrin.h>

#include <cstdint>
#include <utility>

namespace evenshift::sim {
namespace {

/// 16-bit elements, two to a unit, multiplied by vpmaddwd. `Vec` is 8 lanes.
struct Isa {
  using Vec = __m256i;
  static constexpr int kLanes = 8;
  static constexpr int kUnitElements = 2;
  static constexpr std::int32_t kOffset = 0;
  static constexpr int kMaxVectors = 2;
  static constexpr int kRowsAtOnce[] = {0, 8, 6};
  static constexpr int kDepthwiseVectors = 2;
  static constexpr bool kFuses = true;

  static Vec load(const void* from) { return _mm256_loadu_si256(static_cast<const Vec*>(from)); }
  static void store(void* to, Vec value) { _mm256_storeu_si256(static_cast<Vec*>(to), value); }
  static Vec broadcast(const std::uint8_t* unit) {
    std::int32_t value;
    __builtin_memcpy(&value, unit, 4);
    return _mm256_set1_epi32(value);
  }
  static Vec dot(Vec acc, Vec elements, Vec weights) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(elements, weights));
  }

  static Vec add64(Vec a, Vec b) { return _mm256_add_epi64(a, b); }
  static Vec multiply_even(Vec a, Vec b) { return _mm256_mul_epi32(a, b); }
  static Vec odd_to_even(Vec a) { return _mm256_srli_epi64(a, 32); }
  static Vec high_words(Vec even, Vec odd) { return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA); }
  static Vec shift_right(Vec a, Vec by) { return _mm256_srav_epi32(a, by); }
  static Vec shift_left(Vec a, Vec by) { return _mm256_sllv_epi32(a, by); }

  struct Range {
    __m128i low, high;
    std::int64_t channels;
  };
  static Range range(std::int8_t low, std::int8_t high, std::int64_t channels) {
    return {_mm_set1_epi8(low), _mm_set1_epi8(high), channels};
  }
  static void store_bytes(std::uint8_t* to, __m128i bytes, const Range& range) {
    const __m128i clamped = _mm_min_epi8(_mm_max_epi8(bytes, range.low), range.high);
    if (range.channels == 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), clamped);
    } else {
      alignas(16) std::uint8_t codes[16];
      _mm_store_si128(reinterpret_cast<__m128i*>(codes), clamped);
      __builtin_memcpy(to, codes, static_cast<std::size_t>(range.channels));
    }
  }
  static void store_packed(std::uint8_t* to, Vec first, Vec second, Vec order, const Range& range) {
    const Vec words = _mm256_packs_epi32(first, second);
    const Vec bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(words, words), order);
    store_bytes(to, _mm256_castsi256_si128(bytes), range);
  }
  template <int Vectors>
  static void store_codes(std::uint8_t* to, const Vec* values, const Range& range) {
    store_packed(to, values[0], values[Vectors - 1], _mm256_setr_epi32(0, 4, 1, 5, 0, 4, 1, 5), range);
  }
  static void store_interleaved(std::uint8_t* to, const Vec* values, const Range& range) {
    store_packed(to, values[0], values[1], _mm256_setr_epi32(0, 1, 4, 5, 0, 1, 4, 5), range);
  }

  /// 16 channels of two rows -> 2 vectors of units, in the order of depthwise_channel.
  static void interleave(const std::uint8_t* const* rows, Vec* out) {
    out[0] = _mm256_unpacklo_epi16(load(rows[0]), load(rows[1]));
    out[1] = _mm256_unpackhi_epi16(load(rows[0]), load(rows[1]));
  }

  static void widen(std::uint8_t* elements, const std::uint8_t* codes, std::int64_t count) {
    std::int64_t i = 0;
    for (; i + 16 <= count; i += 16)
      store(elements + 2 * i, _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + i))));
    for (; i < count; ++i) {
      const auto element = static_cast<std::int16_t>(static_cast<std::int8_t>(codes[i]));
      __builtin_memcpy(elements + 2 * i, &element, 2);
    }
  }
};

}  // namespace
}  // namespace evenshift::sim

#include "sim/functional/kernels_source.h"

namespace evenshift::sim {
const Kernels& avx2_kernels() { return kKernels; }
}  // namespace evenshift::sim
#else
#include "sim/functional/kernels.h"

namespace evenshift::sim {
const Kernels& avx2_kernels() { return generic_kernels(); }  // never asked for: is_supported says no
}  // namespace evenshift::sim
#endif
