#include "arch/isa/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "arch/base/error.h"
#include "arch/isa/disassemble.h"

namespace evenshift::isa {
namespace {

using testing::HasSubstr;

/// Every field at random within its width.
template <typename Op>
Command random_command(std::mt19937_64& random) {
  Op op;
  for_each_field<Op>([&](const auto& field) {
    const std::uint64_t raw = random() & ((std::uint64_t{1} << field.bits) - 1);
    op.*field.member = static_cast<std::int64_t>(raw) -
                       (field.is_signed && (raw >> (field.bits - 1)) != 0 ? std::int64_t{1} << field.bits : 0);
  });
  const auto flag = [&] { return (random() & 1) != 0; };
  return {op, {flag(), flag(), flag(), flag()}, static_cast<std::int64_t>(random() & 0xffff)};
}

std::string message_of(std::vector<std::uint8_t> stream) {
  try {
    decode(stream);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Codec, DecodesWhatItEncodes) {
  std::mt19937_64 random(1);
  std::vector<Command> commands;
  for (int i = 0; i < 500; ++i)
    for_each_operation([&]<typename Op>() { commands.push_back(random_command<Op>(random)); });
  const auto decoded = decode(encode(commands));
  ASSERT_EQ(decoded.size(), commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) EXPECT_EQ(disassemble(decoded[i]), disassemble(commands[i]));
}

TEST(Codec, SizesFollowFromTheTable) {
  EXPECT_EQ(encoded_bytes(Sync{}), 4u);
  EXPECT_EQ(encoded_bytes(Fill{}), 4u + 12u);  // 32 + 28 + 8 bits
  EXPECT_EQ(encoded_bytes(Load{}), 4u + 24u);  // 4 · 32 + 20 + 28 = 176 bits
}

TEST(Codec, LaysFieldsFromTheLowestBitOn) {
  Fill fill;
  fill.output_address = 0x11223344;
  fill.elements = 0x5;
  fill.value = -1;
  const auto bytes = encode(std::vector<Command>{{fill, {true, false, false, true}, 0x0201}});
  EXPECT_THAT(bytes,
              testing::ElementsAre(0x27, 0b1001, 0x01, 0x02, 0x44, 0x33, 0x22, 0x11, 0x05, 0, 0, 0xf0, 0x0f, 0, 0, 0));
}

TEST(Codec, RefusesAValueThatDoesNotFit) {
  Fill fill;
  fill.value = 128;
  std::vector<std::uint8_t> stream;
  EXPECT_THROW(encode({fill, {}, 0}, stream), InternalError);
}

TEST(Codec, RefusesDamage) {
  const auto bytes = encode(std::vector<Command>{{Fill{}, {}, 0}});
  auto unknown = bytes;
  unknown[0] = 0xee;
  EXPECT_EQ(message_of(unknown), "command stream, byte 0: unknown opcode 0xee");
  auto flags = bytes;
  flags[1] = 0x10;
  EXPECT_EQ(message_of(flags), "command stream, byte 0: unknown token flags 0x10");
  auto padding = bytes;
  padding.back() = 0x80;
  EXPECT_EQ(message_of(padding), "command stream, byte 0: padding of the fill command is not zero");
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_THAT(message_of({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}),
                HasSubstr("ends inside"));
}

TEST(Disassemble, ShowsTokensAndFields) {
  Load load;
  load.dram_address = 4096;
  load.rows = 3;
  load.row_bytes = 16;
  EXPECT_EQ(disassemble({load, {true, false, false, true}, 7}),
            "load layer=7 wait=compute signal=store dram_address=0x1000 scratchpad_address=0x0 rows=3 row_bytes=16 "
            "dram_stride=0 "
            "scratchpad_stride=0");
}

TEST(CommandTable, OpcodesAreUnique) {
  std::vector<int> opcodes;
  for_each_operation([&]<typename Op>() { opcodes.push_back(Op::kOpcode); });
  auto unique = opcodes;
  std::ranges::sort(unique);
  EXPECT_EQ(std::ranges::unique(unique).size(), 0u);
}

}  // namespace
}  // namespace evenshift::isa
