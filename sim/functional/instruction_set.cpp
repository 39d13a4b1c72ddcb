#include "sim/functional/instruction_set.h"

#include <fmt/ranges.h>

#include <cstdlib>

#include "arch/base/error.h"

namespace evenshift::sim {

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
