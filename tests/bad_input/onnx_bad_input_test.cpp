// Damaged ONNX files: an Error with one line a fault, or a graph that is well formed; never anything else.
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "arch/base/error.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "tests/support/onnx_builder.h"

namespace evenshift::test {
namespace {

using Ints = std::vector<std::int64_t>;

/// A small network with one of nearly everything.
std::string small_network() {
  OnnxBuilder m(13);
  m.input("x", {0, 2, 6, 6}).output("y").output("z");
  m.weights("w", {4, 2, 3, 3}, pattern(72, 1)).weights("b", {4}, pattern(4, 2));
  for (const char* name : {"scale", "bias", "mean"}) m.weights(name, {4}, pattern(4, 3));
  m.weights("var", {4}, {1, 2, 3, 4}).weights("low", {}, {0}).weights("fc", {36, 3}, pattern(108, 4));
  m.integers("shape", {2}, {0, -1})
      .integers("pads", {8}, {0, 0, 1, 1, 0, 0, 1, 1})
      .weights("scales", {4}, {1, 1, 2, 2});
  m.integers("starts", {2}, {1, 1})
      .integers("ends", {2}, {-1, 4})
      .integers("axes", {2}, {2, 3})
      .weights("none", {0}, {});
  m.node("Conv", {"x", "w", "b"}, {"c"}, {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}}, "conv");
  m.node("BatchNormalization", {"c", "scale", "bias", "mean", "var"}, {"n"}).node("Clip", {"n", "low"}, {"r"});
  m.node("Resize", {"r", "none", "scales"}, {"u"}).node("Slice", {"u", "starts", "ends", "axes"}, {"s"});
  m.node("MaxPool", {"r"}, {"p"}, {{"kernel_shape", Ints{2, 2}}, {"ceil_mode", 1}}).node("Pad", {"p", "pads"}, {"q"});
  m.node("GlobalAveragePool", {"r"}, {"g"})
      .node("Mul", {"r", "g"}, {"e"})
      .node("Concat", {"e", "r"}, {"k"}, {{"axis", 1}});
  m.node("Transpose", {"e"}, {"t"}, {{"perm", Ints{0, 2, 3, 1}}}).node("Reshape", {"t", "shape"}, {"f"});
  m.node("Gemm", {"f", "fc"}, {"y"}).node("Add", {"s", "s"}, {"z"});
  return m.bytes();
}

class OnnxBadInputTest : public ::testing::Test {
 protected:
  /// Whether the bytes are taken for a model.
  bool accepts(const std::string& bytes) {
    const auto path = folder_.path() / "model.onnx";
    std::filesystem::remove(path);  // a file that is cut and written again is flushed to disk
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      compiler::canonicalize(compiler::import_onnx(path));
      return true;
    } catch (const Error& error) {
      EXPECT_FALSE(std::string(error.what()).empty());
      return false;
    }
  }

  TemporaryFolder folder_;
};

TEST_F(OnnxBadInputTest, TheUndamagedNetworkIsTaken) { EXPECT_TRUE(accepts(small_network())); }

TEST_F(OnnxBadInputTest, CutShortAnywhere) {
  const std::string bytes = small_network();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_NO_THROW(accepts(bytes.substr(0, length))) << "cut to " << length << " bytes";
    if (HasFailure()) break;
  }
}

TEST_F(OnnxBadInputTest, RandomBytesChanged) {
  const std::string bytes = small_network();
  std::mt19937 random(17);
  int taken = 0;
  for (int trial = 0; trial < 6000; ++trial) {
    std::string damaged = bytes;
    const std::size_t changes = 1 + random() % 4;
    for (std::size_t i = 0; i < changes; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    EXPECT_NO_THROW(taken += accepts(damaged) ? 1 : 0) << "trial " << trial;
    if (HasFailure()) break;
  }
  EXPECT_GT(taken, 100);  // weights that differ are no fault
}

TEST_F(OnnxBadInputTest, RandomStretchesMoved) {
  const std::string bytes = small_network();
  std::mt19937 random(23);
  for (int trial = 0; trial < 2000; ++trial) {
    std::string damaged = bytes;
    const std::size_t from = random() % bytes.size(), to = random() % bytes.size();
    const std::size_t length = std::min<std::size_t>(random() % 40, bytes.size() - std::max(from, to));
    switch (random() % 3) {
      case 0:
        damaged.erase(from, length);
        break;
      case 1:
        damaged.insert(to, bytes, from, length);
        break;
      default:
        damaged.replace(to, length, bytes, from, length);
    }
    EXPECT_NO_THROW(accepts(damaged)) << "trial " << trial;
    if (HasFailure()) break;
  }
}

TEST_F(OnnxBadInputTest, NoiseAndText) {
  std::mt19937 random(5);
  for (std::size_t length = 0; length < 400; ++length) {
    std::string noise(length, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    EXPECT_FALSE(accepts(noise));
  }
  EXPECT_FALSE(accepts("input_shape: [1, 3, 224, 224]\n"));
  EXPECT_FALSE(accepts(std::string(100000, '\x0a')));
}

TEST_F(OnnxBadInputTest, NumbersAtTheEndsOfTheirRange) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min(),
                         kMost = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t number : {kLeast, kLeast + 1, std::int64_t{1} << 31, std::int64_t{1} << 40, kMost}) {
    OnnxBuilder pool, slice, reshape, fill, gather, pad, flatten, range;
    const auto on = [](OnnxBuilder& m) -> OnnxBuilder& { return m.input("x", {1, 2, 4, 4}).output("y"); };
    on(pool).node("MaxPool", {"x"}, {"y"},
                  {{"kernel_shape", Ints{2, number}}, {"strides", Ints{number, 1}}, {"pads", Ints{0, number, 0, 0}}});
    on(slice).integers("n", {1}, {number}).node("Slice", {"x", "n", "n", "n", "n"}, {"y"});
    on(reshape).integers("n", {2}, {number, number}).node("Reshape", {"x", "n"}, {"y"});
    on(fill)
        .integers("n", {3}, {number, 0, number})
        .node("ConstantOfShape", {"n"}, {"c"})
        .node("Mul", {"x", "c"}, {"y"});
    on(gather).integers("n", {1}, {number}).node("Gather", {"n", "n"}, {"c"}).node("Reshape", {"x", "c"}, {"y"});
    on(pad).integers("n", {8}, Ints(8, number)).node("Pad", {"x", "n"}, {"y"});
    on(flatten).node("Flatten", {"x"}, {"y"}, {{"axis", number}});
    on(range)
        .integers("a", {}, {0})
        .integers("n", {}, {number})
        .integers("s", {}, {1})
        .node("Range", {"a", "n", "s"}, {"c"});
    range.node("Reshape", {"x", "c"}, {"y"});
    for (const OnnxBuilder* model : {&pool, &slice, &reshape, &fill, &gather, &pad, &flatten, &range})
      EXPECT_FALSE(accepts(model->bytes())) << number;
  }
}

}  // namespace
}  // namespace evenshift::test
