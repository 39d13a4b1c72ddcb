// What every command promises apart from numbers.
#include <gmock/gmock.h>

#include "cli/area.h"
#include "host/csv.h"
#include "tests/end_to_end/evenshift_program.h"

namespace evenshift::end_to_end {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const TrainedModel& small() { return kTrainedModels[2]; }

TEST(Commands, HelpHasAnExample) {
  EXPECT_THAT(succeed({"--help"}).output, HasSubstr("Example:\n  evenshift "));
  for (const std::string command : {"compile", "run", "verify", "evaluate", "sweep", "simulate", "inspect", "export"}) {
    const auto run = succeed({command, "--help"});
    EXPECT_THAT(run.output, HasSubstr("Example:\n  evenshift " + command)) << command;
    EXPECT_EQ(run.errors, "");
  }
  EXPECT_THAT(succeed({"--version"}).output, StartsWith("evenshift "));
}

TEST(Commands, QuietPrintsNothing) {
  host::TempFolder folder;
  const std::string network = (folder.path() / "net.evs").string();
  const auto quiet =
      succeed({"compile", small().onnx(), "--calibrate", small().calibration(), "-o", network, "--quiet"});
  EXPECT_EQ(quiet.output, "");
  EXPECT_EQ(quiet.errors, "");
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"verify", network, small().image(), "--engines", "functional,systemc"},
                                             {"run", network, small().image()},
                                             {"simulate", network},
                                             {"inspect", network},
                                             {"inspect", small().onnx()},
                                             {"inspect", EVENSHIFT_SOURCE_DIR "/configs/npu_16x16.yaml"},
                                             {"export", network, "--raw", (folder.path() / "net.bin").string()}}) {
    const auto run = succeed(joined(arguments, {"--quiet"}));
    EXPECT_EQ(run.output, "") << arguments[0];
    EXPECT_EQ(run.errors, "") << arguments[0];
  }
}

TEST(Commands, CompileSaysWhatItDid) {
  host::TempFolder folder;
  const auto run = succeed({"compile", small().onnx(), "--calibrate", small().calibration(), "-o",
                            (folder.path() / "net.evs").string(), "--json", (folder.path() / "net.json").string()});
  const auto report = json_file(folder.path() / "net.json");
  EXPECT_EQ(report.at("image_bytes"), std::filesystem::file_size(folder.path() / "net.evs"));
  for (const auto& layer : report.at("layers")) {
    EXPECT_THAT(run.output, HasSubstr(layer.at("name").get<std::string>().substr(0, 28)));
    std::int64_t channels = 0;
    for (const auto& count : layer.at("shift_histogram")) channels += count.get<std::int64_t>();
    EXPECT_EQ(channels, layer.at("channels")) << layer.at("name");
  }
  EXPECT_THAT(run.output, HasSubstr("channels lowered"));
}

TEST(Commands, SimulateRecordsTheSignalsOfALayer) {
  host::TempFolder folder;
  const std::string network = compile(small(), folder.path() / "net.evs");
  const auto report = json_file([&] {
    succeed({"simulate", network, "--json", (folder.path() / "cycles.json").string(), "--quiet"});
    return folder.path() / "cycles.json";
  }());
  const std::string layer = report.at("layers").at(0).at("name");
  const std::string vcd = (folder.path() / "core.vcd").string();
  const auto run = succeed({"simulate", network, "--engine", "rtl", "--vcd", vcd, "--vcd-layer", layer});
  EXPECT_THAT(run.errors, HasSubstr("core.vcd: "));
  EXPECT_THAT(contents(vcd), testing::AllOf(HasSubstr("$timescale 1ps $end"), HasSubstr("$enddefinitions $end")));

  EXPECT_THAT(evenshift({"simulate", network, "--vcd", vcd}).errors,
              StartsWith("evenshift: engine 'systemc' has no signals to record as VCD; --engine rtl has"));
  EXPECT_THAT(evenshift({"simulate", network, "--engine", "rtl", "--vcd", vcd, "--vcd-layer", "none"}).errors,
              StartsWith("evenshift: --vcd-layer: the conv core executes no layer 'none'; it executes " + layer));
  EXPECT_THAT(evenshift({"simulate", network, "--engine", "rtl", "--vcd-layer", layer}).errors,
              StartsWith("evenshift: --vcd-layer says what --vcd FILE records"));
  const auto full = evenshift({"simulate", network, "--engine", "rtl", "--vcd", "/dev/full", "--vcd-layer", layer});
  EXPECT_EQ(full.status, 1);
  EXPECT_EQ(full.errors, "evenshift: cannot write '/dev/full': No space left on device\n");
}

TEST(Commands, InspectShowsTheCommands) {
  host::TempFolder folder;
  const std::string network = compile(small(), folder.path() / "net.evs");
  const auto report = nlohmann::json::parse(succeed({"inspect", network, "--json", "-"}).output);
  const auto commands = report.at("command_count").get<std::size_t>();
  const std::string text = succeed({"inspect", network, "--commands"}).output;
  EXPECT_GT(commands, 20U);
  EXPECT_THAT(text, HasSubstr("\n" + std::to_string(commands) + " commands"));
  EXPECT_THAT(text, HasSubstr("  " + std::to_string(commands - 1) + "  "));
}

/// A run that is stopped keeps its rows; one that is run again makes the same file and computes nothing twice.
TEST(Commands, SweepGoesOnWhereItStopped) {
  host::TempFolder folder;
  const auto plan = folder.write(
      "plan.yaml", "models:\n  - model: " + small().onnx() + "\n    calibrate: " + small().calibration() +
                       "\n    data: " + small().evaluation() +
                       "\ngrid:\n  requant_scale: [layer_with_channel_shift, layer]\n"
                       "  shift_bits: [0, 4]\n  weight_bits: [6, 8]\nskip: 10\nlimit: 40\ncycles: false\n");
  const auto results = [&](const std::string& name) { return folder.path() / name / "results.csv"; };
  const auto sweep = [&](const std::string& name) {
    return succeed({"sweep", plan.string(), "-o", (folder.path() / name).string()});
  };
  const auto whole = sweep("whole");
  const std::string table = contents(results("whole"));
  EXPECT_THAT(table,
              StartsWith("model,requant_scale,shift_bits,weight_bits,activation_bits,equalize,images,top1,top5"));
  EXPECT_EQ(std::ranges::count(table, '\n'), 1 + 6);
  EXPECT_THAT(whole.errors, HasSubstr("point 6 of 6"));
  for (const char* file : {"accuracy.svg", "report.html"})
    EXPECT_GT(std::filesystem::file_size(folder.path() / "whole" / file), 500U) << file;

  EXPECT_THAT(sweep("whole").errors, testing::Not(HasSubstr("point ")));
  EXPECT_EQ(contents(results("whole")), table);

  std::filesystem::create_directory(folder.path() / "stopped");
  std::size_t end = 0;
  for (int line = 0; line < 4; ++line) end = table.find('\n', end) + 1;
  folder.write("stopped/results.csv", std::string_view(table).substr(0, end));
  const auto rest = sweep("stopped");
  EXPECT_EQ(contents(results("stopped")), table);
  EXPECT_THAT(rest.errors, testing::Not(HasSubstr("point 3 of 6")));
  EXPECT_THAT(rest.errors, HasSubstr("point 4 of 6"));

  const auto killed = evenshift({"sweep", plan.string(), "-o", (folder.path() / "killed").string()},
                                {.environment = {}, .timeout_seconds = 1.5, .folder = {}});
  static_cast<void>(killed);  // by the clock: after any number of points
  sweep("killed");
  EXPECT_EQ(contents(results("killed")), table);

  // Once its first point is written.
  const std::string out = (folder.path() / "interrupted").string();
  const auto interrupted = support::run_program(
      {"/bin/sh", "-c",
       "'" EVENSHIFT_PROGRAM "' sweep '" + plan.string() + "' -o '" + out + "' & program=$!\n" + "until [ -s '" + out +
           "/results.csv' ]; do sleep 0.01; done\n" + "kill -TERM $program; wait $program"});
  EXPECT_EQ(interrupted.status, 128 + 15);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(out), {}), 1) << "results.csv, and no temporary";
  EXPECT_THAT(interrupted.errors, HasSubstr("evenshift: interrupted; no file is half written"));
  sweep("interrupted");
  EXPECT_EQ(contents(results("interrupted")), table);
}

/// Every point has the gates of its own machine; one that has not been synthesized has none.
TEST(Commands, SweepHasTheAreaOfEachMachine) {
  host::TempFolder folder;
  const std::string models = "models:\n  - model: " + small().onnx() + "\n    calibrate: " + small().calibration() +
                             "\n    data: " + small().evaluation() + "\nlimit: 4\ncycles: false\n";
  folder.write("known.yaml", models +
                                 "grid:\n  requant_scale: [layer_with_channel_shift, channel_multiplier]\n"
                                 "  shift_bits: [0, 4]\n");
  std::string machine_file = contents(EVENSHIFT_SOURCE_DIR "/configs/npu_16x16.yaml");
  machine_file.replace(machine_file.find("multiplier_bits: 31"), 19, "multiplier_bits: 15");
  folder.write("machine.yaml", machine_file);
  folder.write("unknown.yaml", models + "config: [machine.yaml]\ngrid:\n  shift_bits: [4]\n");
  const auto results = [&](const std::string& plan) {
    succeed({"sweep", (folder.path() / (plan + ".yaml")).string(), "-o", (folder.path() / plan).string(), "-q"});
    return host::read_csv(folder.path() / plan / "results.csv");
  };

  const auto known = results("known");
  const std::size_t columns = known.header.size();
  EXPECT_EQ(known.header[columns - 2], "requantizers_ge");
  EXPECT_EQ(known.header[columns - 1], "conv_core_ge");
  ASSERT_EQ(known.rows.size(), 3U);
  for (const auto& row : known.rows) {
    NpuConfig machine;
    machine.requantizer.requant_scale = requant_scale_from_string(row.fields[1]).value();
    machine.requantizer.shift_bits = std::stoll(row.fields[2]);
    const cli::Area area = cli::area_table().area_of(machine);
    EXPECT_EQ(row.fields[columns - 2], std::to_string(area.requantizers.value())) << row.fields[1];
    EXPECT_EQ(row.fields[columns - 1], std::to_string(area.conv_core.value())) << row.fields[1];
  }
  EXPECT_THAT(contents(folder.path() / "known" / "results.md"), HasSubstr("\n| conv core, gates | "));
  EXPECT_THAT(contents(folder.path() / "known" / "accuracy.svg"), HasSubstr("Area of the conv core"));

  const auto unknown = results("unknown");
  EXPECT_EQ(unknown.rows.at(0).fields[columns - 2], "");
  EXPECT_EQ(unknown.rows.at(0).fields[columns - 1], "");
}

}  // namespace
}  // namespace evenshift::end_to_end
