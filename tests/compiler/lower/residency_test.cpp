// What stays in the scratchpad between layers is not loaded, and yet every tensor is in DRAM.
#include "compiler/lower/residency.h"

#include <gtest/gtest.h>

#include "tests/compiler/lower/lowering_checks.h"
#include "tests/compiler/lower/network_builder.h"

namespace evenshift::compiler {
namespace {

/// Layers of all kinds that can read and write what stays, 32 x 12 x 12 between them.
QuantizedGraph chain(std::int64_t scratchpad_bytes) {
  NetworkBuilder b(config_with_scratchpad(scratchpad_bytes), 4);
  ValueId v = b.input({32, 12, 12});
  v = b.conv(v, square_window(3, 1, 1), 32);
  v = b.depthwise(v, square_window(3, 1, 1));
  v = b.conv(v, square_window(3, 1, 1), 32, 4);
  v = b.lookup(v);
  v = b.parametric_relu(v);
  v = b.add(v, v);
  v = b.max_pool(v, square_window(3, 1, 1));
  v = b.average_pool(v, square_window(3, 1, 1), false);
  v = b.conv(v, square_window(1, 2, 0), 32);
  b.output(b.multiply(v, b.global_average_pool(v)));
  return b.take();
}

TEST(Residency, WhatStaysIsNotLoaded) {
  const Lowered lowered = lower_and_compare(chain(262144), 1);
  ASSERT_EQ(lowered.plans.size(), 11u);
  for (std::size_t i = 1; i < lowered.plans.size(); ++i) EXPECT_TRUE(lowered.plans[i].input_stays) << i;
  EXPECT_FALSE(lowered.plans[0].input_stays);
  EXPECT_EQ(lowered.plans[3].loaded_bytes, 256);     // the table of the lookup
  EXPECT_EQ(lowered.plans[4].loaded_bytes, 4 * 32);  // the multipliers
  EXPECT_EQ(lowered.plans[5].loaded_bytes, 0);       // a value added to itself
  EXPECT_EQ(lowered.plans[6].loaded_bytes, 0);
  EXPECT_EQ(lowered.plans[7].loaded_bytes, 8 * 9);     // scales by number of taps
  EXPECT_EQ(lowered.plans[10].loaded_bytes, 32 * 36);  // the other operand, made two layers before
  for (const LayerPlan& plan : lowered.plans) EXPECT_GT(plan.stored_bytes, 0) << plan.name;
}

TEST(Residency, CanBeSwitchedOff) {
  const Lowered lowered =
      lower_and_compare(chain(262144), 1, {.tensors = {}, .keep_in_scratchpad = false, .check = true});
  for (const LayerPlan& plan : lowered.plans) EXPECT_FALSE(plan.input_stays) << plan.name;
  EXPECT_EQ(lowered.plans[5].loaded_bytes, 32 * 12 * 12);
}

TEST(Residency, FitsWhateverTheScratchpadHolds) {
  std::int64_t greatest = -1;
  for (std::int64_t bytes = 4096; bytes <= 32768; bytes += 1024) {
    SCOPED_TRACE(bytes);
    const Lowered lowered = lower_and_compare(chain(bytes), 1);
    std::int64_t staying = 0;
    for (const LayerPlan& plan : lowered.plans) {
      EXPECT_LE(plan.scratchpad_bytes, bytes) << plan.name;
      staying += plan.input_stays;
    }
    greatest = std::max(greatest, staying);
  }
  EXPECT_EQ(greatest, 10);
}

}  // namespace
}  // namespace evenshift::compiler
