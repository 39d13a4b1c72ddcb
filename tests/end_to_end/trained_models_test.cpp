// The networks of models/, from file to numbers.
#include <gmock/gmock.h>

#include <map>

#include "sim/functional/instruction_set.h"
#include "tests/end_to_end/evenshift_program.h"

namespace evenshift::end_to_end {
namespace {

class TrainedModels : public testing::TestWithParam<TrainedModel> {
 protected:
  const TrainedModel& model() const { return GetParam(); }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  host::TempFolder folder_;
};

TEST_P(TrainedModels, CollapseLayerWiseAndRecoverWithTheShift) {
  const double reference = top1(model().onnx(), model().evaluation());
  EXPECT_GT(reference, 0.85);
  std::map<int, double> accuracy;
  for (int bits = 0; bits <= 5; ++bits)
    accuracy[bits] =
        top1(compile(model(), file("net.evs"), {"--equalize", "shift", "--shift-bits", std::to_string(bits)}),
             model().evaluation());
  if (model().collapses) {
    EXPECT_LT(accuracy[0], reference - 0.25);
    EXPECT_GT(accuracy[3], accuracy[0]);
  } else {
    EXPECT_NEAR(accuracy[0], reference, 0.015);
  }
  for (const int bits : {4, 5}) EXPECT_NEAR(accuracy[bits], reference, 0.015) << bits << " shift bits";
}

TEST_P(TrainedModels, AreTheSameOnEveryEngine) {
  const std::string network = compile(model(), file("net.evs"), {"-c", EVENSHIFT_SOURCE_DIR "/configs/npu_8x8.yaml"});
  const auto verified = succeed({"verify", network, model().image(0), model().image(7)});
  EXPECT_THAT(verified.output, testing::HasSubstr("equal: functional = systemc = rtl on 2 inputs"));
  std::map<std::string, std::string> outputs;
  for (const char* engine : {"functional", "systemc", "rtl"}) {
    const auto run = succeed({"run", network, model().image(0), model().image(1), "--engine", engine, "--output",
                              file("out.npy").string(), "--quiet"});
    EXPECT_EQ(run.output, "");
    outputs[engine] = contents(file("out.npy"));
  }
  EXPECT_GT(outputs["functional"].size(), 128U);
  EXPECT_EQ(outputs["functional"], outputs["systemc"]);
  EXPECT_EQ(outputs["functional"], outputs["rtl"]);
}

TEST_P(TrainedModels, CyclesOfLayersAddUp) {
  const std::string network = compile(model(), file("net.evs"));
  std::map<std::string, std::int64_t> total;
  for (const char* engine : {"systemc", "rtl"}) {
    if (engine == std::string("rtl") && model().name != "digits_squeezenet") continue;  // the others take longer
    succeed({"simulate", network, "--engine", engine, "--json", file("cycles.json").string(), "--quiet"});
    const auto report = json_file(file("cycles.json"));
    EXPECT_EQ(report.at("schema_version"), 1);
    std::int64_t cycles = 0;
    for (const auto& layer : report.at("layers")) cycles += layer.at("cycles").get<std::int64_t>();
    total[engine] = report.at("total_cycles").get<std::int64_t>();
    EXPECT_EQ(cycles, total[engine]);
    EXPECT_GT(cycles, 1000);
  }
  if (!total.contains("rtl")) return;
  EXPECT_EQ(total["rtl"], total["systemc"]);
}

TEST_P(TrainedModels, TheSameBytesForAnyThreadsAndInstructionSet) {
  const std::string reference = contents(compile(model(), file("net.evs"), {"--threads", "1"}));
  EXPECT_EQ(contents(compile(model(), file("two.evs"), {"--threads", "2"})), reference);
  std::string outputs;
  for (const sim::InstructionSet set : sim::supported_instruction_sets()) {
    const support::ProgramOptions options{.environment = {{"EVENSHIFT_ISA", std::string(to_string(set))}}};
    succeed({"compile", model().onnx(), "--calibrate", model().calibration(), "-o", file("isa.evs").string(), "-q"},
            options);
    EXPECT_EQ(contents(file("isa.evs")), reference) << to_string(set);
    succeed({"run", file("net.evs").string(), model().image(3), "--output", file("out.npy").string(), "-q"}, options);
    if (outputs.empty()) outputs = contents(file("out.npy"));
    EXPECT_EQ(contents(file("out.npy")), outputs) << to_string(set);
  }
}

/// numerics.md, "What must hold", 1: a shifter of no bits is plain layer-wise quantization.
TEST_P(TrainedModels, NoShiftBitsAreLayerWiseQuantization) {
  const auto golden = [&](const std::string& name, const std::vector<std::string>& flags) {
    const std::string network = compile(model(), file(name + ".evs"), flags);
    succeed({"export", network, "--golden", file(name).string(), "--input", model().image(2), "-q"});
  };
  golden("shift", {"--shift-bits", "0", "--equalize", "shift"});
  golden("layer", {"--requant-scale", "layer", "--equalize", "none"});
  std::size_t compared = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(file("shift"))) {
    if (entry.path().extension() != ".npy") continue;
    EXPECT_EQ(contents(entry.path()), contents(file("layer") / std::filesystem::relative(entry.path(), file("shift"))))
        << entry.path();
    ++compared;
  }
  EXPECT_GT(compared, 30U);
}

INSTANTIATE_TEST_SUITE_P(Models, TrainedModels, testing::ValuesIn(kTrainedModels),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace evenshift::end_to_end
