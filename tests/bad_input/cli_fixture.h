#pragma once

#include <gmock/gmock.h>

#include <cctype>
#include <set>

#include "tests/end_to_end/evenshift_program.h"

/// What every test of wrong input to the program expects of it.
namespace evenshift::bad_input {

using end_to_end::contents;
using end_to_end::evenshift;
using end_to_end::joined;
using end_to_end::succeed;
using testing::AllOf;
using testing::HasSubstr;

inline constexpr int kUserFault = 1;
inline constexpr int kUsageFault = 2;

class BadInput : public testing::Test {
 protected:
  static const end_to_end::TrainedModel& model() { return end_to_end::kTrainedModels[2]; }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  /// A compiled network, made once for all tests.
  static const std::string& network() {
    static const host::TempFolder folder;
    static const std::string file = end_to_end::compile(model(), folder.path() / "net.evs");
    return file;
  }

  /// Files below the test's folder.
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
      found.insert(entry.path().string());
    return found;
  }

  /// The command fails: status 1, "evenshift: " and what `sentence` says on standard error, nothing on standard output,
  /// no file more than before.
  void expect_fault(const std::vector<std::string>& arguments, const testing::Matcher<std::string>& sentence) {
    const auto before = files();
    const auto run = evenshift(arguments, {.environment = {}, .timeout_seconds = 120, .folder = {}});
    std::string line;
    for (const std::string& argument : arguments) line += argument + " ";
    SCOPED_TRACE(line);
    EXPECT_FALSE(run.timed_out);
    EXPECT_EQ(run.status, kUserFault) << run.errors;
    EXPECT_THAT(run.errors, testing::StartsWith("evenshift: "));
    EXPECT_THAT(run.errors, testing::EndsWith("\n"));
    EXPECT_THAT(run.errors, testing::Not(HasSubstr("internal error")));
    EXPECT_THAT(run.errors, sentence);
    EXPECT_EQ(run.output, "");
    EXPECT_EQ(files(), before) << "files are left over";
  }

  std::vector<std::string> compile_to(const std::string& output, const std::vector<std::string>& flags = {}) {
    return joined({"compile", model().onnx(), "--calibrate", model().calibration(), "-o", output, "-q"}, flags);
  }

  host::TempFolder folder_;
};

}  // namespace evenshift::bad_input
