#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <tuple>

#include "arch/base/error.h"
#include "arch/datapath/golden_conv_core.h"
#include "arch/isa/disassemble.h"
#include "arch/isa/footprint.h"
#include "rtl/cosim/rtl_conv_core.h"
#include "tests/rtl/random_conv.h"

namespace evenshift::datapath {

void PrintTo(const ConvActivity& a, std::ostream* out) {
  *out << fmt::format("{{cycles {} macs {} weight_stall {} requant_stall {} clamped_low {} clamped_high {}}}", a.cycles,
                      a.macs, a.weight_stall_cycles, a.requant_stall_cycles, a.clamped_low, a.clamped_high);
}

}  // namespace evenshift::datapath

namespace evenshift::rtl {
namespace {

using Accumulators = std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::int32_t>;

struct Run {
  std::vector<std::uint8_t> scratchpad;
  Accumulators accumulators;
  std::vector<datapath::ConvActivity> activities;
};

Run run(const ConvCommands& test, datapath::ConvCore& core) {
  Run result;
  result.scratchpad = test.scratchpad;
  core.configure(test.config);
  for (const isa::Conv& conv : test.commands)
    result.activities.push_back(core.execute(conv, result.scratchpad, [&](auto y, auto x, auto c, std::int32_t value) {
      EXPECT_TRUE(result.accumulators.emplace(std::tuple(y, x, c), value).second) << "accumulator observed twice";
    }));
  return result;
}

std::string describe(const ConvCommands& test) {
  std::string text = to_yaml(test.config);
  for (const isa::Conv& conv : test.commands) {
    isa::for_each_field<isa::Conv>(
        [&](const auto& field) { text += fmt::format("{}={} ", field.name, conv.*field.member); });
    text += '\n';
  }
  return text;
}

void compare(const ConvCommands& test, datapath::ConvCore& rtl) {
  for (const isa::Conv& conv : test.commands)
    ASSERT_EQ(isa::command_fault(conv, test.config, 0), std::nullopt) << describe(test);
  datapath::GoldenConvCore golden_core;
  const Run golden = run(test, golden_core);
  const Run mine = run(test, rtl);
  ASSERT_TRUE(mine.accumulators == golden.accumulators) << describe(test);
  ASSERT_TRUE(mine.scratchpad == golden.scratchpad) << describe(test);
  ASSERT_THAT(mine.activities, ::testing::ElementsAreArray(golden.activities)) << describe(test);
}

class ConvCoreOfSize : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(ConvCoreOfSize, EqualsGoldenOnRandomCommands) {
  // One object for all of them: every command comes after a reconfiguration.
  const auto rtl = make_rtl_conv_core();
  std::mt19937 random(static_cast<std::uint32_t>(1000 + GetParam()));
  for (int i = 0; i < 400 / GetParam() + 90; ++i) {
    compare(random_conv_commands(random, GetParam()), *rtl);
    if (HasFatalFailure()) FAIL() << "in command chain " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ConvCoreOfSize, ::testing::Values(4, 8, 16, 32));

}  // namespace
}  // namespace evenshift::rtl
