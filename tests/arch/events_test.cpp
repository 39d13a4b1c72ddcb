#include "arch/datapath/events.h"

#include <gtest/gtest.h>

namespace evenshift::datapath {
namespace {

/// 3 x 3 over 32 channels, 20 outputs, 10 x 10 positions, on 16 x 16: 2 column blocks; a run of 96 bytes a kernel row
/// is 6 passes.
isa::Conv conv() {
  isa::Conv conv;
  conv.input_height = conv.input_width = 12;
  conv.input_pixel_stride = conv.inputs_per_group = 32;
  conv.input_row_stride = 12 * 32;
  conv.output_height = conv.output_width = 10;
  conv.output_channels = conv.outputs_per_group = conv.output_pixel_stride = 20;
  conv.output_row_stride = 200;
  conv.kernel_height = conv.kernel_width = 3;
  return conv;
}

TEST(Events, AConvUpdatesAnAccumulatorInEveryPass) {
  const Events events = events_of(conv(), NpuConfig{});
  EXPECT_EQ(events.accumulator_updates, 100 * (3 * 6) * 20);
  EXPECT_EQ(events.requantized_outputs, 100 * 20);
  EXPECT_EQ(events.vector_elements, 0);
  EXPECT_GT(events.scratchpad_bytes, 100 * 288 * 2);
}

TEST(Events, AConvThatDoesNotFinishRequantizesNothing) {
  isa::Conv first_part = conv();
  first_part.finishes = 0;
  const Events events = events_of(first_part, NpuConfig{});
  EXPECT_EQ(events.requantized_outputs, 0);
  EXPECT_EQ(events.accumulator_updates, 100 * 18 * 20);
}

TEST(Events, PoolingWorksThroughTaps) {
  isa::MaxPool pool;
  pool.input_height = pool.input_width = 8;
  pool.output_height = pool.output_width = 4;
  pool.channels = 3;
  pool.kernel_height = pool.kernel_width = pool.stride_height = pool.stride_width = 2;
  EXPECT_EQ(events_of(pool, NpuConfig{}).vector_elements, 16 * 3 * 4);
  EXPECT_EQ(events_of(pool, NpuConfig{}).accumulator_updates, 0);
}

TEST(Events, MovingBytesIsNotCountedHere) { EXPECT_EQ(events_of(isa::Load{}, NpuConfig{}), Events{}); }

}  // namespace
}  // namespace evenshift::datapath
