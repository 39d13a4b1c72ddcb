#include "host/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

namespace evenshift::host {
namespace {

constexpr std::size_t kCount = 200;

TEST(ThreadCount, IsWithinOneAndTheCount) {
  EXPECT_EQ(thread_count(4, 100), 4);
  EXPECT_EQ(thread_count(4, 3), 3);
  EXPECT_EQ(thread_count(4, 0), 1);
  EXPECT_GE(thread_count(0, 100), 1);
  EXPECT_GE(thread_count(-1, 100), 1);
}

class Parallel : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, Parallel, ::testing::Values(0, 1, 2, 3, 8, 500));

TEST_P(Parallel, ForCallsEveryIndexOnce) {
  std::vector<int> calls(kCount);
  parallel_for_ordered(kCount, GetParam(), [&](std::size_t index) { ++calls[index]; });
  EXPECT_EQ(calls, std::vector<int>(kCount, 1));
}

TEST_P(Parallel, ForTellsWorkersApart) {
  const int workers = thread_count(GetParam(), kCount);
  std::vector<std::vector<std::size_t>> seen(static_cast<std::size_t>(workers));
  parallel_for_ordered(kCount, GetParam(),
                       [&](std::size_t index, int worker) { seen[static_cast<std::size_t>(worker)].push_back(index); });
  std::set<std::size_t> all;
  for (const auto& indices : seen) {
    EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
    all.insert(indices.begin(), indices.end());
  }
  EXPECT_EQ(all.size(), kCount);
}

TEST_P(Parallel, ForRethrowsTheLowestException) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::atomic<int> below = 0;
    try {
      parallel_for_ordered(kCount, GetParam(), [&](std::size_t index) {
        if (index >= 37) throw std::runtime_error(std::to_string(index));
        ++below;
      });
      FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "37");
    }
    EXPECT_EQ(below, 37);
  }
}

TEST_P(Parallel, ForStopsWhenCancelled) {
  CancelFlag flag;
  std::atomic<std::size_t> calls = 0;
  EXPECT_THROW(parallel_for_ordered(
                   1'000'000'000, GetParam(),
                   [&](std::size_t index) {
                     ++calls;
                     if (index == 10) flag.cancel();
                   },
                   &flag),
               Cancelled);
  EXPECT_GE(calls, 11u);
  EXPECT_LT(calls, 1'000'000'000u);
}

TEST_P(Parallel, ReduceIsTheSameSumForAnyNumberOfThreads) {
  const auto term = [](std::size_t index) { return 1.0f / static_cast<float>(index * index + 1); };
  float expected = 0.0f;
  for (std::size_t index = 0; index < kCount; ++index) expected = expected * 0.75f + term(index);
  float sum = 0.0f;
  parallel_reduce_ordered(kCount, GetParam(), term, [&](std::size_t, float value) { sum = sum * 0.75f + value; });
  EXPECT_EQ(sum, expected);
}

TEST_P(Parallel, ReduceMovesResultsAndTellsWorkersApart) {
  std::vector<std::size_t> order;
  parallel_reduce_ordered(
      kCount, GetParam(), [](std::size_t index, int) { return std::make_unique<std::size_t>(index); },
      [&](std::size_t index, std::unique_ptr<std::size_t> value) {
        EXPECT_EQ(*value, index);
        order.push_back(index);
      });
  ASSERT_EQ(order.size(), kCount);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_P(Parallel, ReduceConsumesExactlyWhatPrecedesAFailure) {
  for (const bool in_produce : {true, false})
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::size_t consumed = 0;
      try {
        parallel_reduce_ordered(
            kCount, GetParam(),
            [&](std::size_t index) {
              if (in_produce && index >= 41) throw std::runtime_error(std::to_string(index));
              return index;
            },
            [&](std::size_t index, std::size_t) {
              if (!in_produce && index >= 41) throw std::runtime_error(std::to_string(index));
              ++consumed;
            });
        FAIL() << "no exception";
      } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "41");
      }
      EXPECT_EQ(consumed, 41u);
    }
}

TEST_P(Parallel, ReduceConsumesAllThatBeganBeforeCancellation) {
  CancelFlag flag;
  std::atomic<std::size_t> produced = 0;
  std::size_t consumed = 0;
  EXPECT_THROW(parallel_reduce_ordered(
                   1'000'000'000, GetParam(),
                   [&](std::size_t index) {
                     ++produced;
                     if (index == 10) flag.cancel();
                     return index;
                   },
                   [&](std::size_t index, std::size_t) {
                     EXPECT_EQ(index, consumed);
                     ++consumed;
                   },
                   &flag),
               Cancelled);
  EXPECT_EQ(consumed, produced);
}

TEST_P(Parallel, NothingToDo) {
  parallel_for_ordered(0, GetParam(), [](std::size_t) { FAIL(); });
  parallel_reduce_ordered(
      0, GetParam(), [](std::size_t index) { return index; }, [](std::size_t, std::size_t) { FAIL(); });
}

TEST(CancelFlag, SetAfterTheLastIndexChangesNothing) {
  CancelFlag flag;
  EXPECT_NO_THROW(parallel_for_ordered(
      5, 1,
      [&](std::size_t index) {
        if (index == 4) flag.cancel();
      },
      &flag));
}

}  // namespace
}  // namespace evenshift::host
