#include "cli/configuration.h"

#include <fmt/format.h>

#include "compiler/compile.h"
#include "compiler/composition.h"

namespace evenshift::cli {
namespace {

void read_file_into(Configuration& configuration, const std::string& file, yaml::Faults& faults) {
  const yaml::Section top = yaml::read_file(file);
  if (!top.has("npu") && !top.has("compile"))
    faults.add(fmt::format("{}: it has neither an npu nor a compile section", file));
  if (top.has("npu")) configuration.npu = read_npu_config(top.child("npu", faults), faults);
  if (top.has("compile")) {
    const yaml::Section section = top.child("compile", faults);
    yaml::Reader reader(section, faults, /*required=*/false);
    visit_compile_options(configuration.compile, reader);
    reader.finish();
  }
  static_cast<void>(top.get("npu"));
  static_cast<void>(top.get("compile"));
  top.refuse_unknown(faults);
}

}  // namespace

void ConfigurationFlags::declare(CLI::App& command) {
  command
      .add_option("-c,--config", files,
                  "Machine or compiler options, YAML; may be given more than once (default: the 16x16 machine)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command
      .add_option("--set", settings,
                  "Override one key, as conv_core.mac_rows=8 or mac_rows=8; may be given more than once")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--shift-bits", shift_bits, "Width of the channel shifter, 0 to 5");
  command.add_option("--weight-bits", weight_bits, "Bits of a weight, 2 to 8");
  command
      .add_option("--layer-weight-bits", layer_weight_bits,
                  "Bits of single layers' weights, comma-separated; * in a name stands for any text")
      ->type_name("NAME=BITS");
  command.add_option("--activation-bits", activation_bits, "Bits of an activation, 4 to 8");
  command.add_option("--equalize", equalize,
                     "Methods of equalization, rounding and correction, comma-separated: " + compiler::method_names());
  command.add_option("--requant-scale", requant_scale,
                     "layer, layer_with_channel_shift, channel_shift_only or channel_multiplier");
  command.add_option("--rounding", rounding, "half_up, half_away, half_even, truncate or tflite_double");
  command.add_option("--calibration", calibration,
                     "How activation ranges are found: " + compiler::calibration_method_names());
  command.add_option("--calibration-images", calibration_images, "Images that calibration reads at most");
}

Configuration default_configuration() { return {}; }

void set_key(Configuration& configuration, const std::string& key, const std::string& value, yaml::Faults& faults) {
  std::string machine_key = key.starts_with("npu.") ? key.substr(4) : key;
  std::string compile_key = key.starts_with("compile.") ? key.substr(8) : key;
  bool found = !key.starts_with("compile.") && set_npu_config(configuration.npu, machine_key, value, faults);
  if (!key.starts_with("npu.")) {
    yaml::Setter setter(compile_key, value, faults);
    visit_compile_options(configuration.compile, setter);
    found = found || setter.matches() > 0;
  }
  if (!found) faults.add(fmt::format("--set {}: no such key; docs/configuration.md lists them", key));
}

void check(const Configuration& configuration, yaml::Faults& faults) {
  for (const std::string& fault : npu_config_faults(configuration.npu)) faults.add(fault);
  for (const std::string& fault : compiler::option_faults(configuration.compile)) faults.add(fault);
}

Configuration configuration_from(const ConfigurationFlags& flags) {
  Configuration configuration = default_configuration();
  yaml::Faults faults;
  for (const std::string& file : flags.files) read_file_into(configuration, file, faults);
  for (const std::string& setting : flags.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos)
      faults.add(fmt::format("--set {}: KEY=VALUE is expected", setting));
    else
      set_key(configuration, setting.substr(0, equals), setting.substr(equals + 1), faults);
  }
  const auto apply = [&](const std::optional<std::string>& value, const std::string& key) {
    if (value) set_key(configuration, key, *value, faults);
  };
  apply(flags.shift_bits, "requantizer.shift_bits");
  apply(flags.requant_scale, "requantizer.requant_scale");
  apply(flags.rounding, "requantizer.rounding");
  apply(flags.weight_bits, "compile.weight_bits");
  apply(flags.layer_weight_bits, "compile.layer_weight_bits");
  apply(flags.activation_bits, "compile.activation_bits");
  apply(flags.equalize, "compile.equalize");
  apply(flags.calibration, "compile.calibration");
  apply(flags.calibration_images, "compile.calibration_images");
  if (faults.empty()) check(configuration, faults);
  faults.throw_if_any();
  return configuration;
}

}  // namespace evenshift::cli
