#include "host/epilogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace evenshift::host {
namespace {

using ::testing::ElementsAre;

std::vector<float> softmax_of(const std::vector<float>& values) { return softmax(values); }

TEST(Softmax, EqualsTheFormula) {
  const std::vector<float> values = {1.0f, 2.5f, -3.0f, 0.0f, 2.4999f, -40.0f, -90.0f};
  double sum = 0.0;
  for (const float value : values) sum += std::exp(static_cast<double>(value));
  const auto result = softmax(values);
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_FLOAT_EQ(result[i], static_cast<float>(std::exp(static_cast<double>(values[i])) / sum)) << values[i];
}

TEST(Softmax, ExpIsExactToFloatOverItsRange) {
  for (float x = 0.0f; x > -104.0f; x -= 0.37f) {
    const double power = std::exp(static_cast<double>(x));
    EXPECT_FLOAT_EQ(softmax_of({0.0f, x})[1], static_cast<float>(power / (1.0 + power))) << x;
  }
}

TEST(Softmax, LargeValuesDoNotOverflow) {
  EXPECT_THAT(softmax_of({1e38f, 1e38f, -1e38f}), ElementsAre(0.5f, 0.5f, 0.0f));
  EXPECT_THAT(softmax_of({-3e38f, -3e38f}), ElementsAre(0.5f, 0.5f));
}

TEST(Softmax, InfinitiesAndNotANumber) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(softmax_of({kInfinity, 1.0f, kInfinity}), ElementsAre(0.5f, 0.0f, 0.5f));
  EXPECT_THAT(softmax_of({-kInfinity, 1.0f}), ElementsAre(0.0f, 1.0f));
  EXPECT_THAT(softmax_of({-kInfinity, -kInfinity}), ElementsAre(0.5f, 0.5f));
  for (const float value : softmax_of({1.0f, std::nanf("")})) EXPECT_TRUE(std::isnan(value));
  EXPECT_TRUE(softmax_of({}).empty());
}

TEST(Dequantize, IsZeroAtTheZeroPoint) {
  const std::vector<std::int8_t> values = {-128, 5, 127};
  EXPECT_THAT(dequantize<std::int8_t>(values, 0.5, 5), ElementsAre(-66.5f, 0.0f, 61.0f));
  const std::vector<std::int32_t> wide = {std::numeric_limits<std::int32_t>::min()};
  EXPECT_THAT(dequantize<std::int32_t>(wide, 1.0, std::numeric_limits<std::int32_t>::max()),
              ElementsAre(-4294967295.0f));
}

}  // namespace
}  // namespace evenshift::host
