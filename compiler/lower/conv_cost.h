#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "compiler/lower/conv_plan.h"
#include "compiler/lower/tile_copy.h"

namespace evenshift::compiler {

/// Bytes and estimated cycles of the plans of one layer.
class ConvCost {
 public:
  ConvCost(const ConvShape& shape, const NpuConfig& config) : shape_(shape), config_(config) {}

  /// Scratchpad bytes of a plan, whose slot sizes it fills in.
  std::int64_t measure(ConvPlan& plan) const;

  /// Packed weights of the whole layer.
  [[nodiscard]] std::int64_t all_weight_bytes(const ConvPlan& plan) const;

  /// Fills in the estimates of a plan that has been measured. A plan that is sure to take `limit` cycles or more gets a
  /// lower bound of its cycles only.
  void estimate(ConvPlan& plan, std::int64_t limit);

 private:
  /// Loads and their bytes and cycles, by what they load; stores.
  struct Transfers {
    CopyCost input, weights, params, output;
  };

  [[nodiscard]] std::int64_t weight_bytes(const ConvPlan& plan, std::int64_t groups, std::int64_t outputs,
                                          std::int64_t inputs) const;
  [[nodiscard]] std::int64_t all_scale_bytes(const ConvPlan& plan) const;
  [[nodiscard]] Transfers transfers_of(const ConvPlan& plan, const ConvTiles& tiles) const;
  [[nodiscard]] CopyCost input_copies(const ConvPlan& plan) const;
  [[nodiscard]] CopyCost output_copies(const ConvPlan& plan) const;
  [[nodiscard]] std::int64_t ideal_cycles() const;
  std::int64_t compute_cycles(const ConvPlan& plan);
  std::int64_t reduction_cycles(const ConvPlan& plan, std::int64_t height, std::int64_t width, std::int64_t groups,
                                std::int64_t outputs);
  std::int64_t command_cycles(const ConvPlan& plan, std::int64_t height, std::int64_t width, std::int64_t groups,
                              std::int64_t outputs, std::int64_t inputs, bool finishes);

  ConvShape shape_;
  NpuConfig config_;
  std::map<std::array<std::int64_t, 7>, std::int64_t> timings_;  ///< of commands, by what they depend on
};

}  // namespace evenshift::compiler
