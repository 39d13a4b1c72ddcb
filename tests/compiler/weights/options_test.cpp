#include "compiler/options.h"

#include <gtest/gtest.h>

#include "arch/base/error.h"

namespace evenshift::compiler {
namespace {

TEST(LayerWeightBits, AreThoseOfTheFirstPatternThatMatches) {
  CompileOptions options;
  options.weight_bits = 6;
  options.layer_weight_bits = "stem=8, block*/depthwise*=7,block*=4";
  EXPECT_EQ(weight_bits_of(options, "stem"), 8);
  EXPECT_EQ(weight_bits_of(options, "block3/depthwise/conv"), 7);
  EXPECT_EQ(weight_bits_of(options, "block3/pointwise"), 4);
  EXPECT_EQ(weight_bits_of(options, "stem2"), 6);
}

TEST(LayerWeightBits, RefuseWhatIsNoNameAndBits) {
  for (const char* text : {"stem", "stem=9", "stem=1", "=8", "stem=8x", "stem=8,,a=4"})
    EXPECT_THROW(static_cast<void>(parse_layer_weight_bits(text)), Error) << text;
}

TEST(MatchesPattern, KnowsTheStar) {
  EXPECT_TRUE(matches_pattern("a/b/c", "a*c"));
  EXPECT_TRUE(matches_pattern("abc", "*"));
  EXPECT_TRUE(matches_pattern("", "*"));
  EXPECT_TRUE(matches_pattern("aXbXc", "a*b*c"));
  EXPECT_FALSE(matches_pattern("aXbX", "a*b*c"));
  EXPECT_FALSE(matches_pattern("abc", "ab"));
  EXPECT_FALSE(matches_pattern("ab", "abc"));
  EXPECT_FALSE(matches_pattern(std::string(200, 'a'), "*a*a*a*a*a*a*a*a*a*a*b"));
}

}  // namespace
}  // namespace evenshift::compiler
