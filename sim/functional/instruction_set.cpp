#include "sim/functional/instruction_set.h"

#include <fmt/ranges.h>

#include <cstdlib>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "arch/base/error.h"

namespace evenshift::sim {
namespace {

/// Linux gives a process the tile registers when it asks for them, once for all its threads.
bool may_use_tiles() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  static const bool granted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
#else
  return false;
#endif
}

/// CPUID leaf 7: AMX-TILE and AMX-INT8. Compilers of 2022 do not all know them by name.
bool has_integer_tiles() {
#if defined(__x86_64__)
  constexpr unsigned kTileBits = (1u << 24) | (1u << 25);
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kTileBits) == kTileBits;
#else
  return false;
#endif
}

}  // namespace

bool is_supported(InstructionSet set) {
#if defined(__x86_64__)
  switch (set) {
    case InstructionSet::generic:
      return true;
    case InstructionSet::avx2:
      return __builtin_cpu_supports("avx2") != 0;
    case InstructionSet::avx512_vnni:
      return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
             __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
             __builtin_cpu_supports("avx512vnni") != 0;
    case InstructionSet::avx512_amx:
      return is_supported(InstructionSet::avx512_vnni) && has_integer_tiles() && may_use_tiles();
  }
#endif
  return set == InstructionSet::generic;
}

std::vector<InstructionSet> supported_instruction_sets() {
  std::vector<InstructionSet> sets;
  for (std::size_t i = 0; i < kInstructionSetNames.size(); ++i)
    if (is_supported(static_cast<InstructionSet>(i))) sets.push_back(static_cast<InstructionSet>(i));
  return sets;
}

InstructionSet default_instruction_set() {
  const char* name = std::getenv("EVENSHIFT_ISA");
  if (name == nullptr || *name == '\0') return supported_instruction_sets().back();
  const auto set = instruction_set_from_string(name);
  if (!set) fail("EVENSHIFT_ISA: {} is no instruction set; {} can be", name, fmt::join(kInstructionSetNames, ", "));
  if (!is_supported(*set)) fail("EVENSHIFT_ISA: this machine does not support {}", name);
  return *set;
}

}  // namespace evenshift::sim
