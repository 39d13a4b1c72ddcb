#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "arch/base/atomic_file.h"

namespace evenshift {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = EVENSHIFT_SOURCE_DIR;
const std::set<std::string> kFolders = {"arch", "compiler", "host", "sim", "rtl", "cli", "tests", "bench"};

bool is_source(const fs::path& path) { return path.extension() == ".h" || path.extension() == ".cpp"; }

/// All C++ files of the project, relative to its root.
std::vector<fs::path> sources() {
  std::vector<fs::path> found;
  for (const std::string& folder : kFolders)
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder))
      if (entry.is_regular_file() && is_source(entry.path())) found.push_back(entry.path().lexically_relative(kRoot));
  return found;
}

/// Project files that a file includes.
std::vector<std::string> includes_of(const fs::path& file) {
  static const std::regex include("^\\s*#\\s*include\\s+\"([^\"]+)\"");
  std::vector<std::string> found;
  std::istringstream text(read_text_file(kRoot / file));
  for (std::string line; std::getline(text, line);) {
    std::smatch match;
    if (std::regex_search(line, match, include) && kFolders.contains(fs::path(match[1].str()).begin()->string()))
      found.push_back(match[1].str());
  }
  return found;
}

/// "arch/isa", "compiler/lower", "cli": the unit that the rules speak of.
std::string layer_of(const fs::path& path) {
  auto part = path.begin();
  const std::string top = part->string();
  ++part;
  if ((top == "arch" || top == "compiler" || top == "rtl") && std::next(part) != path.end())
    return top + "/" + part->string();
  return top;
}

TEST(Layering, FollowsTheArchitecture) {
  // docs/architecture.md draws this.
  const std::set<std::string> arch = {"arch/base", "arch/numerics", "arch/config",
                                      "arch/isa",  "arch/image",    "arch/datapath"};
  std::map<std::string, std::set<std::string>> allowed = {
      {"arch/base", {}},
      {"arch/numerics", {}},
      {"arch/config", {"arch/base", "arch/numerics"}},
      {"arch/isa", {"arch/base", "arch/numerics", "arch/config"}},
      {"arch/image", {"arch/base", "arch/numerics", "arch/config", "arch/isa"}},
      {"arch/datapath", {"arch/base", "arch/numerics", "arch/config", "arch/isa"}},
      {"host", {"arch/base"}},
      {"sim", arch},
      {"rtl/cosim", {"arch/base", "arch/numerics", "arch/config", "arch/isa", "arch/datapath"}},
  };
  std::set<std::string> before = arch;
  before.insert("compiler");  // options.h, compile.h
  for (const std::string stage : {"ir", "import", "reference", "calibrate", "equalize", "reconstruct", "weights",
                                  "quantize", "lower", "export"}) {
    allowed["compiler/" + stage] = before;
    before.insert("compiler/" + stage);
  }
  // The integer evaluator reads the quantized graph.
  allowed["compiler/reference"].insert("compiler/quantize");
  allowed["compiler"] = before;
  allowed["compiler/explain"] = before;  // measures whole compilations
  for (const fs::path& file : sources()) {
    const std::string layer = layer_of(file);
    if (layer == "cli" || layer == "tests" || layer == "bench") continue;  // they see everything
    ASSERT_TRUE(allowed.contains(layer)) << file << ": the folder " << layer << " is not in the architecture";
    for (const std::string& include : includes_of(file)) {
      const std::string target = layer_of(include);
      EXPECT_TRUE(target == layer || allowed[layer].contains(target)) << file << " includes " << include;
    }
  }
}

TEST(Layering, KeepsSystemcAndVerilatedClassesApartAndOutOfTheRest) {
  for (const fs::path& file : sources()) {
    if (file.string().starts_with("tests/repo/")) continue;
    const std::string text = read_text_file(kRoot / file);
    const bool systemc =
        text.find("#include <systemc") != std::string::npos || text.find("#include <tlm") != std::string::npos;
    const bool verilated = std::regex_search(text, std::regex("#include [<\"](verilated|Vevenshift)"));
    EXPECT_FALSE(systemc && verilated) << file;
    const std::string name = file.string();
    EXPECT_TRUE(!systemc || name.starts_with("sim/systemc/") || name.starts_with("tests/sim/systemc")) << file;
    EXPECT_TRUE(!verilated || name.starts_with("rtl/cosim/") || name.starts_with("tests/rtl/") ||
                name.starts_with("bench/"))
        << file;
  }
}

/// The build knows every .cpp: none is left over.
TEST(Sources, AreAllBuilt) {
  std::string commands = read_text_file(fs::path(EVENSHIFT_BINARY_DIR) / "compile_commands.json");
  for (const auto& entry : nlohmann::json::parse(commands)) {
    const std::string file = entry.at("file");
    if (fs::path(file).filename().string().starts_with("unity_")) commands += read_text_file(file);
  }
  for (const fs::path& file : sources()) {
    if (file.extension() != ".cpp" || (layer_of(file) == "bench" && commands.find("/bench/") == std::string::npos))
      continue;
    EXPECT_NE(commands.find((kRoot / file).string() + "\""), std::string::npos) << file << " is not built";
  }
}

TEST(Sources, MultiplyAndShiftWithRoundingInNumericsAlone) {
  // The rounding bit of a right shift, 1 << (s - 1): whoever writes it is rounding by hand.
  const std::regex rounding_bit(R"(<<\s*\(\s*\w*shift\w*\s*-\s*1\s*\))");
  for (const fs::path& file : sources()) {
    const std::string layer = layer_of(file);
    if (layer == "tests" || layer == "arch/numerics") continue;
    EXPECT_FALSE(std::regex_search(read_text_file(kRoot / file), rounding_bit)) << file;
  }
}

TEST(Sources, LeaveNothingToBeDone) {
  const std::regex mark(std::string("\\b(TO") + "DO|FIX" + "ME|X" + "XX|HA" + "CK)\\b");
  for (const fs::path& file : sources()) EXPECT_FALSE(std::regex_search(read_text_file(kRoot / file), mark)) << file;
}

}  // namespace
}  // namespace evenshift
