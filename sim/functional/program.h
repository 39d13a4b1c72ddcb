#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "arch/image/image.h"
#include "sim/functional/instruction_set.h"
#include "sim/functional/packed_conv.h"
#include "sim/functional/placement.h"

namespace evenshift::sim {

/// An image made ready for FunctionalExecutor: its constants laid out for one instruction set, and the commands that a
/// run has to execute. Built once, shared by any number of threads; refers to the image, which must outlive it.
struct Program {
  struct Step {
    std::int64_t command = 0;                  ///< index into Image::commands
    std::shared_ptr<const PackedConv> packed;  ///< of a conv whose constants are known; others are packed in the run
    bool keeps_accumulators = false;           ///< of a conv: the next conv continues
    /// Of a conv: where it reads and writes DRAM itself, so that a load and a store need not happen.
    std::optional<Placement> input_in_dram, output_in_dram;
    bool executes = true;     ///< false: nothing is left to do but to end the layer
    bool ends_layer = false;  ///< after it the layer's tensors are complete
  };

  const image::Image* image = nullptr;
  InstructionSet instruction_set = InstructionSet::generic;
  const Kernels* kernels = nullptr;
  std::vector<Step> steps;
  bool must_clear_scratchpad = false;  ///< a run must begin with a scratchpad of zeros
  bool must_restore_dram = false;  ///< a run must begin with the DRAM of initial_dram; otherwise one may follow another

  /// Throws InternalError where this machine does not support the instruction set.
  static std::shared_ptr<const Program> build(const image::Image& image, InstructionSet set);
};

}  // namespace evenshift::sim
