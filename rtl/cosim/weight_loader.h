#pragma once

#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "rtl/cosim/conv_plan.h"
#include "rtl/cosim/datapath.h"

namespace evenshift::rtl {

/// Loads the weights of the next pass into the shadow registers, a row a cycle, over all passes of all tiles in order.
/// The first pass of a column block takes a cycle more, in which the block's biases and scales come.
class WeightLoader {
 public:
  WeightLoader(const isa::Conv& conv, const ConvPlan& plan, std::int64_t mac_cols, std::span<const std::uint8_t> packed,
               std::uint8_t* port)
      : conv_(conv), plan_(plan), mac_cols_(static_cast<std::size_t>(mac_cols)), packed_(packed), port_(port) {
    begin_block();
  }

  /// All rows of the next pass are in the shadow registers.
  [[nodiscard]] bool ready() const { return !parameters_due_ && row_ == passes().at(pass_).rows; }

  /// The shadow weights become active in this cycle; the pass after them is next.
  void swapped() {
    row_ = 0;
    if (++pass_ < passes().size()) return;
    pass_ = 0;
    const std::size_t block = plan_.tiles[tile_].block;
    if (++tile_ < plan_.tiles.size() && plan_.tiles[tile_].block != block) begin_block();
  }

  /// One cycle: at most one row.
  void step(Controls& controls) {
    if (tile_ == plan_.tiles.size() || ready()) return;
    if (parameters_due_) {
      parameters_due_ = false;
      return;
    }
    const auto columns = static_cast<std::size_t>(plan_.blocks[plan_.tiles[tile_].block].channels);
    const auto reduction = static_cast<std::size_t>(passes()[pass_].first_reduction + row_);
    std::memcpy(port_, weights_.data() + reduction * columns, columns);
    controls.weight_load = true;
    controls.weight_row = static_cast<std::uint32_t>(row_++);
  }

 private:
  [[nodiscard]] const std::vector<Pass>& passes() const { return plan_.passes[plan_.tiles[tile_].block]; }

  void begin_block() {
    weights_ = block_weights(conv_, plan_.blocks[plan_.tiles[tile_].block], packed_);
    std::memset(port_, 0, mac_cols_);
    parameters_due_ = true;
  }

  const isa::Conv& conv_;
  const ConvPlan& plan_;
  std::size_t mac_cols_;
  std::span<const std::uint8_t> packed_;
  std::uint8_t* port_;
  std::size_t tile_ = 0;
  std::size_t pass_ = 0;
  std::int64_t row_ = 0;
  bool parameters_due_ = false;
  std::vector<std::int8_t> weights_;
};

}  // namespace evenshift::rtl
