// What `explain` says of the networks of models/, as a user reads it.
#include <gmock/gmock.h>

#include "tests/end_to_end/evenshift_program.h"

namespace evenshift::end_to_end {
namespace {

using testing::HasSubstr;
using testing::Not;

class ExplainProgram : public testing::Test {
 protected:
  nlohmann::json report_of(const std::vector<std::string>& flags) {
    const std::string file = (folder_.path() / "report.json").string();
    text_ = succeed(joined({"explain", model_.onnx(), "--calibrate", model_.calibration(), "--images", "16", "-q",
                            "--json", file},
                           flags))
                .output;
    return json_file(file);
  }
  const TrainedModel& model_ = kTrainedModels[0];
  host::TempFolder folder_;
  std::string text_;
};

TEST_F(ExplainProgram, FindsWhyMobileNetCollapsesLayerWise) {
  const auto report = report_of({"--shift-bits", "0"});
  EXPECT_EQ(report.at("schema_version"), 1);
  EXPECT_EQ(report.at("harmless"), false);
  EXPECT_LT(report.at("compiled").at("agreement"), 0.5);
  EXPECT_EQ(report.at("causes").at(0).at("cause"), "shift_width");
  EXPECT_GT(report.at("causes").at(0).at("share"), 0.9);
  const auto& worst = report.at("layers").at(0);
  EXPECT_EQ(worst.at("kind"), "depthwise_conv");
  EXPECT_EQ(worst.at("cause"), "shift_width");
  EXPECT_FALSE(worst.at("silent_input_channels").empty());
  EXPECT_GT(report.at("without_silent_inputs").at("output_sqnr_db"),
            report.at("compiled").at("output_sqnr_db").get<double>() + 10);
  bool shifter = false;
  for (const auto& remedy : report.at("remedies"))
    shifter = shifter || (remedy.at("cost") == "wider_shifter" && remedy.at("wins_half") == true);
  EXPECT_TRUE(shifter);
  EXPECT_THAT(text_, HasSubstr("Cause:   limited shift width"));
  EXPECT_THAT(text_, HasSubstr("Remedy:  " + report.at("advised").get<std::string>()));
  EXPECT_THAT(text_, HasSubstr("Silent inputs: "));
}

TEST_F(ExplainProgram, SaysSoWhereNothingIsWrong) {
  const auto report = report_of({});
  EXPECT_EQ(report.at("harmless"), true);
  EXPECT_TRUE(report.at("remedies").empty());
  EXPECT_TRUE(report.at("advised").is_null());
  EXPECT_THAT(text_, HasSubstr("\nNothing to mend: "));
}

TEST_F(ExplainProgram, JsonAloneOnStandardOutput) {
  const auto run =
      succeed({"explain", model_.onnx(), "--calibrate", model_.calibration(), "--images", "2", "-q", "--json", "-"});
  const auto report = nlohmann::json::parse(run.output);
  EXPECT_EQ(report.at("images"), 2);
  EXPECT_EQ(report.at("held_out"), false);
}

TEST_F(ExplainProgram, MeasuresOnImagesThatDoNotCalibrate) {
  const auto report = report_of({"--calibration-images", "40"});
  EXPECT_EQ(report.at("images"), 16);
  EXPECT_EQ(report.at("held_out"), true);
  EXPECT_THAT(text_, HasSubstr("measured on 16 images that do not calibrate\n"));
}

TEST_F(ExplainProgram, RefusesWhatItCannotUse) {
  const auto errors = [&](const std::vector<std::string>& arguments, int status) {
    const auto run = evenshift(joined({"explain"}, arguments));
    EXPECT_EQ(run.status, status);
    EXPECT_THAT(run.output, Not(HasSubstr("SQNR")));
    return run.errors;
  };
  EXPECT_THAT(errors({model_.onnx()}, 2), HasSubstr("--calibrate"));
  EXPECT_THAT(errors({model_.onnx(), "--calibrate", model_.calibration(), "--images", "0"}, 2), HasSubstr("--images"));
  EXPECT_THAT(errors({model_.onnx(), "--calibrate", "nowhere"}, 1), HasSubstr("nowhere"));
  EXPECT_THAT(errors({model_.onnx(), "--calibrate", model_.calibration(), "--json", "nowhere/x.json"}, 1),
              HasSubstr("there is no folder 'nowhere'"));
  EXPECT_THAT(errors({model_.onnx(), "--calibrate", model_.calibration(), "--shift-bits", "9"}, 1),
              HasSubstr("shift_bits"));
}

}  // namespace
}  // namespace evenshift::end_to_end
