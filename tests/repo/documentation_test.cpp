#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <regex>
#include <sstream>

#include "arch/base/atomic_file.h"

namespace evenshift {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = EVENSHIFT_SOURCE_DIR;

std::vector<fs::path> documents() {
  std::vector<fs::path> found = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "models/README.md", "rtl/README.md"};
  for (const auto& entry : fs::directory_iterator(kRoot / "docs"))
    if (entry.path().extension() == ".md") found.push_back(entry.path().lexically_relative(kRoot));
  return found;
}

/// Commands of the ```console blocks: lines that begin with "$ ", with what "\" continues.
std::vector<std::string> commands_of(const fs::path& document) {
  std::vector<std::string> commands;
  std::istringstream text(read_text_file(kRoot / document));
  bool inside = false;
  bool continued = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) {
      inside = line == "```console";
      continue;
    }
    if (!inside) continue;
    if (continued)
      commands.back() += "\n" + line;
    else if (line.starts_with("$ "))
      commands.push_back(line.substr(2));
    else
      continue;
    continued = line.ends_with("\\");
  }
  return commands;
}

/// Every command that a document shows is run, document by document, in a folder with the project's files in it. Only
/// those that install and build are left out: the test is the result of them.
TEST(Documentation, CommandsRun) {
  std::string name = (fs::temp_directory_path() / "evenshift_docs_XXXXXX").string();
  const fs::path folder = ::mkdtemp(name.data());
  for (const char* entry : {"models", "configs", "docs", "scripts"}) fs::create_symlink(kRoot / entry, folder / entry);
  fs::create_directories(folder / "build/release");
  fs::create_symlink(EVENSHIFT_PROGRAM, folder / "build/release/evenshift");
  int run = 0;
  for (const fs::path& document : documents())
    for (const std::string& command : commands_of(document)) {
      if (!command.starts_with("build/release/evenshift")) continue;
      ++run;
      // The command may end in a comment.
      const std::string line = "cd '" + folder.string() + "' && (" + command + "\n) > log 2>&1";
      EXPECT_EQ(std::system(line.c_str()), 0) << document << ": " << command << "\n" << read_text_file(folder / "log");
    }
  EXPECT_GE(run, 8);
  fs::remove_all(folder);
}

TEST(Documentation, LinksLeadSomewhere) {
  const std::regex link(R"(\]\(([^)#]+)(#[^)]*)?\))");
  for (const fs::path& document : documents()) {
    const std::string text = read_text_file(kRoot / document);
    for (std::sregex_iterator match(text.begin(), text.end(), link), end; match != end; ++match) {
      const std::string target = (*match)[1].str();
      if (target.starts_with("http")) continue;
      EXPECT_TRUE(fs::exists(kRoot / document.parent_path() / target)) << document << " links to " << target;
    }
  }
}

/// `folder/file` in code type names a file that is there.
TEST(Documentation, NamesFilesThatExist) {
  const std::regex path("`((arch|compiler|host|sim|rtl|cli|configs|models|scripts|docs|bench|tests)/[A-Za-z0-9_./]*)`");
  for (const fs::path& document : documents()) {
    if (document == "CHANGELOG.md") continue;
    const std::string text = read_text_file(kRoot / document);
    for (std::sregex_iterator match(text.begin(), text.end(), path), end; match != end; ++match)
      EXPECT_TRUE(fs::exists(kRoot / (*match)[1].str())) << document << " names " << (*match)[1].str();
  }
}

}  // namespace
}  // namespace evenshift
