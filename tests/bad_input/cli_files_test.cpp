// Files that are missing, damaged, foreign, or cannot be written.
#include <random>

#include "tests/bad_input/cli_fixture.h"
#include "tests/support/onnx_builder.h"

namespace evenshift::bad_input {
namespace {

using CliFiles = BadInput;

TEST_F(CliFiles, ThatAreMissing) {
  const std::string none = path("none"), out = path("net.evs");
  expect_fault({"compile", none + ".onnx", "--calibrate", model().calibration(), "-o", out}, HasSubstr("none.onnx"));
  expect_fault({"compile", model().onnx(), "--calibrate", none, "-o", out, "-q"}, HasSubstr(none));
  expect_fault({"run", none + ".evs", model().image()}, HasSubstr("none.evs"));
  expect_fault({"run", network(), none + ".png"}, HasSubstr("none.png"));
  expect_fault({"verify", network(), none + ".png", "-q"}, HasSubstr("none.png"));
  expect_fault({"evaluate", network(), "--data", none}, HasSubstr(none));
  expect_fault(
      {"evaluate", network(), "--data", model().evaluation(), "--limit", "1", "--against", none + ".onnx", "-q"},
      HasSubstr("none.onnx"));
  expect_fault({"simulate", none + ".evs"}, HasSubstr("none.evs"));
  expect_fault({"inspect", none + ".evs"}, HasSubstr("none.evs"));
  expect_fault({"export", none + ".evs", "--raw", path("x")}, HasSubstr("none.evs"));
  std::filesystem::copy_file(model().onnx(), path("alone.onnx"));
  expect_fault({"compile", path("alone.onnx"), "--calibrate", model().calibration(), "-o", out},
               HasSubstr("alone.yaml"));
}

TEST_F(CliFiles, ThatAreFolders) {
  for (const char* name : {"dir.onnx", "dir.evs", "dir.png", "dir.yaml"}) std::filesystem::create_directory(path(name));
  expect_fault({"compile", path("dir.onnx"), "--calibrate", model().calibration(), "-o", path("o.evs")},
               HasSubstr("dir.onnx"));
  expect_fault({"run", path("dir.evs"), model().image()}, HasSubstr("dir.evs"));
  expect_fault({"run", network(), path("dir.png")}, HasSubstr("dir.png"));
  expect_fault({"inspect", path("dir.yaml")}, HasSubstr("dir.yaml"));
  expect_fault(compile_to(path("dir.evs")), HasSubstr("dir.evs"));
}

TEST_F(CliFiles, ThatCannotBeWritten) {
  const std::string under_a_file = folder_.write("file", std::string_view("x")).string() + "/net.evs";
  expect_fault(compile_to(under_a_file), HasSubstr("file"));
  expect_fault(compile_to(path("no/such/folder/net.evs")), HasSubstr("no/such/folder"));
  expect_fault(compile_to("/proc/net.evs"), HasSubstr("/proc"));
  expect_fault(compile_to(path("net.evs"), {"--json", path("no/folder.json")}), HasSubstr("no/folder.json"));
  expect_fault({"run", network(), model().image(), "-q", "--output", under_a_file}, HasSubstr("file"));
  expect_fault({"run", network(), model().image(), "-q", "--output", "/proc/out.npy"}, HasSubstr("/proc"));
  expect_fault({"simulate", network(), "-q", "--json", "/proc/out.json"}, HasSubstr("/proc"));
  for (const char* flag : {"--raw", "--c-array", "--readmemh", "--memory-map", "--command-header"})
    expect_fault({"export", network(), flag, "/proc/out"}, HasSubstr("/proc"));
  expect_fault({"export", network(), "--golden", path("file") + "/golden", "--input", model().image()},
               HasSubstr("golden"));
  expect_fault({"sweep", EVENSHIFT_SOURCE_DIR "/configs/sweep/shifter_width.yaml", "-o", path("file") + "/out"},
               HasSubstr("out"));
}

TEST_F(CliFiles, ThatAreForeign) {
  const std::vector<std::pair<std::string, std::string>> foreign = {{"empty", ""},
                                                                    {"text", "Evenshift\n"},
                                                                    {"picture", contents(model().image())},
                                                                    {"model", contents(model().onnx())},
                                                                    {"zeros", std::string(4096, '\0')}};
  for (const auto& [name, bytes] : foreign) {
    const std::string image = folder_.write(name + ".evs", std::string_view(bytes)).string();
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"inspect", image}, {"run", image, model().image()}, {"export", image, "--raw", path("raw")}})
      expect_fault(arguments, HasSubstr(name + ".evs"));
    if (name == "picture") continue;
    const std::string picture = folder_.write(name + ".png", std::string_view(bytes)).string();
    expect_fault({"run", network(), picture, "-q"}, HasSubstr(name + ".png"));
    if (name == "model") continue;
    const std::string onnx = folder_.write(name + ".onnx", std::string_view(bytes)).string();
    std::filesystem::copy_file(std::filesystem::path(model().onnx()).replace_extension(".yaml"), path(name + ".yaml"));
    expect_fault({"compile", onnx, "--calibrate", model().calibration(), "-o", path("o.evs")},
                 HasSubstr(name + ".onnx"));
    expect_fault({"inspect", onnx}, HasSubstr(name + ".onnx"));
  }
}

TEST_F(CliFiles, ImagesThatAreCutShort) {
  const std::string bytes = contents(network());
  std::vector<std::size_t> lengths = {0, 1, 3, 4, 5, 8, 12, 15, 16, 17, 31, 32, 63, 64, 65, 128, 200, 255, 256};
  for (std::size_t i = 1; i < 24; ++i) lengths.push_back(bytes.size() * i / 24);
  for (std::size_t cut = 1; cut <= 3; ++cut) lengths.push_back(bytes.size() - cut);
  for (const std::size_t length : lengths) {
    const std::string file = folder_.write("cut.evs", std::string_view(bytes).substr(0, length)).string();
    expect_fault({"inspect", file}, HasSubstr("cut.evs"));
    if (HasFailure()) FAIL() << "cut to " << length << " bytes";
  }
  expect_fault({"inspect", folder_.write("cut.evs", std::string_view(bytes + "x")).string()}, HasSubstr("cut.evs"));
}

/// Every section and the header: a byte changed anywhere is noticed.
TEST_F(CliFiles, ImagesWhoseSectionsAreDamaged) {
  const std::string bytes = contents(network());
  std::mt19937 random(7);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < 40; ++i) places.push_back(i * 8 + random() % 8);
  for (std::size_t i = 0; i < 40; ++i) places.push_back(random() % bytes.size());
  const std::string listing = succeed({"inspect", network()}).output;
  std::istringstream table(listing.substr(listing.find("DRAM address\n") + 13));
  std::size_t sections = 0;
  for (std::string name; table >> name;) {
    std::size_t offset = 0, size = 0;
    std::string checksum, address;
    if (!(table >> offset >> size >> checksum >> address)) break;
    ++sections;
    if (size > 0) places.insert(places.end(), {offset, offset + size / 2, offset + size - 1});
  }
  EXPECT_GE(sections, 6U);
  for (const std::size_t place : places) {
    std::string damaged = bytes;
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << random() % 8));
    const std::string file = folder_.write("damaged.evs", std::string_view(damaged)).string();
    const auto run = evenshift({"inspect", file, "--quiet"});
    // Bytes that only fill up between sections say nothing.
    if (run.status == 0) {
      EXPECT_EQ(bytes[place], '\0') << "byte " << place << " may be changed";
      continue;
    }
    expect_fault({"run", file, model().image(), "-q"}, HasSubstr("damaged.evs"));
    if (HasFailure()) FAIL() << "byte " << place;
  }
}

TEST_F(CliFiles, ModelsThatAreDamaged) {
  const std::string bytes = contents(model().onnx());
  std::filesystem::copy_file(std::filesystem::path(model().onnx()).replace_extension(".yaml"), path("m.yaml"));
  for (std::size_t i = 0; i < 16; ++i) {
    const std::string file = folder_.write("m.onnx", std::string_view(bytes).substr(0, bytes.size() * i / 16)).string();
    expect_fault({"compile", file, "--calibrate", model().calibration(), "-o", path("o.evs"), "-q"},
                 HasSubstr("m.onnx"));
    if (HasFailure()) FAIL() << i << " sixteenths";
  }
}

TEST_F(CliFiles, WeightsThatAreNoNumbers) {
  const std::string sidecar = "input_shape: [1, 1, 4, 4]\nfile: {type: npy}\n";
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    test::OnnxBuilder builder;
    auto weights = test::pattern(9, 1);
    weights[4] = bad;
    builder.input("x", {1, 1, 4, 4}).weights("w", {1, 1, 3, 3}, weights).node("Conv", {"x", "w"}, {"y"}).output("y");
    const std::string file = builder.write(folder_.path() / "nan.onnx").string();
    expect_fault({"compile", file, "--calibrate", model().calibration(), "-o", path("o.evs"), "-q"},
                 AllOf(HasSubstr("nan.onnx"), HasSubstr("w")));
  }
}

TEST_F(CliFiles, LabelsThatAreWrong) {
  const std::string picture = std::filesystem::path(model().image()).filename().string();
  const auto data = [&](const std::string& labels) {
    folder_.write("data/labels.csv", std::string_view(labels));
    std::filesystem::copy_file(model().image(), path("data/" + picture),
                               std::filesystem::copy_options::overwrite_existing);
    return std::vector<std::string>{"evaluate", network(), "--data", path("data"), "-q"};
  };
  std::ifstream right(model().evaluation() + "/labels.csv");
  std::string header;
  std::getline(right, header);
  const std::string column = header.substr(header.find(',') + 1);
  succeed(data(header + "\n" + picture + ",3\n"));
  expect_fault(data("file,other\n" + picture + ",3\n"), HasSubstr(column));
  expect_fault(data(""), HasSubstr("labels.csv"));
  expect_fault(data(header + "\n"), HasSubstr("data"));
  expect_fault(data(header + "\n" + picture + "\n"), HasSubstr("labels.csv"));
  expect_fault(data(header + "\n" + picture + ",three\n"), HasSubstr("three"));
  expect_fault(data(header + "\n" + picture + ",3,4\n"), HasSubstr("labels.csv"));
  expect_fault(data(header + "\n\"" + picture + ",3\n"), HasSubstr("labels.csv"));
  expect_fault(data(header + "\nnone.png,3\n"), HasSubstr("none.png"));
  expect_fault(data(header + "\n" + picture + ",10\n"), HasSubstr("label 10"));
  expect_fault(data(header + "\n" + picture + ",-1\n"), HasSubstr("-1"));
  expect_fault(data(header + "\n" + picture + ",99999999999999999999\n"), HasSubstr("99999999999999999999"));
  std::filesystem::remove(path("data/labels.csv"));
  expect_fault({"evaluate", network(), "--data", path("data"), "-q"}, HasSubstr("labels.csv"));
}

TEST_F(CliFiles, PicturesThatAreDamaged) {
  const std::string bytes = contents(model().image());
  for (std::size_t i = 0; i < 12; ++i) {
    const std::string file =
        folder_.write("cut.png", std::string_view(bytes).substr(0, bytes.size() * i / 12)).string();
    expect_fault({"run", network(), file, "-q", "--output", path("o.npy")}, HasSubstr("cut.png"));
    expect_fault({"export", network(), "--golden", path("goldens"), "--input", file}, HasSubstr("cut.png"));
    if (HasFailure()) FAIL() << i << " twelfths";
  }
  std::mt19937 random(3);
  for (int trial = 0; trial < 30; ++trial) {
    std::string damaged = bytes;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto run = evenshift({"run", network(), folder_.write("d.png", std::string_view(damaged)).string(), "-q"});
    EXPECT_TRUE(run.status == 0 || run.status == kUserFault) << "trial " << trial << ": " << run.status << run.errors;
    EXPECT_THAT(run.errors, testing::Not(HasSubstr("internal error"))) << "trial " << trial;
  }
  for (const std::string& npy :
       {std::string("\x93NUMPY"), std::string("\x93NUMPY\x01\x00\x10\x00{'descr': '<f4'}\n", 26)})
    expect_fault({"run", network(), folder_.write("x.npy", std::string_view(npy)).string(), "-q"}, HasSubstr("x.npy"));
}

}  // namespace
}  // namespace evenshift::bad_input
