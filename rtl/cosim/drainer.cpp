#include "rtl/cosim/drainer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "arch/base/bit_stream.h"
#include "arch/base/check.h"

namespace evenshift::rtl {
namespace {

constexpr unsigned kPortMultiplierBits = 31;
constexpr unsigned kPortShiftBits = 6;

/// What each channel stores: k_c, n_c or (M_c, n_c), which are the effective scales of a layer whose n is 0.
std::vector<FixedPointScale> stored_scales(const isa::Conv& conv, const NpuConfig::Requantizer& requantizer,
                                           std::span<const std::uint8_t> scratchpad) {
  if (conv.finishes == 0) return {};
  isa::Conv without_layer_shift = conv;
  without_layer_shift.shift = 0;
  return isa::channel_scales(without_layer_shift, requantizer,
                             scratchpad.subspan(static_cast<std::size_t>(conv.scale_address)));
}

}  // namespace

Drainer::Drainer(const isa::Conv& conv, const ConvPlan& plan, const NpuConfig& config,
                 std::span<std::uint8_t> scratchpad, const datapath::AccumulatorObserver& observer,
                 const WidePorts& ports)
    : conv_(conv),
      plan_(plan),
      config_(config),
      scratchpad_(scratchpad),
      observer_(observer),
      ports_(ports),
      lanes_(std::min(config.conv_core.requant_lanes, ports.requant_lanes)),
      channel_scales_(stored_scales(conv, config.requantizer, scratchpad)) {}

void Drainer::enqueue(const Tile& tile) {
  queue_.push_back(tile);
  if (queue_.size() == 1) begin(tile);
}

void Drainer::begin(const Tile& tile) {
  block_ = plan_.blocks[tile.block];
  scales_loaded_ = false;
  position_ = 0;
  column_ = 0;
  y_ = tile.first_position / conv_.output_width;
  x_ = tile.first_position % conv_.output_width;
}

void Drainer::load_scales(Controls& controls) {
  BitWriter multipliers;
  BitWriter shifts;
  for (std::int64_t j = 0; j < block_.channels; ++j) {
    const FixedPointScale& scale = channel_scales_[static_cast<std::size_t>(block_.first_channel + j)];
    multipliers.put(scale.multiplier, kPortMultiplierBits);
    shifts.put(static_cast<std::uint32_t>(scale.shift), kPortShiftBits);
  }
  std::ranges::copy(multipliers.take(), ports_.channel_multipliers);
  std::ranges::copy(shifts.take(), ports_.channel_shifts);
  controls.scale_load = true;
  scales_loaded_ = true;
}

void Drainer::step(Controls& controls) {
  if (queue_.empty()) return;
  const Tile& tile = queue_.front();
  if (!scales_loaded_) load_scales(controls);
  controls.drain = true;
  controls.drain_bank = tile.bank;
  controls.drain_entry = static_cast<std::uint32_t>(tile.first_entry + position_);
  const std::int64_t group = column_ / ports_.requant_lanes;
  controls.drain_group = static_cast<std::uint32_t>(group);
  const std::int64_t group_end = std::min((group + 1) * ports_.requant_lanes, block_.channels);
  const std::int64_t columns = std::min(lanes_, group_end - column_);
  in_flight_[sent_++ % in_flight_.size()] = {y_, x_, block_.first_channel, column_, columns};
  column_ += columns;
  if (column_ < block_.channels) return;
  column_ = 0;
  if (++x_ == conv_.output_width) {
    x_ = 0;
    ++y_;
  }
  if (++position_ < tile.positions) return;
  queue_.pop_front();
  if (!queue_.empty()) begin(queue_.front());
}

void Drainer::collect(const Outputs& outputs, datapath::ConvActivity& activity) {
  if (outputs.accumulators_valid) observe(in_flight_[observed_++ % in_flight_.size()]);
  if (outputs.codes_valid) write(in_flight_[written_++ % in_flight_.size()], outputs, activity);
}

void Drainer::observe(const Request& request) {
  if (!observer_ && config_.conv_core.accumulator_bits == 32) return;
  const std::int64_t limit = std::int64_t{1} << (config_.conv_core.accumulator_bits - 1);
  for (std::int64_t j = request.first_column; j < request.first_column + request.columns; ++j) {
    std::int32_t accumulator = 0;
    std::memcpy(&accumulator, ports_.accumulators + 4 * j, sizeof accumulator);
    if (accumulator < -limit || accumulator >= limit)
      check_at_most(accumulator < 0 ? -std::int64_t{accumulator} : accumulator, limit - 1, "accumulator");
    if (observer_) observer_(request.y, request.x, request.block_channel + j, accumulator);
  }
}

void Drainer::write(const Request& request, const Outputs& outputs, datapath::ConvActivity& activity) {
  const std::int64_t address = conv_.output_address + request.y * conv_.output_row_stride +
                               request.x * conv_.output_pixel_stride + request.block_channel + request.first_column;
  const std::int64_t lane = request.first_column % ports_.requant_lanes;
  std::memcpy(scratchpad_.data() + address, ports_.codes + lane, static_cast<std::size_t>(request.columns));
  if ((outputs.clamped_low | outputs.clamped_high) == 0) return;
  const auto used = static_cast<std::uint32_t>(((std::uint64_t{1} << request.columns) - 1) << lane);
  activity.clamped_low += std::popcount(outputs.clamped_low & used);
  activity.clamped_high += std::popcount(outputs.clamped_high & used);
}

}  // namespace evenshift::rtl
