#include "cli/area.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "arch/base/atomic_file.h"
#include "arch/base/error.h"
#include "host/csv.h"

namespace evenshift::cli {
namespace {

const std::string kHead =
    "module,per,mac_rows,mac_cols,requant_lanes,accumulator_bits,accumulator_entries,multiplier_bits,requant_scale,"
    "shift_bits,rounding,combinational_ge,flip_flops,flip_flop_ge,memory_bits,rtl\n";
const std::string kLanes =
    "evenshift_requantizer,lane,,,,32,,31,layer,,half_up,100,1,20,0,x\n"
    "evenshift_requantizer,lane,,,,32,,31,layer_with_channel_shift,4,half_up,130,1,20,0,x\n"
    "evenshift_requantizer,lane,,,,32,,31,layer_with_channel_shift,4,truncate,125,1,20,0,x\n";
const std::string kArray = "evenshift_mac_array,column,16,,,32,,,,,,1000,16,500,0,x\n";
const std::string kCore =
    "evenshift_conv_core,core,16,16,16,32,512,31,layer,,,7,0,0,0,x\n"
    "evenshift_conv_core,core,16,16,16,32,512,31,layer_with_channel_shift,4,,9,0,2,524288,x\n"
    "evenshift_core_control,core,,,,,,,,,,40,0,4,0,x\n";

Area area_of(const NpuConfig& config, const std::string& rows = kLanes + kArray + kCore) {
  return AreaTable(kHead + rows, "area.csv").area_of(config);
}

TEST(Area, IsTheSumOfLanesColumnsAndTheRest) {
  NpuConfig config;
  EXPECT_EQ(area_of(config).requantizers, 16 * 150);
  EXPECT_EQ(area_of(config).conv_core, 16 * 150 + 16 * 1500 + 11 + 44);
  config.requantizer.rounding = RoundingMode::truncate;
  EXPECT_EQ(area_of(config).conv_core, 16 * 145 + 16 * 1500 + 11 + 44);
  config.requantizer.rounding = RoundingMode::half_up;
  config.requantizer.requant_scale = RequantScale::layer;
  for (const std::int64_t bits : {0, 4, 5}) {
    config.requantizer.shift_bits = bits;  // which layer does not have
    EXPECT_EQ(area_of(config).conv_core, 16 * 120 + 16 * 1500 + 7 + 44) << bits;
  }
}

TEST(Area, IsUnknownWhereAPartIsNotInTheTable) {
  NpuConfig config;
  config.conv_core.requant_lanes = 8;  // its lanes are, the rest of such a core is not
  EXPECT_EQ(area_of(config).requantizers, 8 * 150);
  EXPECT_EQ(area_of(config).conv_core, std::nullopt);

  config = {};
  config.requantizer.multiplier_bits = 15;
  EXPECT_EQ(area_of(config).requantizers, std::nullopt);
  EXPECT_EQ(area_of(config).conv_core, std::nullopt);

  config = {};
  config.requantizer.shift_bits = 3;
  EXPECT_EQ(area_of(config).requantizers, std::nullopt);
  EXPECT_EQ(area_of(config, "").conv_core, std::nullopt);
}

TEST(Area, RefusesABadTable) {
  const auto message = [](const std::string& csv) -> std::string {
    try {
      AreaTable(csv, "area.csv");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("per,module\ncore,a\n"), "area.csv:1: the column 'mac_rows' is missing");
  EXPECT_EQ(message(kHead + "a,core,,,,,,,,,,1.5,0,0,0,x\n"),
            "area.csv:2: '1.5' is no number of gates; an integer from 0 on is expected");
  EXPECT_EQ(message(kHead + kArray + "a,chip,,,,,,,,,,1,0,0,0,x\n"),
            "area.csv:3: 'chip' is not what a core has parts per: core, column, lane");
}

/// The machines that are synthesized have their area for every shift width, scale and rounding mode, and one more shift
/// bit never costs as much as a multiplier a channel.
TEST(Area, OfTheMachinesIsInTheTable) {
  for (const char* name : {"npu_8x8", "npu_16x16", "npu_32x32"}) {
    const std::string file = std::string("/configs/") + name + ".yaml";
    NpuConfig config = npu_config_from_yaml(read_text_file(EVENSHIFT_SOURCE_DIR + file), file);
    const auto core = [&](RequantScale scale, std::int64_t bits = 0) {
      config.requantizer.requant_scale = scale;
      config.requantizer.shift_bits = bits;
      const auto area = area_table().area_of(config);
      EXPECT_TRUE(area.requantizers && area.conv_core) << name << " " << to_string(scale) << " " << bits;
      return area.conv_core.value_or(0);
    };
    for (const std::string_view mode : kRoundingModeNames) {
      config.requantizer.rounding = rounding_mode_from_string(mode).value();
      const std::int64_t multiplier = core(RequantScale::channel_multiplier);
      EXPECT_LT(core(RequantScale::channel_shift_only), core(RequantScale::layer));
      for (std::int64_t bits = 0; bits <= 5; ++bits)
        EXPECT_LT(core(RequantScale::layer_with_channel_shift, bits), multiplier) << name << " " << bits;
    }
  }
}

/// The table that the program holds is the file, read here with other means.
TEST(Area, OfTheDefaultMachineIsTheSumOfTheFilesRows) {
  const auto file = host::read_csv(EVENSHIFT_SOURCE_DIR "/docs/area.csv");
  const auto at = [&](const host::CsvTable::Row& row, const std::string& column) {
    return row.fields[static_cast<std::size_t>(std::ranges::find(file.header, column) - file.header.begin())];
  };
  const std::map<std::string, std::string> machine = {{"mac_rows", "16"},
                                                      {"mac_cols", "16"},
                                                      {"requant_lanes", "16"},
                                                      {"accumulator_entries", "512"},
                                                      {"requant_scale", "layer_with_channel_shift"},
                                                      {"shift_bits", "4"},
                                                      {"rounding", "half_up"}};
  std::int64_t sum = 0;
  for (const auto& row : file.rows) {
    if (!std::ranges::all_of(machine, [&](const auto& own) {
          const std::string value = at(row, own.first);
          return value.empty() || value == own.second;
        }))
      continue;
    sum += (at(row, "per") == "core" ? 1 : 16) *
           (std::stoll(at(row, "combinational_ge")) + std::stoll(at(row, "flip_flop_ge")));
  }
  EXPECT_EQ(area_table().area_of(NpuConfig{}).conv_core, sum);
}

}  // namespace
}  // namespace evenshift::cli
