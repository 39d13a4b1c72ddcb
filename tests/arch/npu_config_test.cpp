#include "arch/config/npu_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arch/base/error.h"

namespace evenshift {
namespace {

using testing::HasSubstr;

std::string message_of(const std::string& text) {
  try {
    npu_config_from_yaml(text, "npu.yaml");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(NpuConfig, WritesWhatItReads) {
  NpuConfig config;
  config.conv_core.mac_rows = 8;
  config.requantizer.rounding = RoundingMode::half_even;
  config.name = "odd";
  const std::string text = to_yaml(config);
  EXPECT_EQ(to_yaml(npu_config_from_yaml(text, "npu.yaml")), text);
}

TEST(NpuConfig, DefaultIsTheShippedSixteenBySixteen) {
  const auto top = yaml::read_file(std::string(EVENSHIFT_SOURCE_DIR) + "/configs/npu_16x16.yaml");
  yaml::Faults faults;
  const NpuConfig config = read_npu_config(top.child("npu", faults), faults);
  faults.throw_if_any();
  EXPECT_EQ(to_yaml(config), to_yaml(NpuConfig{}));
}

TEST(NpuConfig, EveryShippedMachineCanBeBuilt) {
  for (const auto& entry : std::filesystem::directory_iterator(std::string(EVENSHIFT_SOURCE_DIR) + "/configs")) {
    if (!entry.is_regular_file()) continue;
    const auto top = yaml::read_file(entry.path());
    yaml::Faults faults;
    const NpuConfig config = read_npu_config(top.child("npu", faults), faults);
    faults.throw_if_any();
    EXPECT_THAT(npu_config_faults(config), testing::IsEmpty()) << entry.path();
    EXPECT_EQ(config.name, entry.path().stem().string());
  }
}

TEST(NpuConfig, RefusesUnknownKeysByNameAndLine) {
  const std::string text = replaced(to_yaml({}), "    mac_rows: 16\n", "    mac_rows: 16\n    mac_row: 16\n");
  EXPECT_THAT(message_of(text), HasSubstr("npu.yaml:6: npu.conv_core.mac_row: unknown key; known are"));
  EXPECT_THAT(message_of(text), HasSubstr("mac_rows"));
}

TEST(NpuConfig, RefusesMissingKeysByName) {
  EXPECT_THAT(message_of(replaced(to_yaml({}), "    banks: 8\n", "")),
              HasSubstr("npu.scratchpad.banks: the key is missing"));
}

TEST(NpuConfig, RefusesAMissingSectionOnce) {
  const std::string text = replaced(to_yaml({}), "  dram:\n    latency_cycles: 40\n    bytes_per_cycle: 16\n", "");
  EXPECT_EQ(message_of(text), "npu.yaml:2: npu.dram: the section is missing");
}

TEST(NpuConfig, OptionalSectionsMayBeLeftOutAsAWhole) {
  NpuConfig config;
  config.energy.mac_pj = 0.125;
  config.dram_rows.miss_cycles = 7;
  const std::string text = to_yaml(config);
  const NpuConfig whole = npu_config_from_yaml(text, "npu.yaml");
  EXPECT_EQ(whole.energy.mac_pj, 0.125);
  EXPECT_EQ(whole.dram_rows.miss_cycles, 7);
  const NpuConfig without = npu_config_from_yaml(text.substr(0, text.find("  dram_rows:")), "npu.yaml");
  EXPECT_EQ(to_yaml(without), to_yaml(NpuConfig{}));
  EXPECT_THAT(message_of(replaced(text, "    miss_cycles: 7\n", "    hit_cycles: 7\n")),
              HasSubstr("npu.dram_rows.hit_cycles: unknown key; known are bank_count, bytes_per_row, miss_cycles"));
  EXPECT_THAT(message_of(replaced(text, "mac_pj: 0.125", "mac_pj: -1")),
              HasSubstr("npu.energy.mac_pj: a number from 0 to 1000000000 is expected, not '-1'"));
}

TEST(NpuConfig, ListsAllFaultsAtOnce) {
  std::string text = replaced(to_yaml({}), "mac_rows: 16", "mac_rows: many");
  text = replaced(text, "shift_bits: 4", "shift_bits: 6");
  text = replaced(text, "rounding: half_up", "rounding: up");
  const std::string message = message_of(text);
  EXPECT_THAT(message, HasSubstr("npu.conv_core.mac_rows: an integer from 1 to 256 is expected, not 'many'"));
  EXPECT_THAT(message, HasSubstr("npu.requantizer.shift_bits: an integer from 0 to 5 is expected, not '6'"));
  EXPECT_THAT(message, HasSubstr("npu.requantizer.rounding: one of half_up, half_away, half_even, truncate, "
                                 "tflite_double is expected, not 'up'"));
}

TEST(NpuConfig, RefusesCombinationsThatCannotBeBuilt) {
  std::string text = replaced(to_yaml({}), "rounding: half_up", "rounding: tflite_double");
  text = replaced(text, "multiplier_bits: 31", "multiplier_bits: 16");
  EXPECT_THAT(message_of(text), HasSubstr("tflite_double needs requantizer.multiplier_bits 31, not 16"));
  EXPECT_THAT(message_of(replaced(to_yaml({}), "size_bytes: 262144", "size_bytes: 262145")),
              HasSubstr("not a multiple of banks"));
}

TEST(NpuConfig, RefusesWhatIsNotYaml) {
  EXPECT_THAT(message_of("npu: [1, 2"), HasSubstr("npu.yaml:"));
  EXPECT_THAT(message_of("npu: [1, 2"), HasSubstr("not YAML"));
  EXPECT_THAT(message_of("- a\n- b\n"), HasSubstr("a mapping of keys is expected at the top"));
  EXPECT_THAT(message_of("npu: 5\n"), HasSubstr("npu: a mapping of keys is expected"));
  EXPECT_THAT(message_of(""), HasSubstr("a mapping of keys is expected at the top"));
}

TEST(SetNpuConfig, TakesFullAndBareKeys) {
  NpuConfig config;
  yaml::Faults faults;
  EXPECT_TRUE(set_npu_config(config, "conv_core.mac_rows", "8", faults));
  EXPECT_TRUE(set_npu_config(config, "mac_cols", "4", faults));
  EXPECT_EQ(config.conv_core.mac_rows, 8);
  EXPECT_EQ(config.conv_core.mac_cols, 4);
  EXPECT_FALSE(set_npu_config(config, "mac_pols", "4", faults));
  EXPECT_TRUE(faults.empty());
}

TEST(SetNpuConfig, RefusesABareKeyOfTwoSections) {
  NpuConfig config;
  yaml::Faults faults;
  EXPECT_TRUE(set_npu_config(config, "bytes_per_cycle", "8", faults));
  ASSERT_EQ(faults.sentences().size(), 1u);
  EXPECT_THAT(faults.sentences()[0], HasSubstr("more than one section"));
  EXPECT_EQ(config.dma.bytes_per_cycle, 16);
}

}  // namespace
}  // namespace evenshift
