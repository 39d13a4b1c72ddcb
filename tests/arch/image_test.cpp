#include "arch/image/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "arch/base/digest.h"
#include "arch/base/error.h"
#include "arch/image/layout.h"

namespace evenshift::image {
namespace {

using testing::HasSubstr;

Image small_image() {
  Image image;
  image.dram_bytes = 4096;
  image.weights = {0, {1, 2, 3, 4, 5}};
  image.biases = {64, {0, 0, 0, 1}};
  image.scales = {128, {7}};
  image.tables = {192, {}};
  isa::Load load;
  load.dram_address = 256;
  load.row_bytes = 16;
  isa::Store store;
  store.dram_address = 1024;
  store.row_bytes = 16;
  image.commands = {{load, {false, false, false, true}, 0}, {store, {true, false, false, false}, 0}};
  image.tensors.push_back({"in", TensorRole::input, 4, 2, 2, 256, 8, 4, {0.5, -3, 8}, -1, {1, 4, 2, 2}});
  image.tensors.push_back({"out", TensorRole::output, 4, 2, 2, 1024, 8, 4, {0.25, 0, 8}, 0, {1, 16}});
  image.layers.push_back({"copy", "resize", {0}, {1}, 12});
  image.host = "{}";
  return image;
}

std::string message_of(const std::vector<std::uint8_t>& bytes) {
  try {
    read(bytes, "net.evs");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

/// Sets the checksums right again, as somebody who means harm would.
void mend(std::vector<std::uint8_t>& bytes) {
  const auto get = [&](std::size_t at, int size) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i)
      value |= static_cast<std::uint64_t>(bytes[at + static_cast<std::size_t>(i)]) << (8 * i);
    return value;
  };
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  const std::size_t header = kHeaderBytes + kSectionNames.size() * kSectionEntryBytes;
  for (std::size_t s = 0; s < kSectionNames.size(); ++s) {
    const std::size_t entry = kHeaderBytes + s * kSectionEntryBytes;
    const std::uint64_t offset = get(entry + 8, 8);
    const std::uint64_t size = get(entry + 16, 8);
    if (offset <= bytes.size() && size <= bytes.size() - offset)
      put(entry + 4, crc32(std::span(bytes).subspan(offset, size)));
  }
  put(kHeaderChecksumOffset, 0);
  put(kHeaderChecksumOffset, crc32(std::span(bytes).first(header)));
}

TEST(Image, ReadsWhatItWrites) {
  const Image image = small_image();
  const auto bytes = write(image);
  const Image again = read(bytes, "net.evs");
  EXPECT_EQ(write(again), bytes);
  EXPECT_EQ(again.tensors[1].name, "out");
  EXPECT_EQ(again.tensors[1].quant, (QuantParams{0.25, 0, 8}));
  EXPECT_EQ(again.layers[0].kind, "resize");
  EXPECT_EQ(again.weights.bytes, image.weights.bytes);
  EXPECT_EQ(again.scales.dram_address, 128);
}

TEST(Image, TruncatedAtEveryLengthIsRefused) {
  const auto bytes = write(small_image());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_THAT(message_of({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}), HasSubstr("net.evs: "))
        << size;
}

TEST(Image, DamageAnywhereIsRefused) {
  const auto bytes = write(small_image());
  const Image image = small_image();
  std::size_t gaps = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= 0x10;
    const std::string message = message_of(damaged);
    if (message == "accepted") {
      EXPECT_EQ(bytes[i], 0) << i;  // only the padding between sections is nobody's
      ++gaps;
    }
  }
  EXPECT_LT(gaps, 16 * (kSectionNames.size() + 1));
}

TEST(Image, DamageNamesTheSection) {
  const auto bytes = write(small_image());
  for (const auto& section : read_sections(bytes, "net.evs")) {
    if (section.size == 0) continue;
    auto damaged = bytes;
    damaged[section.offset + section.size / 2] ^= 1;
    EXPECT_EQ(message_of(damaged), "net.evs: section " + section.name + " is damaged: its checksum does not match");
  }
}

TEST(Image, ForeignFilesAreNamedSo) {
  EXPECT_THAT(message_of({'P', 'K', 3, 4, 5, 6, 7, 8}), HasSubstr("not an Evenshift image"));
  EXPECT_THAT(message_of({}), HasSubstr("not an Evenshift image"));
  auto newer = write(small_image());
  newer[4] = 9;
  EXPECT_EQ(message_of(newer), "net.evs: image version 9 is not supported; this program reads version 1");
}

TEST(Image, DamageWithMendedChecksumsNeverCrashes) {
  const auto bytes = write(small_image());
  std::mt19937 random(77);
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    auto damaged = bytes;
    for (int n = 0; n < 1 + static_cast<int>(random() % 3); ++n)
      damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    mend(damaged);
    refused += message_of(damaged) != "accepted";
  }
  EXPECT_GT(refused, 1000);
}

TEST(Image, RefusesACommandThatLeavesTheMemory) {
  Image image = small_image();
  std::get<isa::Store>(image.commands[1].operation).dram_address = 4090;
  EXPECT_EQ(message_of(write(image)),
            "net.evs: command 1 (store) cannot run: it writes bytes 4090 to 4106 of a DRAM of 4096 bytes");
}

TEST(Image, RefusesATensorThatLeavesTheMemory) {
  Image image = small_image();
  image.tensors[1].row_stride = 1 << 20;
  EXPECT_EQ(message_of(write(image)), "net.evs: tensor 1 lies outside the DRAM of 4096 bytes");
}

TEST(Image, RefusesIndicesOfNothing) {
  Image image = small_image();
  image.layers[0].inputs = {9};
  EXPECT_EQ(message_of(write(image)), "net.evs: a layer names tensor 9 of 2");
  image = small_image();
  image.commands[0].layer = 4;
  EXPECT_EQ(message_of(write(image)), "net.evs: command 0 (load) names layer 4 of 1");
}

}  // namespace
}  // namespace evenshift::image
