#include <fmt/format.h>
#include <gtest/gtest.h>

#include "arch/base/error.h"
#include "arch/datapath/vector_timing.h"
#include "arch/isa/footprint.h"
#include "rtl/cosim/rtl_vector_unit.h"
#include "tests/rtl/random_vector.h"
#include "tests/support/error_of.h"

namespace evenshift::datapath {

void PrintTo(const VectorActivity& a, std::ostream* out) {
  *out << fmt::format("{{cycles {} elements {} clamped_low {} clamped_high {}}}", a.cycles, a.elements, a.clamped_low,
                      a.clamped_high);
}

}  // namespace evenshift::datapath

namespace evenshift::rtl {
namespace {

using support::error_of;

std::string describe(const VectorCommand& test) {
  std::string text = to_yaml(test.config) + isa::name_of(test.operation);
  std::visit(
      [&]<typename Op>(const Op& op) {
        isa::for_each_field<Op>(
            [&](const auto& field) { text += fmt::format(" {}={}", field.name, op.*field.member); });
      },
      test.operation);
  return text;
}

class VectorUnitOfKind : public ::testing::TestWithParam<int> {};

TEST_P(VectorUnitOfKind, EqualsGoldenOnRandomCommands) {
  const auto rtl = make_rtl_vector_unit();
  std::mt19937 random(static_cast<std::uint32_t>(100 + GetParam()));
  std::int64_t low = 0, high = 0, stalled = 0;
  for (int i = 0; i < 1000; ++i) {
    VectorCommand test = random_vector_command(random, GetParam());
    ASSERT_EQ(isa::command_fault(test.operation, test.config, 0), std::nullopt) << describe(test);
    auto scratchpad = test.scratchpad;
    const auto expected = datapath::execute_vector(test.operation, test.config, test.scratchpad);
    rtl->configure(test.config);
    ASSERT_EQ(rtl->execute(test.operation, scratchpad), expected) << describe(test);
    ASSERT_TRUE(scratchpad == test.scratchpad) << describe(test);
    low += expected.clamped_low;
    high += expected.clamped_high;
    test.config.scratchpad.banks = test.config.scratchpad.bytes_per_bank_per_cycle = 64;
    stalled += datapath::vector_timing(test.operation, test.config) < expected.cycles ? 1 : 0;
  }
  EXPECT_GT(stalled, 50);  // commands that waited for the scratchpad
  const bool clamps = GetParam() != 4 && GetParam() < 6;
  EXPECT_EQ(low > 0, clamps);
  EXPECT_EQ(high > 0, clamps);
}

INSTANTIATE_TEST_SUITE_P(Kinds, VectorUnitOfKind, ::testing::Range(0, kVectorKinds));

TEST(RtlVectorUnit, RunsCommandsOfAllKindsOneAfterTheOther) {
  const auto rtl = make_rtl_vector_unit();
  const NpuConfig config;
  rtl->configure(config);
  std::mt19937 random(5);
  for (int i = 0; i < 400; ++i) {
    VectorCommand test = random_vector_command(random, static_cast<int>(random() % kVectorKinds));
    auto scratchpad = test.scratchpad;
    const auto expected = datapath::execute_vector(test.operation, config, test.scratchpad);
    ASSERT_EQ(rtl->execute(test.operation, scratchpad), expected) << describe(test);
    ASSERT_TRUE(scratchpad == test.scratchpad) << describe(test);
  }
}

/// docs/timing.md's examples, on this unit.
TEST(RtlVectorUnit, CyclesOfTheExamples) {
  const auto rtl = make_rtl_vector_unit();
  rtl->configure(NpuConfig{});
  std::vector<std::uint8_t> scratchpad(1 << 18);
  isa::Add add;
  add.elements = add.b_period = add.b_address = 1000;
  add.output_address = 2000;
  EXPECT_EQ(rtl->execute(add, scratchpad).cycles, 67);
  isa::MaxPool pool;
  pool.input_height = pool.input_width = 10;
  pool.output_height = pool.output_width = 8;
  pool.output_address = 1600;
  pool.channels = 16;
  pool.kernel_height = pool.kernel_width = 3;
  EXPECT_EQ(rtl->execute(pool, scratchpad).cycles, 580);
}

TEST(RtlVectorUnit, NamesTheLanesThatWereBuilt) {
  const auto rtl = make_rtl_vector_unit();
  NpuConfig config;
  config.vector_unit.lanes = 32;
  rtl->configure(config);
  config.vector_unit.lanes = 33;
  EXPECT_EQ(error_of([&] { rtl->configure(config); }),
            "vector_unit.lanes: 33 are more than the 32 that the RTL is built with");
}

TEST(RtlVectorUnit, SaysWhenATableCannotBeAndRunsOn) {
  const auto rtl = make_rtl_vector_unit();
  rtl->configure(NpuConfig{});
  std::vector<std::uint8_t> scratchpad(64);
  isa::Gather gather;
  gather.input_height = 3;
  gather.output_address = 8;
  gather.table_address = 16;
  scratchpad[16] = 2;
  scratchpad[2] = 77;
  rtl->execute(gather, scratchpad);
  EXPECT_EQ(scratchpad[8], 77);
  scratchpad[16] = 3;
  EXPECT_EQ(error_of([&] { rtl->execute(gather, scratchpad); }),
            "a table of a command of gather leads outside the tile or asks for a shift above 62");
  isa::AveragePool pool;
  pool.output_address = 8;
  pool.table_address = 16;
  scratchpad[16] = 1;
  scratchpad[20] = 63;
  EXPECT_NE(error_of([&] { rtl->execute(pool, scratchpad); }), "no error");
  scratchpad[20] = 0;
  scratchpad[0] = 55;
  rtl->execute(pool, scratchpad);
  EXPECT_EQ(scratchpad[8], 55);
}

}  // namespace
}  // namespace evenshift::rtl
