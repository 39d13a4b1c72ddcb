#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/host/temp_folder.h"
#include "tests/support/run_program.h"

namespace evenshift::end_to_end {

/// The built program, run as users run it.
inline support::ProgramRun evenshift(std::vector<std::string> arguments, const support::ProgramOptions& options = {}) {
  arguments.insert(arguments.begin(), EVENSHIFT_PROGRAM);
  return support::run_program(arguments, options);
}

/// The same, for a command that must succeed.
inline support::ProgramRun succeed(const std::vector<std::string>& arguments,
                                   const support::ProgramOptions& options = {}) {
  auto run = evenshift(arguments, options);
  std::string line = "evenshift";
  for (const std::string& argument : arguments) line += " " + argument;
  EXPECT_EQ(run.status, 0) << line << "\n" << run.errors << (run.timed_out ? "timed out" : "");
  return run;
}

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  EXPECT_TRUE(stream.good()) << file;
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline nlohmann::json json_file(const std::filesystem::path& file) { return nlohmann::json::parse(contents(file)); }

inline std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A network of models/ with its inputs.
struct TrainedModel {
  std::string name, data;
  bool collapses;  ///< by layer-wise quantization; see models/README.md

  [[nodiscard]] std::string onnx() const { return std::string(EVENSHIFT_SOURCE_DIR "/models/") + name + ".onnx"; }
  [[nodiscard]] std::string calibration() const {
    return std::string(EVENSHIFT_SOURCE_DIR "/models/data/") + data + "_calibration";
  }
  [[nodiscard]] std::string evaluation() const {
    return std::string(EVENSHIFT_SOURCE_DIR "/models/data/") + data + "_eval";
  }
  /// Some file of the evaluation folder, the same one every time.
  [[nodiscard]] std::string image(std::size_t index = 0) const {
    std::ifstream labels(evaluation() + "/labels.csv");
    std::string line;
    for (std::size_t i = 0; i <= index + 1; ++i) std::getline(labels, line);
    return evaluation() + "/" + line.substr(0, line.find(','));
  }
  friend std::ostream& operator<<(std::ostream& out, const TrainedModel& model) { return out << model.name; }
};

inline const std::vector<TrainedModel> kTrainedModels = {{"shapes_mobilenet_v1", "shapes", true},
                                                         {"digits_mobilenet_v2", "digits", true},
                                                         {"digits_squeezenet", "digits", false}};

/// Compiles to `output`; returns its path.
inline std::string compile(const TrainedModel& model, const std::filesystem::path& output,
                           const std::vector<std::string>& flags = {}) {
  succeed(
      joined({"compile", model.onnx(), "--calibrate", model.calibration(), "-o", output.string(), "--quiet"}, flags));
  return output.string();
}

/// Top-1 as a fraction, by the command's JSON.
inline double top1(const std::string& network, const std::string& data, const std::vector<std::string>& flags = {}) {
  const auto run = succeed(joined({"evaluate", network, "--data", data, "--quiet", "--json", "-"}, flags));
  if (run.status != 0) return -1;
  return nlohmann::json::parse(run.output).at("top1").get<double>();
}

}  // namespace evenshift::end_to_end
