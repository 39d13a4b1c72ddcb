#include "compiler/lower/layer_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace evenshift::compiler {

std::string to_string(const std::vector<LayerPlan>& plans) {
  std::size_t name_width = 5;
  for (const LayerPlan& plan : plans) name_width = std::max(name_width, plan.name.size());
  std::string text = fmt::format("{:<{}}  {:<15}  {:>8}  {:>11}  {:>11}  {:>10}  {:>12}  {}\n", "layer", name_width,
                                 "kind", "commands", "loaded B", "stored B", "scratch B", "compute cyc", "tiling");
  for (const LayerPlan& plan : plans)
    text += fmt::format("{:<{}}  {:<15}  {:>8}  {:>11}  {:>11}  {:>10}  {:>12}  {}\n", plan.name, name_width, plan.kind,
                        plan.commands, plan.loaded_bytes, plan.stored_bytes, plan.scratchpad_bytes, plan.compute_cycles,
                        plan.tiling);
  return text;
}

}  // namespace evenshift::compiler
