#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
#include "sim/functional/isa_avx512.h"
#include "sim/functional/kernels_source.h"

namespace evenshift::sim {
const Kernels& avx512_vnni_kernels() { return kKernels; }
}  // namespace evenshift::sim
#else
#include "sim/functional/kernels.h"

namespace evenshift::sim {
const Kernels& avx512_vnni_kernels() { return generic_kernels(); }  // never asked for: is_supported says no
}  // namespace evenshift::sim
#endif
