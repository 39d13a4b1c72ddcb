#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <span>

#include "arch/isa/weight_layout.h"
#include "rtl/cosim/rtl_conv_core.h"
#include "tests/rtl/conv_coverage.h"
#include "tests/rtl/random_conv.h"
#include "tests/rtl/random_vector.h"
#include "tests/rtl/vector_coverage.h"

namespace evenshift::rtl {
namespace {

void expect_all_reached(const CoverageCounters& coverage) {
  for (const auto& [name, count] : coverage.counters()) {
    fmt::print("{:>10}  {}\n", count, name);
    EXPECT_GT(count, 0) << name;
  }
}

/// The random commands of conv_core_test.cpp are of no use where they do not go.
TEST(RtlCoverage, RandomCommandsReachEverything) {
  ConvCoverage coverage;
  const auto core = make_rtl_conv_core();
  for (const std::int64_t size : {4, 8}) {
    std::mt19937 random(static_cast<std::uint32_t>(1000 + size));
    for (int chain = 0; chain < 400; ++chain) {
      ConvCommands test = random_conv_commands(random, size);
      core->configure(test.config);
      for (const isa::Conv& conv : test.commands) {
        coverage.command(conv, test.config);
        const auto scales =
            isa::channel_scales(conv, test.config.requantizer,
                                std::span(test.scratchpad).subspan(static_cast<std::size_t>(conv.scale_address)));
        core->execute(conv, test.scratchpad, [&](auto, auto, std::int64_t c, std::int32_t accumulator) {
          coverage.accumulator(accumulator, conv, scales[static_cast<std::size_t>(c)], test.config.requantizer);
        });
      }
    }
  }
  expect_all_reached(coverage);
}

/// And those of vector_unit_test.cpp.
TEST(RtlCoverage, RandomVectorCommandsReachEverything) {
  VectorCoverage coverage;
  for (int kind = 0; kind < kVectorKinds; ++kind) {
    std::mt19937 random(static_cast<std::uint32_t>(100 + kind));
    for (int i = 0; i < 1000; ++i) coverage.command(random_vector_command(random, kind));
  }
  expect_all_reached(coverage);
}

}  // namespace
}  // namespace evenshift::rtl
