#include <gtest/gtest.h>

#include <filesystem>

#include "arch/base/atomic_file.h"
#include "compiler/composition.h"

namespace evenshift {
namespace {

/// docs/equalization.md lists every method that --equalize knows, by name.
TEST(Documentation, ListsEveryMethod) {
  const std::string text = read_text_file(std::filesystem::path(EVENSHIFT_SOURCE_DIR) / "docs/equalization.md");
  for (const auto& method : compiler::known_methods())
    EXPECT_NE(text.find("`" + std::string(method.name) + "`"), std::string::npos) << method.name;
}

}  // namespace
}  // namespace evenshift
