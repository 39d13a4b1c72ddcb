#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/configuration.h"

namespace evenshift::cli {

/// A network with its calibration and evaluation inputs.
struct SweepModel {
  std::filesystem::path model, calibrate, data;
};

/// One combination of the grid.
struct SweepPoint {
  std::size_t model = 0;  ///< index into SweepPlan::models
  std::string requant_scale, equalize;
  std::int64_t shift_bits = 0, weight_bits = 8, activation_bits = 8;
  friend bool operator==(const SweepPoint&, const SweepPoint&) = default;
};

/// A grid of points. In the file: `models` (list of {model, calibrate, data}), `grid` (lists: requant_scale,
/// shift_bits, weight_bits, activation_bits, equalize, each optional; or a list of such grids), and optionally `config`
/// (list of configuration files), `skip` (inputs left out at the beginning), `limit` (inputs behind them), `cycles`
/// (true: simulate each point). Paths are relative to the plan; one may begin with $EVENSHIFT_DATA.
struct SweepPlan {
  std::vector<SweepModel> models;
  Configuration base;
  std::vector<SweepPoint> points;  ///< grid by grid, models outermost; repetitions are left out
  std::int64_t skip = 0;           ///< inputs
  std::int64_t limit = 0;          ///< inputs; 0: all
  bool cycles = true;
};

/// Reads a plan. shift_bits counts for layer_with_channel_shift alone: the other requant scales make one point each,
/// with shift_bits 0. Throws one Error that lists every fault.
SweepPlan read_sweep_plan(const std::filesystem::path& path);

/// The configuration of a point.
Configuration configuration_of(const SweepPlan& plan, const SweepPoint& point);

}  // namespace evenshift::cli
