// Damaged TFLite files: an Error, or a graph that is well formed; never anything else.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>

#include "arch/base/error.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/tflite_builder.h"

namespace evenshift::test {
namespace {

/// A small network with most of what a file can hold.
std::string small_network() {
  TfliteBuilder m;
  const auto x = m.codes("x", {1, 4, 4, 2}, 0.5f, -3);
  const auto w = m.constant("w", {2, 3, 3, 2}, std::vector<std::int8_t>(36, 5), {0.25f, 0.125f}, 0);
  const auto b = m.words("b", {100, -7}, {0.125f, 0.0625f});
  const auto c = m.codes("c", {1, 4, 4, 2}, 0.1f, -128);
  m.op(3, {x, w, b}, c, {{0, std::int8_t{0}}, {1, 1}, {2, 1}, {3, std::int8_t{1}}});
  const auto d = m.codes("d", {1, 4, 4, 2}, 0.1f, -128);
  m.op(4, {c, m.constant("dw", {1, 3, 3, 2}, std::vector<std::int8_t>(18, -9), {0.5f, 0.25f}, 3)}, d,
       {{0, std::int8_t{0}}, {1, 1}, {2, 1}, {3, 1}, {4, std::int8_t{3}}});
  const auto sum = m.codes("sum", {1, 4, 4, 2}, 0.2f, 0);
  m.op(0, {c, d}, sum, {{0, std::int8_t{1}}});
  const auto pads = m.words("pads", {0, 0, 1, 1, 1, 1, 0, 0});
  m.tensors.back().shape = {4, 2};
  const auto padded = m.codes("padded", {1, 6, 6, 2}, 0.2f, 0);
  m.op(34, {sum, pads}, padded);
  const auto pooled = m.codes("pooled", {1, 2, 2, 2}, 0.2f, 0);
  m.op(1, {padded}, pooled, {{0, std::int8_t{1}}, {1, 3}, {2, 3}, {3, 3}, {4, 3}, {5, std::int8_t{0}}});
  const auto row = m.codes("row", {1, 8}, 0.2f, 0);
  m.op(22, {pooled, m.words("shape", {1, 8})}, row);
  const auto y = m.codes("y", {1, 3}, 0.3f, 4);
  m.op(9, {row, m.constant("fc", {3, 8}, std::vector<std::int8_t>(24, 77), {0.5f}, 0), -1}, y, {{0, std::int8_t{0}}});
  const auto z = m.codes("z", {1, 3}, 0.00390625f, -128);
  m.op(25, {y}, z, {{0, 1.0f}});
  m.inputs = {x};
  m.outputs = {z};
  return m.bytes();
}

class TfliteBadInputTest : public ::testing::Test {
 protected:
  /// Whether the bytes are taken for a model.
  bool accepts(const std::string& bytes) {
    const auto path = folder_.path() / "model.tflite";
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      compiler::canonicalize(compiler::import_tflite(path));
      return true;
    } catch (const Error& error) {
      EXPECT_FALSE(std::string(error.what()).empty());
      return false;
    }
  }

  TemporaryFolder folder_;
};

TEST_F(TfliteBadInputTest, TheWholeFileIsAModel) { EXPECT_TRUE(accepts(small_network())); }

TEST_F(TfliteBadInputTest, NoBeginningOfAFileIsAModel) {
  const std::string whole = small_network();
  // What is behind the last vector's length may be missing only where that vector is empty.
  for (std::size_t size = 0; size + 8 < whole.size(); ++size) EXPECT_FALSE(accepts(whole.substr(0, size))) << size;
}

TEST_F(TfliteBadInputTest, AnyByteMayBeAnother) {
  const std::string whole = small_network();
  for (const int value : {1, 0xff})
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(value);
      accepts(bytes);
    }
}

TEST_F(TfliteBadInputTest, AnyFourBytesMayBeAnything) {
  const std::string whole = small_network();
  std::mt19937 random(20240611);
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = whole;
    for (int change = 0; change < 3; ++change) {
      const std::size_t at = random() % (bytes.size() - 4);
      const std::uint32_t value = round % 2 == 0 ? random() : static_cast<std::uint32_t>(random() % 64) - 16;
      std::memcpy(bytes.data() + at, &value, sizeof value);
    }
    accepts(bytes);
  }
}

}  // namespace
}  // namespace evenshift::test
