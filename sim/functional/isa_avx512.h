// No include guard on purpose, like kernels_source.h: for the sources that are compiled with AVX-512 VNNI flags alone.
#include <immintrin.h>

#include <cstdint>
#include <utility>

namespace evenshift::sim {
namespace {

/// Unsigned elements (code + 128), four to a unit, multiplied by vpdpbusd. In these functions `Vec` is 16 lanes.
struct Isa {
  using Vec = __m512i;
  static constexpr int kLanes = 16;
  static constexpr int kUnitElements = 4;
  static constexpr std::int32_t kOffset = 128;
  static constexpr int kMaxVectors = 4;
  static constexpr int kRowsAtOnce[] = {0, 12, 12, 8, 6};
  static constexpr int kDepthwiseVectors = 4;
  static constexpr bool kFuses = true;

  static Vec load(const void* from) { return _mm512_loadu_si512(from); }
  static void store(void* to, Vec value) { _mm512_storeu_si512(to, value); }
  static Vec broadcast(const std::uint8_t* unit) {
    std::int32_t value;
    __builtin_memcpy(&value, unit, 4);
    return _mm512_set1_epi32(value);
  }
  static Vec dot(Vec acc, Vec elements, Vec weights) { return _mm512_dpbusd_epi32(acc, elements, weights); }

  static Vec add64(Vec a, Vec b) { return _mm512_add_epi64(a, b); }
  static Vec multiply_even(Vec a, Vec b) { return _mm512_mul_epi32(a, b); }
  static Vec odd_to_even(Vec a) { return _mm512_srli_epi64(a, 32); }
  static Vec high_words(Vec even, Vec odd) {
    return _mm512_mask_shuffle_epi32(odd, 0x5555, even, static_cast<_MM_PERM_ENUM>(0xF5));
  }
  static Vec shift_right(Vec a, Vec by) { return _mm512_srav_epi32(a, by); }
  static Vec shift_left(Vec a, Vec by) { return _mm512_sllv_epi32(a, by); }

  struct Range {
    Vec low, high;
    __mmask64 channels;
  };
  static Range range(std::int8_t low, std::int8_t high, std::int64_t channels) {
    return {_mm512_set1_epi8(low), _mm512_set1_epi8(high), ~__mmask64{0} >> (64 - channels)};
  }
  static void store_bytes(std::uint8_t* to, Vec bytes, const Range& range) {
    const Vec clamped = _mm512_min_epi8(_mm512_max_epi8(bytes, range.low), range.high);
    _mm512_mask_storeu_epi8(to, range.channels, clamped);
  }
  template <int Vectors>
  static void store_codes(std::uint8_t* to, const Vec* values, const Range& range) {
    const Vec order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const Vec first = _mm512_packs_epi32(values[0], values[Vectors > 1 ? 1 : 0]);
    const Vec second = Vectors > 2 ? _mm512_packs_epi32(values[Vectors > 2 ? 2 : 0], values[Vectors - 1]) : first;
    store_bytes(to, _mm512_permutexvar_epi32(order, _mm512_packs_epi16(first, second)), range);
  }
  static void store_interleaved(std::uint8_t* to, const Vec* values, const Range& range) {
    store_bytes(to,
                _mm512_packs_epi16(_mm512_packs_epi32(values[0], values[1]), _mm512_packs_epi32(values[2], values[3])),
                range);
  }

  /// 64 channels of four rows -> 4 vectors of units, in the order of depthwise_channel.
  static void interleave(const std::uint8_t* const* rows, Vec* out) {
    const Vec a = load(rows[0]);
    const Vec b = load(rows[1]);
    const Vec c = load(rows[2]);
    const Vec d = load(rows[3]);
    const Vec ab_low = _mm512_unpacklo_epi8(a, b);
    const Vec ab_high = _mm512_unpackhi_epi8(a, b);
    const Vec cd_low = _mm512_unpacklo_epi8(c, d);
    const Vec cd_high = _mm512_unpackhi_epi8(c, d);
    out[0] = _mm512_unpacklo_epi16(ab_low, cd_low);
    out[1] = _mm512_unpackhi_epi16(ab_low, cd_low);
    out[2] = _mm512_unpacklo_epi16(ab_high, cd_high);
    out[3] = _mm512_unpackhi_epi16(ab_high, cd_high);
  }

  static void widen(std::uint8_t* elements, const std::uint8_t* codes, std::int64_t count) {
    const Vec offset = _mm512_set1_epi8(static_cast<char>(0x80));
    std::int64_t i = 0;
    for (; i + 64 <= count; i += 64) store(elements + i, _mm512_xor_si512(load(codes + i), offset));
    if (i < count) {
      const __mmask64 rest = ~__mmask64{0} >> (64 - (count - i));
      _mm512_mask_storeu_epi8(elements + i, rest, _mm512_xor_si512(_mm512_maskz_loadu_epi8(rest, codes + i), offset));
    }
  }
};

}  // namespace
}  // namespace evenshift::sim
