#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "arch/base/atomic_file.h"
#include "arch/base/bit_stream.h"
#include "arch/base/byte_io.h"
#include "arch/base/digest.h"
#include "arch/base/error.h"

namespace evenshift {
namespace {

using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "evenshift_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(Files, AreWrittenWholeAndLeaveNoTemporary) {
  write_file_atomically(folder_ / "a", std::string_view("one"));
  write_file_atomically(folder_ / "a", std::string_view("two"));
  EXPECT_EQ(read_text_file(folder_ / "a"), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(Files, AppearWhenTheyAreCommitted) {
  write_file_atomically(folder_ / "a", std::string_view("old"));
  {
    AtomicFile given_up(folder_ / "a");
    given_up.write(std::string_view("half"));
  }
  AtomicFile file(folder_ / "a");
  file.write(std::string_view("one, "));
  file.write(std::string_view("two"));
  EXPECT_EQ(read_text_file(folder_ / "a"), "old");
  file.commit();
  EXPECT_EQ(read_text_file(folder_ / "a"), "one, two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(Files, LeaveNoTemporaryWhenTheProgramIsInterrupted) {
  AtomicFile file(folder_ / "a");
  file.write(std::string_view("half"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
  remove_temporaries();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 0);
}

TEST_F(Files, ThatCannotBeWrittenAreNamed) {
  EXPECT_THAT(
      [&] { write_file_atomically(folder_ / "missing" / "a", std::string_view("x")); },
      testing::ThrowsMessage<Error>(testing::AllOf(HasSubstr("cannot write"), HasSubstr("No such file or directory"))));
  EXPECT_THAT([&] { write_file_atomically(folder_, std::string_view("x")); },
              testing::ThrowsMessage<Error>(HasSubstr("Is a directory")));
}

TEST(FullDisk, IsSaidAndLeavesNothing) {
  EXPECT_THAT([] { write_file_atomically("/dev/full", std::string_view("x")); },
              testing::ThrowsMessage<Error>(HasSubstr("No space left on device")));
}

TEST_F(Files, ThatCannotBeReadAreNamed) {
  EXPECT_THAT([&] { read_file(folder_ / "none"); },
              testing::ThrowsMessage<Error>(HasSubstr("none': No such file or directory")));
  EXPECT_THAT([&] { read_file(folder_); }, testing::ThrowsMessage<Error>(HasSubstr("Is a directory")));
}

TEST(Crc32, IsThePublishedCheckValue) {
  const std::string text = "123456789";
  EXPECT_EQ(crc32(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())), 0xcbf43926u);
}

TEST(Digest64, IsThePublishedFnv1aValue) {
  EXPECT_EQ(to_hex(digest64("")), "cbf29ce484222325");
  EXPECT_EQ(to_hex(digest64("foobar")), "85944171f73967e8");
}

TEST(ByteReader, NeverReadsPastTheEnd) {
  ByteWriter writer;
  writer.put(std::uint32_t{7});
  writer.put(std::string_view("abc"));
  const auto bytes = writer.take();
  ByteReader whole(bytes, "it");
  EXPECT_EQ(whole.get<std::uint32_t>(), 7u);
  EXPECT_EQ(whole.get_string(), "abc");
  EXPECT_TRUE(whole.at_end());
  ByteReader cut(std::span<const std::uint8_t>(bytes).first(bytes.size() - 1), "it");
  cut.get<std::uint32_t>();
  EXPECT_THAT([&] { cut.get_string(); },
              testing::ThrowsMessage<Error>("it ends after 10 bytes where 1 more are needed"));
}

TEST(BitStream, ReadsFieldsOfEveryWidthBack) {
  for (unsigned bits = 1; bits <= 32; ++bits) {
    BitWriter writer;
    for (std::uint32_t i = 0; i < 40; ++i) writer.put(i * 2654435761u, bits);
    const auto bytes = writer.take();
    EXPECT_EQ(bytes.size(), packed_bytes(40, bits));
    for (std::uint32_t i = 0; i < 40; ++i)
      ASSERT_EQ(packed_field(bytes, i, bits),
                (i * 2654435761u) & static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1))
          << bits;
  }
}

TEST(SignExtend, TakesTheTopBit) {
  EXPECT_EQ(sign_extend(0b1000, 4), -8);
  EXPECT_EQ(sign_extend(0b0111, 4), 7);
  EXPECT_EQ(sign_extend(0xff, 8), -1);
}

}  // namespace
}  // namespace evenshift
