#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arch/base/atomic_file.h"
#include "arch/base/error.h"
#include "cli/sweep_chart.h"
#include "cli/sweep_markdown.h"
#include "cli/sweep_results.h"
#include "tests/host/temp_folder.h"

namespace evenshift::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

SweepRow row_of(const std::string& scale, const std::string& bits, const std::string& lanes, const std::string& core) {
  SweepRow row;
  for (const std::string& column : sweep_columns()) row[column] = "0";
  row.insert_or_assign("model", "net");
  row.insert_or_assign("requant_scale", scale);
  row.insert_or_assign("shift_bits", bits);
  row.insert_or_assign("equalize", "shift");
  row.insert_or_assign("top1", "0.5");
  row.insert_or_assign("requantizers_ge", lanes);
  row.insert_or_assign("conv_core_ge", core);
  return row;
}

std::vector<SweepRow> known() {
  return {row_of("layer_with_channel_shift", "0", "190000", "500100"),
          row_of("layer_with_channel_shift", "4", "191000", "502600"),
          row_of("channel_multiplier", "0", "190500", "514000")};
}

TEST(SweepReports, MarkdownEndsWithTheGates) {
  EXPECT_THAT(sweep_markdown(known()), HasSubstr("| `shift` | 50.0 (0.0) | 50.0 (0.0) | 50.0 (0.0) |\n"
                                                 "| requantizers, gates | 190000 | 191000 | 190500 |\n"
                                                 "| conv core, gates | 500100 | 502600 | 514000 |\n"));
  auto rows = known();
  rows.push_back(row_of("layer_with_channel_shift", "5", "191200", ""));
  EXPECT_THAT(sweep_markdown(rows), HasSubstr("| conv core, gates | 500100 | 502600 | – | 514000 |\n"));
  EXPECT_THAT(sweep_markdown({row_of("layer", "0", "", "")}), Not(HasSubstr("gates")));
}

TEST(SweepReports, ChartHasGatesBesideAccuracy) {
  const std::string chart = accuracy_chart(known());
  EXPECT_THAT(chart, HasSubstr("width=\"1120\""));  // two panels
  EXPECT_THAT(chart, HasSubstr(">Area of the conv core<"));
  for (const char* gates : {">500.1<", ">502.6<", ">channel_multiplier: 514.0<"})
    EXPECT_THAT(chart, HasSubstr(gates)) << gates;

  const std::string lanes = accuracy_chart({row_of("layer_with_channel_shift", "4", "191000", "")});
  EXPECT_THAT(lanes, HasSubstr(">Area of the requantizers<"));
  EXPECT_THAT(lanes, HasSubstr(">191.0<"));

  const std::string none = accuracy_chart({row_of("layer_with_channel_shift", "4", "", "")});
  EXPECT_THAT(none, HasSubstr("width=\"560\""));
  EXPECT_THAT(none, Not(HasSubstr("Area")));
}

TEST(SweepReports, ChartHasARowOfPanelsForEachChoiceOfBits) {
  auto rows = known();
  for (SweepRow row : known()) {
    row["weight_bits"] = "4";
    rows.push_back(row);
  }
  const std::string chart = accuracy_chart(rows);
  EXPECT_THAT(chart, HasSubstr(">net, weights 0 bits, activations 0 bits<"));
  EXPECT_THAT(chart, HasSubstr(">net, weights 4 bits, activations 0 bits<"));
  EXPECT_THAT(chart, HasSubstr("width=\"1120\""));  // with that of the gates
  EXPECT_THAT(chart, HasSubstr(">channel_multiplier, equalize shift: 50.0 %<"));
}

/// Results from before a column was there are kept: the row is found, and its new columns can be set.
TEST(SweepResults, TakeFilesThatLackTheLastColumns) {
  host::TempFolder folder;
  const auto file = folder.write("results.csv",
                                 "model,requant_scale,shift_bits,weight_bits,activation_bits,equalize,images,top1\n"
                                 "net,layer,0,0,0,shift,0,0.25\n");
  const SweepRow row = row_of("layer", "0", "190000", "500000");
  {
    SweepResults results(folder.path());
    const SweepRow* old = results.find(row);
    ASSERT_NE(old, nullptr);
    EXPECT_EQ(old->at("top1"), "0.25");
    EXPECT_EQ(old->at("conv_core_ge"), "");
    results.put(row);
  }
  EXPECT_EQ(SweepResults(folder.path()).rows(), std::vector<SweepRow>{row});

  folder.write("results.csv", "model,requant_scale,bits\nnet,layer,0\n");
  EXPECT_THROW(SweepResults(folder.path()), Error);
  folder.write("results.csv", "model,requant_scale\n");
  EXPECT_THROW(SweepResults(folder.path()), Error);
}

/// Two sweeps into one folder would overwrite each other's rows.
TEST(SweepResults, HaveTheirFolderForThemselves) {
  host::TempFolder folder;
  {
    const SweepResults first(folder.path());
    EXPECT_THAT([&] { SweepResults(folder.path()); },
                testing::ThrowsMessage<Error>(HasSubstr("another run is writing into the folder")));
  }
  EXPECT_TRUE(SweepResults(folder.path()).rows().empty());
}

}  // namespace
}  // namespace evenshift::cli
