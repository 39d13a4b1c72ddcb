#include "host/topk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace evenshift::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename Score>
std::vector<std::int64_t> top(const std::vector<Score>& scores, std::size_t k) {
  return top_k<Score>(scores, k);
}

TEST(TopK, GreatestFirst) {
  EXPECT_THAT(top<float>({0.5f, -1.0f, 3.0f, 2.0f}, 3), ElementsAre(2, 3, 0));
  EXPECT_THAT(top<std::int8_t>({5, -128, 127, 0}, 2), ElementsAre(2, 0));
}

TEST(TopK, LowerIndexWinsATie) {
  EXPECT_THAT(top<int>({7, 9, 9, 7, 9}, 4), ElementsAre(1, 2, 4, 0));
  EXPECT_THAT(top<float>({0.0f, -0.0f}, 2), ElementsAre(0, 1));
}

TEST(TopK, FewerScoresThanAskedFor) {
  EXPECT_THAT(top<int>({1, 2}, 5), ElementsAre(1, 0));
  EXPECT_THAT(top<int>({}, 5), IsEmpty());
  EXPECT_THAT(top<int>({1, 2}, 0), IsEmpty());
}

TEST(TopK, NotANumberGoesLast) {
  const float nan = std::nanf("");
  EXPECT_THAT(top<float>({nan, -INFINITY, 1.0f, nan}, 4), ElementsAre(2, 1, 0, 3));
}

TEST(RankOf, IsThePlaceInTopK) {
  const std::vector<float> scores = {7, std::nanf(""), 9, 7, 9, -3, std::nanf("")};
  const auto order = top<float>(scores, scores.size());
  for (std::size_t place = 0; place < order.size(); ++place) EXPECT_EQ(rank_of<float>(scores, order[place]), place);
  EXPECT_EQ(rank_of<float>(scores, -1), scores.size());
  EXPECT_EQ(rank_of<float>(scores, 7), scores.size());
}

TEST(AccuracyCounter, CountsTop1AndTop5) {
  const std::vector<int> scores = {60, 50, 40, 30, 20, 10};
  AccuracyCounter counter;
  for (const std::int64_t expected : {0, 4, 5, 6, -1}) counter.add<int>(scores, expected);
  EXPECT_EQ(counter, (AccuracyCounter{5, 1, 2}));
  EXPECT_DOUBLE_EQ(counter.top1_fraction(), 0.2);
  EXPECT_DOUBLE_EQ(counter.top5_fraction(), 0.4);
  counter += AccuracyCounter{5, 4, 5};
  EXPECT_EQ(counter, (AccuracyCounter{10, 5, 7}));
}

TEST(AccuracyCounter, ATieGoesToTheLowerIndex) {
  const std::vector<int> scores = {1, 1};
  AccuracyCounter counter;
  counter.add<int>(scores, 1);
  EXPECT_EQ(counter.top1, 0);
  counter.add<int>(scores, 0);
  EXPECT_EQ(counter.top1, 1);
}

TEST(AccuracyCounter, FewOutputs) {
  AccuracyCounter counter;
  counter.add<int>(std::vector<int>{1, 2}, 2);  // no such output
  counter.add<int>({}, 0);
  EXPECT_EQ(counter, (AccuracyCounter{2, 0, 0}));
  EXPECT_EQ(AccuracyCounter{}.top1_fraction(), 0.0);
}

}  // namespace
}  // namespace evenshift::host
