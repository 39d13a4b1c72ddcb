#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evenshift::compiler {

/// How one layer was cut into commands, for reports.
struct LayerPlan {
  std::string name = {}, kind = {};
  std::string tiling = {};  ///< e.g. "4 tiles of 28 x 112 x 64, slots 2 input 1 weight 2 output"
  std::int64_t commands = 0;
  std::int64_t loaded_bytes = 0, stored_bytes = 0;
  std::int64_t scratchpad_bytes = 0;
  bool input_stays = false;  ///< an input was still in the scratchpad
  std::int64_t macs = 0;
  std::int64_t compute_cycles = 0;  ///< of the conv core and the vector unit, by their timing formulas
};

/// A table with one line a layer.
std::string to_string(const std::vector<LayerPlan>& plans);

}  // namespace evenshift::compiler
