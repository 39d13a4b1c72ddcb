#include "host/sidecar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "arch/base/error.h"
#include "tests/host/temp_folder.h"

namespace evenshift::host {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kImage = R"(# comment
input_shape: [1, 3, 224, 192]
image:
  resize: 256
  center_crop: [224, 192]
  channel_order: bgr
  mean: [104, 117.5, -1e-3]
  std: 2
  scale: 0.5
labels:
  column: class1000
  offset: 1
class_names: [one, "two, three"]
)";

constexpr const char* kRaw = R"(input_shape: [1, 1, 49, 10]
raw:
  type: int8
  zero_point: 83
  scale: 0.5847029089927673
labels:
  column: class12
)";

Sidecar parse(const std::string& text) { return parse_sidecar(text, "net.yaml", "."); }

auto refusal(const std::string& text, const std::string& message) {
  EXPECT_THAT([&] { parse(text); }, ThrowsMessage<Error>(HasSubstr(message))) << text;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t position = text.find(what);
  EXPECT_NE(position, std::string::npos) << what;
  return text.replace(position, what.size(), with);
}

TEST(Sidecar, Image) {
  const Sidecar sidecar = parse(kImage);
  EXPECT_THAT(sidecar.input_shape, ElementsAre(1, 3, 224, 192));
  EXPECT_EQ(sidecar.input_elements(), 3 * 224 * 192);
  ASSERT_TRUE(sidecar.image);
  EXPECT_FALSE(sidecar.raw);
  EXPECT_EQ(sidecar.image_size(), (ImageSize{224, 192}));
  EXPECT_EQ(sidecar.image_channels(), 3);
  EXPECT_EQ(sidecar.image->resize_shorter_side, 256);
  EXPECT_FALSE(sidecar.image->resize);
  EXPECT_EQ(sidecar.image->center_crop, (ImageSize{224, 192}));
  EXPECT_EQ(sidecar.image->channel_order, ChannelOrder::kBgr);
  EXPECT_THAT(sidecar.image->mean, ElementsAre(104, 117.5, -1e-3));
  EXPECT_THAT(sidecar.image->std, ElementsAre(2, 2, 2));
  EXPECT_EQ(sidecar.image->scale, 0.5);
  EXPECT_EQ(sidecar.image->layout, TensorLayout::kNchw);
  EXPECT_EQ(sidecar.labels->column, "class1000");
  EXPECT_EQ(sidecar.labels->offset, 1);
  EXPECT_THAT(sidecar.class_names, ElementsAre("one", "two, three"));
}

TEST(Sidecar, OutputNamesFollowTheOffset) {
  const Sidecar sidecar = parse(kImage);
  EXPECT_EQ(sidecar.output_name(0), "");
  EXPECT_EQ(sidecar.output_name(1), "one");
  EXPECT_EQ(sidecar.output_name(2), "two, three");
  EXPECT_EQ(sidecar.output_name(3), "");
}

TEST(Sidecar, Raw) {
  const Sidecar sidecar = parse(kRaw);
  ASSERT_TRUE(sidecar.raw);
  EXPECT_FALSE(sidecar.image);
  EXPECT_EQ(*sidecar.raw, (RawRecipe{RawType::kInt8, 83, 0.5847029089927673}));
  EXPECT_EQ(sidecar.labels->offset, 0);
}

TEST(Sidecar, RawFloatNeedsNoScaleAndAnyRank) {
  const Sidecar sidecar = parse("input_shape: [1, 640]\nraw: {type: float32}\n");
  EXPECT_EQ(*sidecar.raw, (RawRecipe{RawType::kFloat32, 0, 1.0}));
  EXPECT_FALSE(sidecar.labels);
  EXPECT_THAT(parse("input_shape: [1, 5, 40]\nraw: {type: float32}\n").input_shape, ElementsAre(1, 5, 40));
}

TEST(Sidecar, NhwcAndGray) {
  const Sidecar sidecar = parse(
      "input_shape: [1, 28, 20, 1]\nimage: {resize: [28, 20], channel_order: gray, mean: 0, std: 255, layout: nhwc}");
  EXPECT_EQ(sidecar.image_size(), (ImageSize{28, 20}));
  EXPECT_EQ(sidecar.image_channels(), 1);
  EXPECT_EQ(sidecar.image->resize, (ImageSize{28, 20}));
}

TEST(Sidecar, JsonRoundTrip) {
  for (const char* text : {kImage, kRaw}) {
    const Sidecar sidecar = parse(text);
    const nlohmann::json json = nlohmann::json::parse(to_json(sidecar).dump());
    EXPECT_EQ(sidecar_from_json(json), sidecar) << json;
  }
}

TEST(Sidecar, JsonIsChecked) {
  nlohmann::json json = to_json(parse(kRaw));
  json["raw"]["type"] = "int7";
  json["surprise"] = 1;
  EXPECT_THAT(
      [&] { sidecar_from_json(json, "sidecar of net.evs"); },
      ThrowsMessage<Error>(AllOf(HasSubstr("sidecar of net.evs has 2 faults:"), HasSubstr("unknown key 'surprise'"),
                                 HasSubstr("'raw.type' must be one of int8, uint8, float32, but is 'int7'"))));
  EXPECT_THROW(sidecar_from_json(nlohmann::json()), Error);
  EXPECT_THROW(sidecar_from_json(nlohmann::json::array({1})), Error);
}

TEST(Sidecar, ClassNamesFromAFile) {
  const TempFolder folder;
  folder.write("names/words.txt", "tench, Tinca tinca\r\n\ngoldfish\n\n");
  const auto path = folder.write("net.yaml", std::string(kRaw) + "class_names: names/words.txt\n");
  EXPECT_THAT(read_sidecar(path).class_names, ElementsAre("tench, Tinca tinca", "", "goldfish"));
}

TEST(Sidecar, ClassNamesFaults) {
  const TempFolder folder;
  const auto path = folder.write("net.yaml", std::string(kRaw) + "class_names: words.txt\n");
  EXPECT_THAT([&] { read_sidecar(path); },
              ThrowsMessage<Error>(AllOf(HasSubstr("net.yaml:8: 'class_names': cannot read"), HasSubstr("words.txt"))));
  folder.write("words.txt", "fine\nnot \xE9\n");
  EXPECT_THAT([&] { read_sidecar(path); },
              ThrowsMessage<Error>(AllOf(HasSubstr("line 2 of"), HasSubstr("words.txt' is not UTF-8"))));
  refusal(std::string(kRaw) + "class_names: {a: b}\n",
          "'class_names' must be a list of names, or the path of a text file with one name a line, but is a map");
  nlohmann::json json = to_json(parse(kRaw));
  json["class_names"] = "/etc/hostname";
  EXPECT_THAT([&] { sidecar_from_json(json); }, ThrowsMessage<Error>(HasSubstr("must be a list of names, but is")));
}

TEST(Sidecar, MissingFileShowsTheLeastItHolds) {
  const TempFolder folder;
  const auto path = sidecar_path(folder.path() / "net.onnx");
  EXPECT_EQ(path, folder.path() / "net.yaml");
  std::string message;
  try {
    read_sidecar(path);
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_THAT(message, AllOf(HasSubstr("net.yaml' is missing"), HasSubstr("input_shape: [1, 3, 224, 224]"),
                             HasSubstr("channel_order: rgb"), HasSubstr("or, for inputs that are no images")));
}

TEST(Sidecar, WhatTheMessageShowsIsAccepted) {
  std::string message;
  try {
    read_sidecar("does_not_exist.yaml");
  } catch (const Error& error) {
    message = error.what();
  }
  const std::size_t image = message.find("  input_shape");
  const std::size_t between = message.find("or, for inputs");
  const std::size_t raw = message.find("  raw:");
  const std::size_t labels = message.find("  labels:");
  const std::size_t section = message.find("  image:");
  EXPECT_TRUE(parse(message.substr(image, between - image)).image);
  EXPECT_TRUE(parse(message.substr(image, section - image) + message.substr(raw)).raw);
  EXPECT_LT(labels, between);
}

TEST(Sidecar, CollectsAllFaultsWithLines) {
  const std::string text = R"(input_shape: [1, 3, 224]
imgae:
  x: 1
raw:
  type: int9
  zero_point: 1.5
  offset: 3
labels:
  colum: class
)";
  std::string message;
  try {
    parse(text);
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_THAT(message, AllOf(HasSubstr("net.yaml has 6 faults:"),
                             HasSubstr("net.yaml:2: unknown key 'imgae'; accepted: input_shape, image, raw, labels, "
                                       "class_names"),
                             HasSubstr("net.yaml:5: 'raw.type' must be one of int8, uint8, float32, but is 'int9'"),
                             HasSubstr("net.yaml:6: 'raw.zero_point' must be an integer"),
                             HasSubstr("net.yaml:7: unknown key 'raw.offset'; accepted: type, zero_point, scale"),
                             HasSubstr("net.yaml:9: unknown key 'labels.colum'; accepted: column, offset"),
                             HasSubstr("net.yaml:8: key 'labels.column' is missing")));
}

TEST(Sidecar, InputShapeFaults) {
  refusal("raw: {type: float32}", "key 'input_shape' is missing: a list of 2 to 4 sizes");
  for (const char* shape : {"[1]", "[2, 3]", "[1, 2, 3, 4, 5]"})
    refusal(replaced(kRaw, "[1, 1, 49, 10]", shape), std::string("net.yaml:1: 'input_shape' must be a list of 2 to 4"));
  refusal(replaced(kRaw, "[1, 1, 49, 10]", "[1, x]"), "found 'x'");
  refusal(replaced(kRaw, "[1, 1, 49, 10]", "[1, 0]"), "each an integer from 1 to 1048576; found '0'");
  refusal(replaced(kRaw, "[1, 1, 49, 10]", "[1, [2]]"), "found a list");
  refusal(replaced(kRaw, "[1, 1, 49, 10]", "12"), "but is '12'");
  refusal(replaced(kRaw, "[1, 1, 49, 10]", "[1, 1048576, 1048576, 1048576]"), "has more than 2147483648 elements");
}

TEST(Sidecar, SectionFaults) {
  refusal("input_shape: [1, 3]\n", "key 'image' or 'raw' is missing");
  refusal(std::string(kImage) + "raw: {type: float32}\n", "'image' and 'raw' exclude each other");
  refusal("input_shape: [1, 3]\nraw: int8\n",
          "net.yaml:2: 'raw' must be a map with the keys type, zero_point, scale, but is 'int8'");
  refusal(replaced(kRaw, "[1, 1, 49, 10]", "[1, 3, 224]") + "image: {}\n", "exclude each other");
  refusal(replaced(kImage, "[1, 3, 224, 192]", "[1, 3, 224]"), "'image' needs an 'input_shape' of 4 sizes");
  refusal("", "the document must be a map with the keys input_shape, image, raw, labels, class_names, but is nothing");
  refusal("- 1\n", "but is a list");
  refusal("a: 1\n---\nb: 2\n", "net.yaml:2: something follows the end of the YAML document");
  refusal(std::string(kRaw) + "raw: {type: float32}\n", "net.yaml:8: key 'raw' is given twice");
  refusal("[1, 2]: 3\n", "a key must be a plain word");
}

TEST(Sidecar, ImageFaults) {
  refusal(replaced(kImage, "  mean: [104, 117.5, -1e-3]\n", ""), "net.yaml:3: key 'image.mean' is missing");
  refusal(replaced(kImage, "  std: 2\n", ""), "key 'image.std' is missing");
  refusal(replaced(kImage, "  channel_order: bgr\n", ""), "key 'image.channel_order' is missing: rgb, bgr or gray");
  refusal(replaced(kImage, "bgr", "gbr"),
          "net.yaml:6: 'image.channel_order' must be one of rgb, bgr, gray, but is 'gbr'");
  refusal(replaced(kImage, "bgr", "gray"), "gray makes 1 channel, but 'input_shape' with layout nchw has 3");
  refusal(replaced(kImage, "[104, 117.5, -1e-3]", "[1, 2]"),
          "'image.mean' has 2 numbers, but the input has 3 channels");
  refusal(replaced(kImage, "[104, 117.5, -1e-3]", "[1, 2, .nan]"),
          "'image.mean' must be a finite number, but is '.nan'");
  refusal(replaced(kImage, "std: 2", "std: two"), "'image.std' must be a finite number, but is 'two'");
  refusal(replaced(kImage, "std: 2", "std: [1, 0, 1]"), "net.yaml:8: 'image.std' must not be 0");
  refusal(replaced(kImage, "std: 2", "std: 1e-60"), "'image.std' must not be 0");
  refusal(replaced(kImage, "resize: 256", "resize: 0"), "'image.resize' must be a number of pixels or [height, width]");
  refusal(replaced(kImage, "resize: 256", "resize: [1, 2, 3]"), "but has 3 sizes");
  refusal(replaced(kImage, "resize: 256", "resize: [200, 300]"),
          "'image.resize' is 200 x 300, but the input is 224 x 192");
  refusal(replaced(kImage, "center_crop: [224, 192]", "center_crop: 200"),
          "'image.center_crop' is 200 x 200, but the input is 224 x 192 (height x width)");
  refusal(replaced(kImage, "scale: 0.5", "layout: chw"), "'image.layout' must be one of nchw, nhwc, but is 'chw'");
  refusal(replaced(kImage, "scale: 0.5", "scale: [1]"), "'image.scale' must be a finite number, but is a list");
  refusal(replaced(kImage, "scale: 0.5", "gamma: 2"),
          "net.yaml:9: unknown key 'image.gamma'; accepted: resize, center_crop");
}

TEST(Sidecar, RawFaults) {
  refusal(replaced(kRaw, "  zero_point: 83\n", ""),
          "key 'raw.zero_point' is missing: x = (value - zero_point) * scale");
  refusal(replaced(kRaw, "  type: int8\n", ""), "key 'raw.type' is missing: int8, uint8 or float32");
  refusal(replaced(kRaw, "83", "128"), "'raw.zero_point' must be an integer from -128 to 127, but is '128'");
  refusal(replaced(kRaw, "0.5847029089927673", "0"), "'raw.scale' must be greater than 0, but is '0'");
  refusal(replaced(kRaw, "0.5847029089927673", ".inf"), "'raw.scale' must be a finite number");
}

TEST(Sidecar, LabelFaults) {
  refusal(replaced(kRaw, "column: class12", "column:"), "'labels.column' must be the header of the label column");
  refusal(replaced(kRaw, "column: class12", "column: a\n  offset: 0.5"), "'labels.offset' must be an integer");
}

TEST(Sidecar, BrokenYaml) {
  refusal("input_shape: [1, 3\n", "not valid YAML");
  refusal("a: b: c\n", "net.yaml:1: not valid YAML");
  refusal(std::string(100, '['), "net.yaml:");
  std::string deep = "input_shape: ";
  for (int i = 0; i < 40; ++i) deep += '[';
  for (int i = 0; i < 40; ++i) deep += ']';
  refusal(deep, "nested deeper than 32 levels");
}

TEST(Sidecar, BrokenYamlOnWhichTheParserDoesNotEndByItself) { refusal(",input_shape: [1, 3]\n", "net.yaml:"); }

TEST(Sidecar, AliasesAreFollowed) {
  const Sidecar sidecar = parse(replaced(replaced(kImage, "[104, 117.5, -1e-3]", "&m [1, 2, 3]"), "std: 2", "std: *m"));
  EXPECT_THAT(sidecar.image->std, ElementsAre(1, 2, 3));
  refusal("input_shape: &a [1, *a]\nraw: {type: float32}\n", "net.yaml:1: an alias stands within what it names");
}

TEST(Sidecar, AliasesCannotFillTheMemory) {
  std::ostringstream text;
  text << "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    text << "a" << i << ": &a" << i << " [";
    for (int j = 0; j < 10; ++j) text << "*a" << i - 1 << ", ";
    text << "]\n";
  }
  refusal(text.str(), "more than 1000000 values");
}

TEST(Sidecar, EveryTruncationIsAnErrorOrASidecar) {
  for (const std::string text : {kImage, kRaw})
    for (std::size_t size = 0; size < text.size(); ++size) try {
        parse(text.substr(0, size));
      } catch (const Error&) {
      }
}

}  // namespace
}  // namespace evenshift::host
