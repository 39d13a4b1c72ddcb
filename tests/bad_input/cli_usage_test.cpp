// Command lines that are wrong, and configurations that are.
#include "tests/bad_input/cli_fixture.h"

namespace evenshift::bad_input {
namespace {

using CliUsage = BadInput;
using CliConfiguration = BadInput;

std::ptrdiff_t lines(const std::string& text) { return std::ranges::count(text, '\n'); }

TEST_F(CliUsage, WrongCommandLinesExitWithTwo) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"frobnicate"},
                                             {"compile"},
                                             {"compile", model().onnx()},
                                             {"compile", model().onnx(), "-o"},
                                             {"run", network()},
                                             {"run", network(), model().image(), "--no-such-flag"},
                                             {"verify"},
                                             {"evaluate", network()},
                                             {"evaluate", network(), "--data", ".", "--limit", "0"},
                                             {"evaluate", network(), "--data", ".", "--limit", "x"},
                                             {"sweep", "plan.yaml"},
                                             {"simulate"},
                                             {"simulate", network(), "surplus"},
                                             {"inspect"},
                                             {"export"}}) {
    const auto run = evenshift(arguments);
    SCOPED_TRACE(arguments.empty() ? "" : arguments.back());
    EXPECT_EQ(run.status, kUsageFault);
    EXPECT_THAT(run.errors, testing::StartsWith("evenshift: "));
    EXPECT_EQ(run.output, "");
  }
}

TEST_F(CliUsage, EnginesThatDoNotExist) {
  expect_fault({"run", network(), model().image(), "--engine", "quantum"},
               AllOf(HasSubstr("quantum"), HasSubstr("functional, systemc, rtl")));
  expect_fault({"verify", network(), model().image(), "--engines", "functional,quantum"}, HasSubstr("quantum"));
  expect_fault({"verify", network(), model().image(), "--engines", "functional,functional"}, HasSubstr("twice"));
  expect_fault({"verify", network(), model().image(), "--engines", "functional"}, HasSubstr("two engines"));
  expect_fault({"verify", network(), model().image(), "--engines", ""}, HasSubstr("engine"));
  expect_fault({"simulate", network(), "--engine", "functional"}, HasSubstr("systemc and rtl"));
}

TEST_F(CliUsage, FlagsThatDoNotFitTogether) {
  expect_fault({"export", network()}, HasSubstr("nothing to export"));
  expect_fault({"export", network(), "--golden", path("g")}, HasSubstr("--input"));
  expect_fault({"evaluate", model().onnx(), "--data", model().evaluation(), "--against", model().onnx()},
               HasSubstr("--against"));
  expect_fault({"inspect", model().image()}, HasSubstr("inspected"));
}

TEST_F(CliUsage, AnInstructionSetThatDoesNotExist) {
  const auto run = evenshift({"run", network(), model().image()},
                             {.environment = {{"EVENSHIFT_ISA", "mmx"}}, .timeout_seconds = 60, .folder = {}});
  EXPECT_EQ(run.status, kUserFault);
  EXPECT_THAT(run.errors, AllOf(testing::StartsWith("evenshift: "), HasSubstr("EVENSHIFT_ISA"), HasSubstr("generic")));
}

TEST_F(CliConfiguration, SettingsThatDoNotExist) {
  const std::string out = path("net.evs");
  expect_fault(compile_to(out, {"--set", "mac_rowz=4"}), HasSubstr("mac_rowz"));
  expect_fault(compile_to(out, {"--set", "mac_rows"}), HasSubstr("KEY=VALUE"));
  expect_fault(compile_to(out, {"--set", "mac_rows=many"}), HasSubstr("mac_rows"));
  expect_fault(compile_to(out, {"--set", "mac_rows="}), HasSubstr("mac_rows"));
  expect_fault(compile_to(out, {"--set", "mac_rows=99999999999999999999"}), HasSubstr("mac_rows"));
  expect_fault(compile_to(out, {"--set", "mac_rows=8 "}), HasSubstr("mac_rows"));
  expect_fault(compile_to(out, {"--shift-bits", "6"}), AllOf(HasSubstr("shift_bits"), HasSubstr("5")));
  expect_fault(compile_to(out, {"--weight-bits", "1"}), HasSubstr("weight_bits"));
  expect_fault(compile_to(out, {"--rounding", "up"}), AllOf(HasSubstr("up"), HasSubstr("half_even")));
  expect_fault(compile_to(out, {"--requant-scale", "none"}), HasSubstr("channel_multiplier"));
  expect_fault(compile_to(out, {"--equalize", "magic"}), HasSubstr("magic"));
  expect_fault(compile_to(out, {"--calibration", "magic"}), HasSubstr("min_max"));
}

TEST_F(CliConfiguration, EveryFaultIsListedAtOnce) {
  const std::string npu = contents(EVENSHIFT_SOURCE_DIR "/configs/npu_16x16.yaml");
  const auto without_line = [&](std::string text, const std::string& key) {
    const std::size_t at = text.find(key + ":");
    const std::size_t start = text.rfind('\n', at) + 1;
    return text.erase(start, text.find('\n', at) + 1 - start);
  };
  std::string text = without_line(without_line(npu, "burst_bytes"), "clock_mhz");
  text.replace(text.find("mac_rows: 16"), 12, "mac_rows: 16000");
  text.replace(text.find("banks: 8"), 8, "banks: eight");
  const std::string file = folder_.write("npu.yaml", text + "  surprise: 1\n").string();
  const auto run = evenshift(compile_to(path("net.evs"), {"-c", file, "--shift-bits", "9"}));
  EXPECT_EQ(run.status, kUserFault);
  EXPECT_EQ(run.output, "");
  for (const char* fault : {"burst_bytes", "clock_mhz", "mac_rows", "banks", "surprise", "shift_bits"})
    EXPECT_THAT(run.errors, HasSubstr(fault));
  EXPECT_GE(lines(run.errors), 6);
  EXPECT_THAT(run.errors, testing::StartsWith("evenshift: "));
  EXPECT_FALSE(std::filesystem::exists(path("net.evs")));
}

TEST_F(CliConfiguration, FilesThatAreNoConfiguration) {
  const std::string out = path("net.evs");
  for (const char* text : {"", "npu\n", "- 1\n- 2\n", "npu: [1, 2]\n", "npu: {a: {b: c}}\n", "a: b: c\n", "\t- x\n",
                           "compile: 7\n", "npu:\n", "compile: {weight_bits: [8]}\n", "&a [*a]\n"}) {
    const std::string file = folder_.write("bad.yaml", std::string_view(text)).string();
    expect_fault(compile_to(out, {"-c", file}), HasSubstr("bad.yaml"));
    expect_fault({"inspect", file}, HasSubstr("bad.yaml"));
  }
  expect_fault(compile_to(out, {"-c", path("missing.yaml")}), HasSubstr("missing.yaml"));
  expect_fault(compile_to(out, {"-c", folder_.path().string()}), HasSubstr(folder_.path().string()));
  expect_fault(compile_to(out, {"-c", network()}), HasSubstr("net.evs"));
}

TEST_F(CliConfiguration, MachinesThatCannotBe) {
  const std::string out = path("net.evs");
  expect_fault(compile_to(out, {"--rounding", "tflite_double", "--set", "multiplier_bits=16"}),
               HasSubstr("multiplier_bits"));
  expect_fault(compile_to(out, {"--rounding", "tflite_double", "--requant-scale", "channel_shift_only"}),
               HasSubstr("tflite_double"));
}

TEST_F(CliConfiguration, AMachineThatHasNoRtl) {
  const std::string odd =
      end_to_end::compile(model(), folder_.path() / "odd.evs", {"--set", "mac_rows=12", "--set", "mac_cols=10"});
  expect_fault({"run", odd, model().image(), "--engine", "rtl"}, AllOf(HasSubstr("12"), HasSubstr("16")));
  expect_fault({"verify", odd, model().image()}, HasSubstr("16"));
  expect_fault({"simulate", odd, "--engine", "rtl"}, HasSubstr("16"));
  succeed({"verify", odd, model().image(), "--engines", "functional,systemc", "-q"});
}

TEST_F(CliConfiguration, SweepPlansThatAreWrong) {
  const auto plan = [&](const std::string& text) {
    return folder_.write("plan.yaml", std::string_view(text)).string();
  };
  const std::string models = "models:\n  - {model: " + model().onnx() + ", calibrate: " + model().calibration() +
                             ", data: " + model().evaluation() + "}\n";
  const std::string out = path("out");
  std::filesystem::create_directory(out);
  expect_fault({"sweep", plan(""), "-o", out}, HasSubstr("plan.yaml"));
  expect_fault({"sweep", plan("models: []\ngrid: {}\n"), "-o", out}, HasSubstr("models"));
  expect_fault({"sweep", plan(models + "grid: {shift_bits: [9], weight_bits: [1], surprise: [1]}\n"), "-o", out},
               AllOf(HasSubstr("shift_bits"), HasSubstr("weight_bits"), HasSubstr("surprise")));
  expect_fault({"sweep", plan(models + "grid: {requant_scale: [some]}\n"), "-o", out}, HasSubstr("some"));
  expect_fault(
      {"sweep", plan("models:\n  - {model: none.onnx, calibrate: none, data: none}\ngrid: {shift_bits: [1]}\n"), "-o",
       out},
      AllOf(HasSubstr("none.onnx"), HasSubstr("data")));
  expect_fault({"sweep", path("missing.yaml"), "-o", out}, HasSubstr("missing.yaml"));
  expect_fault({"sweep", plan(models + "grid: {shift_bits: [4]}\nskip: 100000\n"), "-o", out},
               HasSubstr("of which the plan skips 100000"));
  folder_.write("out/results.csv", std::string_view("a,b\n1,2\n"));
  expect_fault({"sweep", plan(models + "grid: {shift_bits: [4]}\nlimit: 4\ncycles: false\n"), "-o", out},
               HasSubstr("columns"));
}

}  // namespace
}  // namespace evenshift::bad_input
