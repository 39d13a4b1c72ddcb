// What firmware and RTL verification get: memory images that agree with each other, goldens that follow from each
// other.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "arch/base/atomic_file.h"
#include "arch/image/image.h"
#include "arch/isa/codec.h"
#include "arch/isa/weight_layout.h"
#include "host/npy.h"
#include "tests/end_to_end/evenshift_program.h"

namespace evenshift::end_to_end {
namespace {

using Bytes = std::vector<std::uint8_t>;

class Export : public testing::TestWithParam<TrainedModel> {
 protected:
  void SetUp() override {
    network_ = compile(GetParam(), file("net.evs"));
    succeed({"export", network_, "--raw", file("net.bin").string(), "--c-array", file("net.c").string(), "--c-name",
             "firmware", "--readmemh", file("net.hex").string(), "--memory-map", file("net.json").string(),
             "--command-header", file("commands.h").string(), "--golden", file("goldens").string(), "--input",
             GetParam().image(4), "--quiet"});
    map_ = json_file(file("net.json"));
  }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }

  host::TempFolder folder_;
  std::string network_;
  nlohmann::json map_;
};

Bytes bytes_of_c_array(const std::string& text) {
  Bytes bytes;
  for (std::size_t at = text.find("] = {"); (at = text.find("0x", at)) != std::string::npos; at += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(at + 2, 2), nullptr, 16)));
  return bytes;
}

/// Address -> byte, as $readmemh would fill a memory.
std::map<std::int64_t, std::uint8_t> memory_of_readmemh(const std::string& text) {
  std::map<std::int64_t, std::uint8_t> memory;
  std::istringstream lines(text);
  std::int64_t address = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("//")) continue;
    if (line.starts_with("@"))
      address = std::stoll(line.substr(1), nullptr, 16);
    else
      EXPECT_TRUE(memory.emplace(address++, static_cast<std::uint8_t>(std::stoul(line, nullptr, 16))).second);
  }
  return memory;
}

TEST_P(Export, MemoryImagesAgreeWithTheMapAndTheNetwork) {
  const std::string raw = contents(file("net.bin"));
  const Bytes bytes(raw.begin(), raw.end());
  EXPECT_EQ(bytes_of_c_array(contents(file("net.c"))), bytes);
  const auto memory = memory_of_readmemh(contents(file("net.hex")));
  EXPECT_EQ(memory.size(), bytes.size());
  const image::Image image = image::read_file(network_);
  const std::map<std::string, Bytes> expected = {{"weights", image.weights.bytes},
                                                 {"biases", image.biases.bytes},
                                                 {"scales", image.scales.bytes},
                                                 {"tables", image.tables.bytes},
                                                 {"commands", isa::encode(image.commands)}};
  std::int64_t end = 0;
  for (const auto& region : map_.at("regions")) {
    const std::string name = region.at("name");
    const auto address = region.at("dram_address").get<std::int64_t>();
    const auto offset = region.at("file_offset").get<std::int64_t>(), size = region.at("bytes").get<std::int64_t>();
    EXPECT_EQ(offset, end) << "regions lie one after the other in the file";
    end += size;
    ASSERT_LE(end, std::ssize(bytes));
    EXPECT_EQ(Bytes(bytes.begin() + offset, bytes.begin() + end), expected.at(name)) << name;
    for (std::int64_t i = 0; i < size; ++i)
      ASSERT_EQ(memory.at(address + i), bytes[static_cast<std::size_t>(offset + i)]) << name << " byte " << i;
    EXPECT_LE(address + size, map_.at("dram_bytes").get<std::int64_t>());
    const std::string macro = "#define FIRMWARE_" + [&] {
      std::string upper = name;
      std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      return upper;
    }();
    EXPECT_THAT(contents(file("net.c")), testing::HasSubstr(macro + "_OFFSET " + std::to_string(offset) + "u"));
  }
  EXPECT_EQ(end, std::ssize(bytes));
}

TEST_P(Export, RegionsAndTensorsDoNotOverlapConstants) {
  std::vector<std::pair<std::int64_t, std::int64_t>> constants;
  for (const auto& region : map_.at("regions")) constants.emplace_back(region.at("dram_address"), region.at("bytes"));
  std::ranges::sort(constants);
  for (std::size_t i = 1; i < constants.size(); ++i)
    EXPECT_LE(constants[i - 1].first + constants[i - 1].second, constants[i].first);
  for (const auto& tensor : map_.at("tensors")) {
    const auto low = tensor.at("dram_address").get<std::int64_t>();
    const auto high =
        low + (tensor.at("height").get<std::int64_t>() - 1) * tensor.at("row_stride_bytes").get<std::int64_t>() +
        (tensor.at("width").get<std::int64_t>() - 1) * tensor.at("pixel_stride_bytes").get<std::int64_t>() +
        tensor.at("channels").get<std::int64_t>();
    for (const auto& [address, size] : constants)
      EXPECT_TRUE(high <= address || address + size <= low) << tensor.at("name");
  }
}

TEST_P(Export, TheCSourceCompiles) {
  if (std::system("cc --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no C compiler";
  write_file_atomically(file("header.c"),
                        "#include \"commands.h\"\nextern int opcode;\nint opcode = EVS_CONV_OPCODE;\n");
  for (const char* source : {"net.c", "header.c"})
    EXPECT_EQ(
        std::system(("cc -std=c99 -Wall -Wextra -pedantic -Werror -fsyntax-only " + file(source).string()).c_str()), 0)
        << source;
}

/// The output of a layer is the input of those that read it.
TEST_P(Export, GoldensFollowFromEachOther) {
  const image::Image image = image::read_file(network_);
  const auto index = json_file(file("goldens") / "index.json");
  ASSERT_EQ(index.at("layers").size(), image.layers.size());
  const auto golden = [&](std::size_t layer, const std::string& name) {
    return host::read_npy(file("goldens") / index.at("layers")[layer].at("folder").get<std::string>() / name);
  };
  std::map<std::int64_t, host::NpyArray> tensors;
  int linked = 0;
  for (std::size_t l = 0; l < image.layers.size(); ++l) {
    const image::Layer& layer = image.layers[l];
    for (std::size_t i = 0; i < layer.inputs.size(); ++i)
      if (const auto known = tensors.find(layer.inputs[i]); known != tensors.end()) {
        EXPECT_EQ(golden(l, "input" + std::to_string(i) + ".npy"), known->second) << layer.name;
        ++linked;
      }
    tensors[layer.outputs.at(0)] = golden(l, "output.npy");
  }
  EXPECT_GT(linked, 5);
}

/// With one scale a layer, the command itself says how an accumulator becomes a code.
TEST_P(Export, GoldenAccumulatorsRequantizeToGoldenOutputs) {
  const std::string network =
      compile(GetParam(), file("layer.evs"), {"--requant-scale", "layer", "--equalize", "none"});
  succeed({"export", network, "--golden", file("layer").string(), "--input", GetParam().image(5), "--quiet"});
  const image::Image image = image::read_file(network);
  const auto index = json_file(file("layer") / "index.json");
  std::map<std::size_t, isa::Conv> convs;
  for (const isa::Command& command : image.commands)
    if (const auto* conv = std::get_if<isa::Conv>(&command.operation))
      convs[static_cast<std::size_t>(command.layer)] = *conv;
  EXPECT_GT(convs.size(), 5U);
  for (const auto& [layer, conv] : convs) {
    const auto& entry = index.at("layers").at(layer);
    ASSERT_TRUE(entry.at("accumulators").get<bool>());
    const auto folder = file("layer") / entry.at("folder").get<std::string>();
    const auto accumulators = host::read_npy(folder / "accumulator.npy").values<std::int32_t>();
    const auto codes = host::read_npy(folder / "output.npy").values<std::int8_t>();
    ASSERT_EQ(accumulators.size(), codes.size());
    const OutputRange range{static_cast<std::int32_t>(conv.output_zero_point),
                            static_cast<std::int32_t>(conv.clamp_low), static_cast<std::int32_t>(conv.clamp_high)};
    const FixedPointScale scale{static_cast<std::uint32_t>(conv.multiplier), static_cast<std::int32_t>(conv.shift)};
    for (std::size_t i = 0; i < codes.size(); ++i)
      ASSERT_EQ(codes[i], requantize(accumulators[i], scale, range, image.config.requantizer.rounding))
          << entry.at("name") << " element " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Export, testing::ValuesIn(kTrainedModels),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace evenshift::end_to_end
