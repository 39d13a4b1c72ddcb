#include "cli/sweep_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace evenshift::cli {
namespace {

/// The list under `key`, or `otherwise` where it is missing; a single value is a list of one.
std::vector<std::string> list_of(const yaml::Section& section, const std::string& key,
                                 std::vector<std::string> otherwise, yaml::Faults& faults) {
  const YAML::Node node = section.get(key);
  if (!node.IsDefined()) return otherwise;
  std::vector<std::string> items;
  if (node.IsScalar()) items.push_back(node.Scalar());
  if (node.IsSequence()) {
    for (const auto& item : node) {
      if (item.IsScalar()) {
        items.push_back(item.Scalar());
      } else if (item.IsSequence()) {  // a composition of methods
        std::string composition;
        for (const auto& method : item) composition += (composition.empty() ? "" : ",") + method.Scalar();
        items.push_back(composition);
      }
    }
  }
  if (items.empty()) faults.add(fmt::format("{}: a list is expected", section.locate(key)));
  return items;
}

std::vector<std::int64_t> integers_of(const yaml::Section& section, const std::string& key, std::int64_t otherwise,
                                      std::int64_t low, std::int64_t high, yaml::Faults& faults) {
  std::vector<std::int64_t> values;
  for (const std::string& text : list_of(section, key, {std::to_string(otherwise)}, faults)) {
    values.push_back(otherwise);
    yaml::parse(text, section.locate(key), values.back(), low, high, faults);
  }
  return values;
}

/// `$EVENSHIFT_DATA/models/…`: a path below the folder that the environment names.
std::string with_data_folder(const std::string& path, const std::string& location, yaml::Faults& faults) {
  constexpr std::string_view kVariable = "$EVENSHIFT_DATA";
  if (!path.starts_with(kVariable)) return path;
  const char* folder = std::getenv("EVENSHIFT_DATA");
  if (folder == nullptr || *folder == '\0') {
    faults.add(fmt::format("{}: '{}' needs EVENSHIFT_DATA to be set, and it is not", location, path));
    return path;
  }
  return folder + path.substr(kVariable.size());
}

std::filesystem::path path_of(const yaml::Section& section, const std::string& key, const std::filesystem::path& folder,
                              yaml::Faults& faults) {
  const YAML::Node node = section.get(key);
  if (!node.IsDefined() || !node.IsScalar()) {
    faults.add(fmt::format("{}: a path is expected", section.locate(key)));
    return {};
  }
  const std::filesystem::path path = with_data_folder(node.Scalar(), section.locate(key), faults);
  const std::filesystem::path full = (path.is_absolute() ? path : folder / path).lexically_normal();
  if (!std::filesystem::exists(full))
    faults.add(fmt::format("{}: there is no '{}'", section.locate(key), full.string()));
  return full;
}

void read_models(const yaml::Section& top, const std::filesystem::path& folder, SweepPlan& plan, yaml::Faults& faults) {
  const YAML::Node models = top.get("models");
  if (!models.IsDefined() || !models.IsSequence() || models.size() == 0) {
    faults.add(fmt::format("{}: a list of {{model, calibrate, data}} is expected", top.locate("models")));
    return;
  }
  for (std::size_t i = 0; i < models.size(); ++i) {
    const yaml::Section section(models[i], top.where(), fmt::format("models[{}]", i));
    if (!section.is_map()) {
      faults.add(fmt::format("{}: {{model, calibrate, data}} is expected", top.locate("models")));
      continue;
    }
    plan.models.push_back({path_of(section, "model", folder, faults), path_of(section, "calibrate", folder, faults),
                           path_of(section, "data", folder, faults)});
    section.refuse_unknown(faults);
  }
}

/// Adds the points of one grid.
void read_grid(const yaml::Section& grid, SweepPlan& plan, yaml::Faults& faults) {
  const auto& machine = plan.base.npu.requantizer;
  const auto& options = plan.base.compile;
  const auto requant_scales = list_of(grid, "requant_scale", {std::string(to_string(machine.requant_scale))}, faults);
  const auto shift_bits = integers_of(grid, "shift_bits", machine.shift_bits, 0, 5, faults);
  const auto weight_bits = integers_of(grid, "weight_bits", options.weight_bits, 2, 8, faults);
  const auto activation_bits = integers_of(grid, "activation_bits", options.activation_bits, 4, 8, faults);
  const auto equalize = list_of(grid, "equalize", {options.equalize}, faults);
  grid.refuse_unknown(faults);
  for (std::size_t model = 0; model < plan.models.size(); ++model)
    for (const auto& scale : requant_scales)
      for (const auto& method : equalize)
        for (const auto bits : weight_bits)
          for (const auto activation : activation_bits)
            for (const auto shift : shift_bits) {
              const bool shifts = scale == to_string(RequantScale::layer_with_channel_shift);
              const SweepPoint point{model, scale, method, shifts ? shift : 0, bits, activation};
              if (std::ranges::find(plan.points, point) == plan.points.end()) plan.points.push_back(point);
            }
}

/// `grid`: one mapping, or a list of them.
void read_grids(const yaml::Section& top, SweepPlan& plan, yaml::Faults& faults) {
  const YAML::Node grid = top.get("grid");
  if (!grid.IsDefined() || !grid.IsSequence()) {
    read_grid(top.child("grid", faults), plan, faults);
    return;
  }
  for (std::size_t i = 0; i < grid.size(); ++i) {
    const yaml::Section section(grid[i], top.where(), fmt::format("grid[{}]", i));
    if (section.is_map())
      read_grid(section, plan, faults);
    else
      faults.add(fmt::format("{}: a mapping of lists is expected", top.locate(fmt::format("grid[{}]", i))));
  }
}

}  // namespace

SweepPlan read_sweep_plan(const std::filesystem::path& path) {
  const yaml::Section top = yaml::read_file(path);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  yaml::Faults faults;
  SweepPlan plan;
  ConfigurationFlags flags;
  for (const std::string& file : list_of(top, "config", {}, faults))
    flags.files.push_back((folder / file).lexically_normal().string());
  plan.base = configuration_from(flags);
  read_models(top, folder, plan, faults);
  if (const YAML::Node skip = top.get("skip"); skip.IsDefined())
    yaml::parse(skip.IsScalar() ? skip.Scalar() : "", top.locate("skip"), plan.skip, 0, 1'000'000'000, faults);
  if (const YAML::Node limit = top.get("limit"); limit.IsDefined())
    yaml::parse(limit.IsScalar() ? limit.Scalar() : "", top.locate("limit"), plan.limit, 1, 1'000'000'000, faults);
  if (const YAML::Node cycles = top.get("cycles"); cycles.IsDefined())
    yaml::parse(cycles.IsScalar() ? cycles.Scalar() : "", top.locate("cycles"), plan.cycles, faults);
  read_grids(top, plan, faults);
  top.refuse_unknown(faults);
  if (faults.empty())
    for (const SweepPoint& point : plan.points) {
      yaml::Faults point_faults;
      Configuration configuration = plan.base;
      set_key(configuration, "requantizer.requant_scale", point.requant_scale, point_faults);
      set_key(configuration, "compile.equalize", point.equalize, point_faults);
      check(configuration, point_faults);
      for (const auto& sentence : point_faults.sentences())
        if (std::ranges::find(faults.sentences(), path.string() + ": " + sentence) == faults.sentences().end())
          faults.add(path.string() + ": " + sentence);
    }
  faults.throw_if_any();
  return plan;
}

Configuration configuration_of(const SweepPlan& plan, const SweepPoint& point) {
  Configuration configuration = plan.base;
  configuration.npu.requantizer.requant_scale = *requant_scale_from_string(point.requant_scale);
  configuration.npu.requantizer.shift_bits = point.shift_bits;
  configuration.compile.weight_bits = point.weight_bits;
  configuration.compile.activation_bits = point.activation_bits;
  configuration.compile.equalize = point.equalize;
  return configuration;
}

}  // namespace evenshift::cli
