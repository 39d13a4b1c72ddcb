#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "arch/datapath/conv_core.h"
#include "rtl/cosim/conv_plan.h"
#include "rtl/cosim/datapath.h"

namespace evenshift::rtl {

/// Sends the accumulators of finished tiles through the requantizer lanes and writes the codes that come back. A
/// request is one entry and up to requant_lanes of its columns.
class Drainer {
 public:
  Drainer(const isa::Conv& conv, const ConvPlan& plan, const NpuConfig& config, std::span<std::uint8_t> scratchpad,
          const datapath::AccumulatorObserver& observer, const WidePorts& ports);

  /// The tile is summed up: its turn comes when those before it are drained, from the next step on at the earliest.
  void enqueue(const Tile& tile);
  /// Tiles that have requests left.
  [[nodiscard]] std::size_t pending() const { return queue_.size(); }

  /// One cycle: at most one request.
  void step(Controls& controls);

  /// Takes what left the datapath. Throws InternalError for an accumulator beyond accumulator_bits.
  void collect(const Outputs& outputs, datapath::ConvActivity& activity);

  /// Every request has come back.
  [[nodiscard]] bool empty() const { return sent_ == written_; }

 private:
  struct Request {
    std::int64_t y = 0;
    std::int64_t x = 0;
    std::int64_t block_channel = 0;  ///< first output channel of the block
    std::int64_t first_column = 0;
    std::int64_t columns = 0;
  };

  void begin(const Tile& tile);
  void load_scales(Controls& controls);
  void observe(const Request& request);
  void write(const Request& request, const Outputs& outputs, datapath::ConvActivity& activity);

  const isa::Conv& conv_;
  const ConvPlan& plan_;
  const NpuConfig& config_;
  std::span<std::uint8_t> scratchpad_;
  const datapath::AccumulatorObserver& observer_;
  WidePorts ports_;
  std::int64_t lanes_;
  std::vector<FixedPointScale> channel_scales_;  ///< what each channel stores

  std::deque<Tile> queue_;  ///< the first one is being drained
  isa::ColumnBlock block_;
  bool scales_loaded_ = false;
  std::int64_t position_ = 0;
  std::int64_t column_ = 0;
  std::int64_t y_ = 0;
  std::int64_t x_ = 0;

  std::array<Request, 16> in_flight_;  ///< ring
  std::size_t sent_ = 0;
  std::size_t observed_ = 0;
  std::size_t written_ = 0;
};

}  // namespace evenshift::rtl
