#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace evenshift::sim {

/// Code paths of the functional executor, slowest first. All compute the same bytes.
enum class InstructionSet : std::uint8_t { generic, avx2, avx512_vnni, avx512_amx };

inline constexpr std::array<std::string_view, 4> kInstructionSetNames = {"generic", "avx2", "avx512_vnni",
                                                                         "avx512_amx"};

constexpr std::string_view to_string(InstructionSet set) { return kInstructionSetNames[static_cast<std::size_t>(set)]; }

constexpr std::optional<InstructionSet> instruction_set_from_string(std::string_view name) {
  for (std::size_t i = 0; i < kInstructionSetNames.size(); ++i)
    if (kInstructionSetNames[i] == name) return static_cast<InstructionSet>(i);
  return std::nullopt;
}

/// Whether this program was built with the code path and this processor, with its operating system, runs it.
bool is_supported(InstructionSet set);

/// Every supported one, slowest first.
std::vector<InstructionSet> supported_instruction_sets();

/// The environment variable EVENSHIFT_ISA where it is set, otherwise the fastest supported. Throws Error when the
/// variable names none, or one that this machine does not support.
InstructionSet default_instruction_set();

}  // namespace evenshift::sim
