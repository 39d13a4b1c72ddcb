#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "arch/base/atomic_file.h"
#include "rtl/cosim/rtl_conv_core.h"
#include "tests/host/temp_folder.h"
#include "tests/rtl/random_conv.h"

namespace evenshift::rtl {
namespace {

/// What a VCD file says about signals of its outermost module.
class Vcd {
 public:
  explicit Vcd(const std::string& text) {
    std::istringstream lines(text);
    std::map<std::string, std::string> names;  // by code
    std::int64_t time = -1;
    int depth = 0;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string first;
      if (!(words >> first)) continue;
      if (first == "$scope") ++depth;
      if (first == "$upscope") --depth;
      if (first == "$var" && depth == 1) {
        std::string kind, width, code, name;
        words >> kind >> width >> code >> name;
        names[code] = name;
      } else if (first[0] == '#') {
        time = std::stoll(first.substr(1));
      } else if (first[0] == 'b') {
        std::string code;
        words >> code;
        change(names, code, time, std::stoull(first.substr(1).substr(0, 64), nullptr, 2));
      } else if (first[0] == '0' || first[0] == '1') {
        change(names, first.substr(1), time, static_cast<std::uint64_t>(first[0] - '0'));
      }
    }
  }

  using Changes = std::map<std::int64_t, std::uint64_t>;  ///< by time in picoseconds
  [[nodiscard]] const Changes& of(const std::string& name) const { return changes_.at(name); }

 private:
  void change(const std::map<std::string, std::string>& names, const std::string& code, std::int64_t time,
              std::uint64_t value) {
    if (const auto name = names.find(code); name != names.end()) changes_[name->second][time] = value;
  }

  std::map<std::string, Changes> changes_;
};

TEST(VcdRecording, HoldsTheCyclesOfTheCommandsThatWereAskedFor) {
  std::mt19937 random(7);
  ConvCommands test = random_conv_commands(random, 4);
  while (test.commands.size() < 3) test = random_conv_commands(random, 4);
  test.config.clock_mhz = 800;

  const host::TempFolder folder;
  const auto file = folder.path() / "core.vcd";
  const auto recording = std::make_shared<VcdRecording>(file, 1, 1, test.config.clock_mhz);
  const auto plain = make_rtl_conv_core();
  const auto traced = make_rtl_conv_core(recording);
  plain->configure(test.config);
  traced->configure(test.config);
  auto plain_scratchpad = test.scratchpad;
  auto traced_scratchpad = test.scratchpad;
  std::vector<std::int64_t> cycles;
  for (const isa::Conv& conv : test.commands) {
    const auto activity = traced->execute(conv, traced_scratchpad);
    EXPECT_EQ(activity, plain->execute(conv, plain_scratchpad));
    cycles.push_back(activity.cycles);
  }
  EXPECT_EQ(traced_scratchpad, plain_scratchpad);

  EXPECT_FALSE(std::filesystem::exists(file)) << "before it is whole";
  const std::int64_t bytes = recording->finish();
  EXPECT_EQ(bytes, static_cast<std::int64_t>(std::filesystem::file_size(file)));

  const Vcd vcd(read_text_file(file));
  EXPECT_EQ(vcd.of("cycles_o").rbegin()->second, static_cast<std::uint64_t>(cycles[1]));
  std::int64_t rising = 0;
  std::int64_t before = -1;
  for (const auto& [time, clk] : vcd.of("clk_i")) {
    if (clk == 0) continue;
    EXPECT_TRUE(before < 0 || time - before == 1250) << "a period of 800 MHz in picoseconds";
    before = time;
    ++rising;
  }
  EXPECT_GT(rising, cycles[1]) << "and the registers' words";
  EXPECT_LT(rising, cycles[1] + 60);
  EXPECT_GT(vcd.of("clk_i").begin()->first, 1250 * cycles[0]) << "time goes on while nothing is recorded";
  std::int64_t starts = 0;
  for (const auto& [time, start] : vcd.of("start_i")) starts += static_cast<std::int64_t>(start);
  EXPECT_EQ(starts, 1);
}

}  // namespace
}  // namespace evenshift::rtl
