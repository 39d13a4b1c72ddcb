#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "arch/config/npu_config.h"
#include "compiler/options.h"

namespace evenshift::cli {

/// The machine and the compiler's options, together what a command compiles with.
struct Configuration {
  NpuConfig npu;
  compiler::CompileOptions compile;
};

/// Flags that choose a configuration; each flag given overrides the files, which override the defaults.
struct ConfigurationFlags {
  std::vector<std::string> files;     ///< -c, each with an `npu:` section, a `compile:` section or both
  std::vector<std::string> settings;  ///< --set KEY=VALUE
  std::optional<std::string> shift_bits, weight_bits, layer_weight_bits, activation_bits, equalize, requant_scale,
      rounding, calibration, calibration_images;

  /// Declares the flags on `command`.
  void declare(CLI::App& command);
};

/// The 16 × 16 machine and the default options.
Configuration default_configuration();

/// Files, then settings, then flags. Throws one Error that lists every fault.
Configuration configuration_from(const ConfigurationFlags& flags);

/// Sets one key of the machine or of the compiler's options; a fault where there is none of that name.
void set_key(Configuration& configuration, const std::string& key, const std::string& value, yaml::Faults& faults);

/// Faults of the combination, one sentence each, added to `faults`.
void check(const Configuration& configuration, yaml::Faults& faults);

/// Every key with its default, what is allowed and what it means: docs/configuration.md.
std::string configuration_markdown();

}  // namespace evenshift::cli
