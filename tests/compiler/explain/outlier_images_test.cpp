#include "compiler/explain/outlier_images.h"

#include <gmock/gmock.h>

#include "tests/compiler/explain/explain_fixture.h"

namespace evenshift::compiler {
namespace {

TEST(OutlierImages, AreThoseThatReachTwiceAsFarAsAllOthers) {
  SmallNetwork network = small_network();
  EXPECT_TRUE(outlier_images(network.graph, network.data(), {}).empty());
  for (float& number : network.images[4][0].values) number *= 10;
  const auto found = outlier_images(network.graph, network.data(), {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].image, 4);
  EXPECT_EQ(found[0].values, 8);  // the input and what every node makes
  EXPECT_GT(found[0].factor, 5);
}

TEST(OutlierImages, TwoOfAKindAreNone) {
  SmallNetwork network = small_network();
  for (float& number : network.images[4][0].values) number *= 10;
  network.images[5] = network.images[4];
  EXPECT_TRUE(outlier_images(network.graph, network.data(), {}).empty());
}

TEST(OutlierImages, AreLeftOutByTheirIndex) {
  const CalibrationData data{5, [](std::int64_t index) {
                               return std::vector<FloatTensor>{{{1, 1, 1}, {static_cast<float>(index)}}};
                             }};
  const CalibrationData left = without_images(data, {{1, 1, 3}, {3, 1, 3}});
  ASSERT_EQ(left.count, 3);
  EXPECT_EQ(left.load(0)[0].values[0], 0);
  EXPECT_EQ(left.load(1)[0].values[0], 2);
  EXPECT_EQ(left.load(2)[0].values[0], 4);
}

}  // namespace
}  // namespace evenshift::compiler
