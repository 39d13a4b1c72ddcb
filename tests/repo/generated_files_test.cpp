#include <gtest/gtest.h>

#include <cstdlib>

#include "arch/base/atomic_file.h"
#include "arch/isa/disassemble.h"
#include "cli/app.h"
#include "cli/configuration.h"
#include "compiler/import/constraints.h"

namespace evenshift {
namespace {

/// A checked-in file that the program can write itself. With EVENSHIFT_UPDATE_GENERATED set, it is written; otherwise
/// it must be what would be written.
void expect_fresh(const std::string& file, const std::string& text) {
  const std::string path = std::string(EVENSHIFT_SOURCE_DIR) + "/" + file;
  if (std::getenv("EVENSHIFT_UPDATE_GENERATED") != nullptr) return write_file_atomically(path, text);
  EXPECT_EQ(read_text_file(path), text) << file << " is stale: run scripts/update_generated";
}

TEST(GeneratedFiles, CommandReference) { expect_fresh("docs/commands.md", isa::command_reference_markdown()); }
TEST(GeneratedFiles, CommandPackage) { expect_fresh("rtl/evenshift_commands_pkg.sv", isa::command_sv_package()); }
TEST(GeneratedFiles, Operators) { expect_fresh("docs/operators.md", compiler::operators_markdown()); }
TEST(GeneratedFiles, CommandLine) { expect_fresh("docs/command_line.md", cli::command_line_markdown()); }
TEST(GeneratedFiles, Configuration) { expect_fresh("docs/configuration.md", cli::configuration_markdown()); }

}  // namespace
}  // namespace evenshift
