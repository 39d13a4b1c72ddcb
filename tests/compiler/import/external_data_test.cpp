#include <fstream>

#include "tests/compiler/import/import_fixture.h"

namespace evenshift::test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class ExternalDataTest : public ImportTest {
 protected:
  ExternalDataTest() {
    fs::create_directories(folder_.path() / "sub");
    const std::vector<float> values{1, 2, 3, 4};
    for (const char* name : {"weights.bin", "sub/weights.bin"})
      std::ofstream(folder_.path() / name, std::ios::binary)
          .write(reinterpret_cast<const char*>(values.data()), 4 * sizeof(float));
  }
  using Entries = std::vector<std::pair<std::string, std::string>>;
  static void finish(OnnxBuilder& model, const Entries& entries) {
    model.input("x", {1, 2, 1, 1})
        .output("y")
        .external("w", {1, 2, 1, 1}, kOnnxFloat, entries)
        .node("Mul", {"x", "w"}, {"y"});
  }
  [[nodiscard]] std::string fault_with(const Entries& entries) const {
    OnnxBuilder model;
    finish(model, entries);
    return fault(model);
  }
};

TEST_F(ExternalDataTest, BytesBesideTheModel) {
  OnnxBuilder plain, below;
  finish(plain, {{"location", "weights.bin"}, {"offset", "4"}, {"length", "8"}});
  EXPECT_EQ(run(plain, {{10, 10}}), (Numbers{20, 30}));
  finish(below, {{"location", "sub/weights.bin"}});
  EXPECT_EQ(run(below, {{10, 10}}), (Numbers{10, 20}));
}

TEST_F(ExternalDataTest, NoPathLeavesTheFolder) {
  const TemporaryFolder other;
  std::ofstream(other.path() / "secret") << "12345678";
  fs::create_symlink(other.path() / "secret", folder_.path() / "link");
  fs::create_directory_symlink(other.path(), folder_.path() / "out");
  fs::create_symlink(folder_.path() / "weights.bin", folder_.path() / "inside");
  for (const std::string& location :
       {std::string("../weights.bin"), std::string("sub/../../x"), (other.path() / "secret").string(),
        std::string("link"), std::string("out/secret"), std::string("/etc/passwd")})
    EXPECT_THAT(fault_with({{"location", location}}), HasSubstr("is outside of the model's folder")) << location;
  EXPECT_EQ(fault_with({{"location", "inside"}, {"length", "8"}}), "");
}

TEST_F(ExternalDataTest, FilesThatAreTooShortOrNotThere) {
  EXPECT_THAT(fault_with({{"location", "weights.bin"}, {"offset", "12"}}), HasSubstr("external data ends at byte 16"));
  EXPECT_THAT(fault_with({{"location", "weights.bin"}, {"offset", "18446744073709551612"}}),
              HasSubstr("ends at byte 16"));
  EXPECT_THAT(fault_with({{"location", "weights.bin"}, {"length", "9"}}),
              HasSubstr("9 bytes where its dimensions need 8"));
  EXPECT_THAT(fault_with({{"location", "weights.bin"}, {"offset", "-4"}}), HasSubstr("not a whole number"));
  EXPECT_THAT(fault_with({{"location", "nowhere.bin"}}), HasSubstr("'nowhere.bin'"));
  EXPECT_THAT(fault_with({{"location", "sub"}}), HasSubstr("no regular file"));
  EXPECT_THAT(fault_with({}), HasSubstr("without a location"));
}

}  // namespace
}  // namespace evenshift::test
