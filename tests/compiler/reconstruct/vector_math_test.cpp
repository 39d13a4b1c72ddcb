#include "compiler/reconstruct/vector_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "compiler/reference/vector_dispatch.h"

namespace evenshift::compiler {
namespace {

std::vector<float> steps(float low, float high, std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = low + (high - low) * static_cast<float>(i) / static_cast<float>(count - 1);
  return values;
}

TEST(VectorMath, IsNearToTheFunctions) {
  for (const float x : steps(-80, 0, 1001)) EXPECT_NEAR(exp_of_negative(x) / std::exp(x), 1, 3e-7) << x;
  for (const float x : steps(-20, 20, 1001)) EXPECT_NEAR(logistic(x), 1 / (1 + std::exp(-x)), 3e-7) << x;
  for (const double x : {1e-30, 0.3, 0.5, 0.99, 1.0, 1.5, 3.0, 1e20})
    EXPECT_NEAR(portable_log2(x), std::log2(x), 1e-13 * (1 + std::abs(std::log2(x)))) << x;
  EXPECT_EQ(exp_of_negative(0), 1);
  EXPECT_EQ(exp_of_negative(-1000), exp_of_negative(-87));
}

TEST(VectorMath, RoundsTiesToEven) {
  EXPECT_EQ(round_small(0.5F), 0);
  EXPECT_EQ(round_small(1.5F), 2);
  EXPECT_EQ(round_small(-2.5F), -2);
  EXPECT_EQ(round_small(-2.6F), -3);
}

TEST(VectorMath, GivesTheSameBytesWithEveryVector) {
  const std::vector<float> values = steps(-9, 11, 1003);
  const auto compute = [&](std::vector<float>& results) {
    for (std::size_t i = 0; i < values.size(); ++i) results[i] = logistic(values[i]) * values[i] + 0.1F;
    add_scaled(static_cast<std::int64_t>(values.size()), 0.3F, values.data(), results.data());
    results.push_back(sum_in_lanes(1003, [&](std::int64_t i) {
      return values[static_cast<std::size_t>(i)] * results[static_cast<std::size_t>(i)];
    }));
  };
  std::vector<float> plain(values.size());
  std::vector<float> widest(values.size());
  compute(plain);
  with_widest_vectors([&] { compute(widest); });
  EXPECT_EQ(widest, plain);
}

}  // namespace
}  // namespace evenshift::compiler
