#include "host/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "arch/base/error.h"
#include "tests/host/temp_folder.h"

namespace evenshift::host {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using namespace std::string_literals;
using namespace std::string_view_literals;
using Bytes = std::vector<std::uint8_t>;

/// A file with any header text.
Bytes file(std::string_view header, std::string_view data, int version = 1) {
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', static_cast<std::uint8_t>(version), 0};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes.push_back(static_cast<std::uint8_t>(header.size() >> (8 * i)));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

void refusal(const Bytes& bytes, const std::string& message) {
  EXPECT_THAT([&] { parse_npy(bytes, "a.npy"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("'a.npy'"), HasSubstr(message))));
}

template <typename Value>
class NpyOfType : public ::testing::Test {};
using Types = ::testing::Types<std::int8_t, std::uint8_t, std::int32_t, std::int64_t, float, double>;
TYPED_TEST_SUITE(NpyOfType, Types);

TYPED_TEST(NpyOfType, RoundTrip) {
  using Limits = std::numeric_limits<TypeParam>;
  const std::vector<TypeParam> values = {Limits::lowest(), Limits::max(), TypeParam{0},
                                         TypeParam{1},     TypeParam{2},  TypeParam{3}};
  const TempFolder folder;
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{6}, {2, 3}, {1, 1, 3, 2}}) {
    const auto array = NpyArray::from<TypeParam>(shape, values);
    write_npy(folder.path() / "a.npy", array);
    const NpyArray back = read_npy(folder.path() / "a.npy");
    EXPECT_EQ(back, array);
    EXPECT_EQ(back.values<TypeParam>(), values);
    EXPECT_EQ(back.shape, shape);
  }
}

TEST(Npy, BytesEqualThoseOfNumpy) {
  const std::vector<float> values = {1.0f, -2.5f};
  const Bytes bytes = npy_bytes(NpyArray::from<float>({2}, values));
  // numpy.save(f, numpy.array([1, -2.5], 'float32'))
  std::string expected =
      "\x93NUMPY\x01"s + '\0' + "\x76"s + '\0' + "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  expected.resize(127, ' ');
  expected += "\n\x00\x00\x80\x3f\x00\x00\x20\xc0"sv;
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), expected);
}

TEST(Npy, ScalarsAndEmptyArrays) {
  const std::vector<double> one = {3.5};
  const auto scalar = NpyArray::from<double>({}, one);
  EXPECT_EQ(parse_npy(npy_bytes(scalar), "a.npy"), scalar);
  EXPECT_EQ(scalar.elements(), 1);
  const auto empty = NpyArray::from<double>({3, 0}, {});
  EXPECT_EQ(parse_npy(npy_bytes(empty), "a.npy"), empty);
  EXPECT_TRUE(empty.values<double>().empty());
}

TEST(Npy, AcceptsVersions2And3AndOtherSpellings) {
  for (const int version : {2, 3}) {
    const NpyArray array =
        parse_npy(file("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}\n", "AB", version), "a.npy");
    EXPECT_THAT(array.values<std::uint8_t>(), ElementsAre('A', 'B'));
  }
  const NpyArray array = parse_npy(file(R"({"shape":(1,2),"fortran_order":False,"descr":"<i1",})", "AB"), "a.npy");
  EXPECT_EQ(array.type, NpyType::kInt8);
  EXPECT_THAT(array.shape, ElementsAre(1, 2));
  EXPECT_NO_THROW(parse_npy(file("{'descr': '|i1', 'fortran_order': True, 'shape': (2,)}", "AB"), "a.npy"));
}

TEST(Npy, RefusesWhatItCannotHold) {
  refusal(file("{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}", "AB"),
          "type '<f2'; int8, uint8, int32, int64, float32 and float64 are accepted");
  refusal(file("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "ABCD"), "big-endian");
  refusal(file("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1)}", "ABCD"), "Fortran order");
  refusal(file("{'descr': '|i1', 'fortran_order': False, 'shape': (1,)}", "A", 4),
          "version 4; 1, 2 and 3 are accepted");
  refusal({'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0}, "is not a .npy file");
}

TEST(Npy, RefusesDataOfAnotherSize) {
  const char* header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)}";
  refusal(file(header, "1234567"), "holds 7 bytes of data, which does not match float32 values of shape (2, 1)");
  refusal(file(header, "123456789"), "holds 9 bytes");
  refusal(file(header, "1234"), "holds 4 bytes");
  refusal(file("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", ""), "holds 0 bytes");
  refusal(file("{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}", ""), "holds 0 bytes");
}

TEST(Npy, RefusesMalformedHeaders) {
  for (const char* header :
       {"", "{", "{}", "[]", "{'descr': '|i1', 'fortran_order': False}",
        "{'descr': '|i1', 'fortran_order': 0, 'shape': ()}", "{'descr': '|i1', 'fortran_order': False, 'shape': (1}",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '|i1', 'descr': '|i1', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', '|i1')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (1,), 'more': 1}"})
    refusal(file(header, "A"), "its header is malformed");
}

TEST(Npy, NoTruncationOrChangedByteCrashes) {
  const std::vector<std::int32_t> values = {1, 2, 3, 4, 5, 6};
  Bytes bytes = npy_bytes(NpyArray::from<std::int32_t>({2, 3}, values));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(parse_npy(std::span(bytes).first(size), "a.npy"), Error) << size;
  for (std::uint8_t& byte : bytes) {
    const std::uint8_t original = byte;
    for (const int flip : {0x01, 0x08, 0x80, 0xFF}) {
      byte = static_cast<std::uint8_t>(original ^ flip);
      try {
        const NpyArray array = parse_npy(bytes, "a.npy");
        EXPECT_EQ(array.bytes.size(), static_cast<std::size_t>(array.elements()) * npy_type_bytes(array.type));
      } catch (const Error&) {
      }
    }
    byte = original;
  }
}

TEST(Npy, NamesTheMissingFile) {
  EXPECT_THAT([] { read_npy("no/such/file.npy"); }, ThrowsMessage<Error>(HasSubstr("no/such/file.npy")));
}

}  // namespace
}  // namespace evenshift::host
