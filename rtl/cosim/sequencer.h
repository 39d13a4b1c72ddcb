#pragma once

#include <span>

#include "arch/datapath/conv_core.h"
#include "rtl/cosim/conv_plan.h"
#include "rtl/cosim/datapath.h"
#include "rtl/cosim/drainer.h"
#include "rtl/cosim/operand_fetch.h"
#include "rtl/cosim/weight_loader.h"

namespace evenshift::rtl {

/// Executes one conv command on a datapath, cycle by cycle. Three machines run side by side: weights of the next pass
/// are loaded, operands of this pass are streamed, the tile before is drained.
class Sequencer {
 public:
  Sequencer(const isa::Conv& conv, const NpuConfig& config, std::span<std::uint8_t> scratchpad,
            const datapath::AccumulatorObserver& observer, Datapath& datapath);

  /// The whole command, until its last byte is written.
  datapath::ConvActivity run();

 private:
  void run_tile(const Tile& tile);
  void stream(const Tile& tile, const Pass& pass, bool first_pass);
  void load_biases(const Tile& tile, Controls& controls);
  void cycle(Controls& controls);
  void idle_cycle();

  const isa::Conv& conv_;
  std::span<const std::uint8_t> scratchpad_;
  std::int64_t pipeline_cycles_;
  Datapath& datapath_;
  WidePorts ports_;
  ConvPlan plan_;
  WeightLoader loader_;
  OperandFetch operands_;
  Drainer drainer_;
  datapath::ConvActivity activity_;
};

}  // namespace evenshift::rtl
