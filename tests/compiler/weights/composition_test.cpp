#include "compiler/composition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arch/base/error.h"

namespace evenshift::compiler {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string fault_of(const std::string& text) {
  try {
    static_cast<void>(Composition::parse(text));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Composition, RunsInTheOrderOfTheStagesHoweverItIsWritten) {
  EXPECT_EQ(Composition::parse("bias_correction, shift_mse,factorize").text(), "factorize,shift_mse,bias_correction");
}

TEST(Composition, KnowsTheMethodOfEachStage) {
  const Composition composition = Composition::parse("cross_layer,shift,adaround");
  EXPECT_EQ(composition.of(Stage::factorization), "cross_layer");
  EXPECT_EQ(composition.of(Stage::rounding), "adaround");
  EXPECT_EQ(composition.of(Stage::bias), "");
  EXPECT_TRUE(composition.needs_calibration(Stage::rounding));
  EXPECT_FALSE(composition.needs_calibration(Stage::grid));
}

TEST(Composition, OfNoneIsEmpty) {
  const Composition composition = Composition::parse("none");
  EXPECT_EQ(composition.text(), "none");
  for (const Method& method : known_methods()) EXPECT_FALSE(composition.has(method.name));
}

TEST(Composition, NamesEveryMethodWhereOneIsUnknown) {
  std::string known = fault_of("shift,shfit_mse");
  EXPECT_THAT(known, HasSubstr("'shfit_mse' is not known"));
  for (const Method& method : known_methods()) EXPECT_THAT(known, HasSubstr(std::string(method.name)));
}

TEST(Composition, RefusesTwoMethodsForOneStep) {
  EXPECT_THAT(fault_of("shift,msqe"), AllOf(HasSubstr("'shift' and 'msqe'"), HasSubstr("one of them")));
  EXPECT_THAT(fault_of("shift,shift"), HasSubstr("one of them"));
  EXPECT_THAT(fault_of("none,shift"), HasSubstr("'none'"));
  EXPECT_THAT(fault_of(""), HasSubstr("names no method"));
}

TEST(Methods, HaveASentenceAndASource) {
  for (const Method& method : known_methods()) {
    EXPECT_GT(method.sentence.size(), 20u) << method.name;
    EXPECT_FALSE(method.source.empty()) << method.name;
  }
}

}  // namespace
}  // namespace evenshift::compiler
