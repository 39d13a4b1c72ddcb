#include "arch/config/npu_config.h"

#include <fmt/format.h>

namespace evenshift {

std::vector<std::string> npu_config_faults(const NpuConfig& config) {
  std::vector<std::string> faults;
  const auto& requantizer = config.requantizer;
  if (requantizer.rounding == RoundingMode::tflite_double && requantizer.multiplier_bits != 31)
    faults.push_back(fmt::format("requantizer.rounding: tflite_double needs requantizer.multiplier_bits 31, not {}",
                                 requantizer.multiplier_bits));
  if (requantizer.rounding == RoundingMode::tflite_double &&
      requantizer.requant_scale == RequantScale::channel_shift_only)
    faults.push_back(
        "requantizer.rounding: tflite_double needs a multiplier, which requant_scale channel_shift_only has not");
  const auto& scratchpad = config.scratchpad;
  if (scratchpad.size_bytes % (scratchpad.banks * scratchpad.bytes_per_bank_per_cycle) != 0)
    faults.push_back(fmt::format("scratchpad.size_bytes: {} is not a multiple of banks x bytes_per_bank_per_cycle, {}",
                                 scratchpad.size_bytes, scratchpad.banks * scratchpad.bytes_per_bank_per_cycle));
  if (config.dma.burst_bytes < config.dma.bytes_per_cycle)
    faults.push_back(fmt::format("dma.burst_bytes: {} is less than dma.bytes_per_cycle, {}", config.dma.burst_bytes,
                                 config.dma.bytes_per_cycle));
  return faults;
}

NpuConfig read_npu_config(const yaml::Section& section, yaml::Faults& faults) {
  NpuConfig config;
  yaml::Reader reader(section, faults);
  visit_npu_config(config, reader);
  reader.finish();
  return config;
}

bool set_npu_config(NpuConfig& config, const std::string& key, const std::string& value, yaml::Faults& faults) {
  yaml::Setter counter(key, value, faults);
  NpuConfig changed = config;
  visit_npu_config(changed, counter);
  if (counter.matches() > 1)
    faults.add(fmt::format("--set {}: more than one section has this key; write section.{}", key, key));
  else
    config = changed;
  return counter.matches() > 0;
}

std::string to_yaml(const NpuConfig& config) {
  yaml::Writer writer("npu");
  visit_npu_config(config, writer);
  return writer.text();
}

NpuConfig npu_config_from_yaml(const std::string& text, const std::string& where) {
  yaml::Faults faults;
  const yaml::Section top = yaml::read_text(text, where);
  const NpuConfig config = read_npu_config(top.child("npu", faults), faults);
  for (const auto& fault : npu_config_faults(config)) faults.add(where + ": " + fault);
  faults.throw_if_any();
  return config;
}

}  // namespace evenshift
