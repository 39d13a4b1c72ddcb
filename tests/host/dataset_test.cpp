#include "host/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arch/base/error.h"
#include "tests/host/temp_folder.h"

namespace evenshift::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class DatasetTest : public ::testing::Test {
 protected:
  DatasetTest() {
    for (const char* name : {"images/a.png", "images/b, c.JPG", "d \"e\".bin", "z.txt"}) folder_.write(name, "x");
  }

  void labels(std::string_view text) { folder_.write("labels.csv", text); }
  Dataset read(const std::string& column = "class") { return read_dataset(folder_.path(), column); }
  void refusal(std::string_view text, const std::string& message) {
    labels(text);
    EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr(message))) << text;
  }
  Dataset::Item item(const std::string& name, std::int64_t label) const { return {folder_.path() / name, label}; }

  TempFolder folder_;
};

TEST_F(DatasetTest, KeepsTheOrderOfTheFile) {
  labels("file,class\nz.txt,7\nimages/a.png,0\n");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.folder(), folder_.path());
  EXPECT_THAT(dataset, ElementsAre(item("z.txt", 7), item("images/a.png", 0)));
  EXPECT_EQ(dataset.size(), 2u);
  EXPECT_EQ(dataset[1], item("images/a.png", 0));
}

TEST_F(DatasetTest, QuotesBlankLinesCarriageReturnsAndOtherColumns) {
  labels(
      "\xEF\xBB\xBF\"class\", file ,other\r\n\r\n 3 , \"images/b, c.JPG\" ,\"1\r\n\n+4,\"d "
      "\"\"e\"\".bin\",\n5,./images/../z.txt,x");
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("labels.csv:3: a quote is not closed")));
  labels(
      "\xEF\xBB\xBF\"class\", file ,other\r\n\r\n 3 , \"images/b, c.JPG\" ,1\r\n\n+4,\"d "
      "\"\"e\"\".bin\",\n5,./images/../z.txt,x");
  EXPECT_THAT(read(), ElementsAre(item("images/b, c.JPG", 3), item("d \"e\".bin", 4), item("./images/../z.txt", 5)));
}

TEST_F(DatasetTest, ColumnFaults) {
  refusal("file,person,dog\nz.txt,1,2\n", "labels.csv:1: no column 'class'; columns found: file, person, dog");
  refusal("\nname,class\nz.txt,1\n", "labels.csv:2: no column 'file'; columns found: name, class");
  refusal("file,class,class\nz.txt,1,1\n", "labels.csv:1: the column 'class' is given twice");
  refusal("", "labels.csv: the file is empty");
  refusal("\n \r\n", "the file is empty");
  refusal("file,class\n", "no row follows the header");
}

TEST_F(DatasetTest, RowFaults) {
  refusal("file,class\nz.txt,1\nz.txt,one\n", "labels.csv:3: 'one' is not a label: an integer from 0 on is accepted");
  for (const char* label : {"-1", "1.0", "", "1x", "2147483648", "99999999999999999999"})
    refusal(std::string("file,class\nz.txt,") + label + "\n",
            std::string("labels.csv:2: '") + label + "' is not a label");
  refusal("file,class\nz.txt,1\n\nz.txt\n", "labels.csv:4: 1 field where the header has 2");
  refusal("file,class\nz.txt,1,2\n", "labels.csv:2: 3 fields where the header has 2");
  refusal("file,class\n\"z\".txt,1\n", "labels.csv:2: text follows a closing quote");
  refusal("file,class\nz.txt,1\nmissing.png,1\n", "missing.png' does not exist");
  refusal("file,class\nimages,1\n", "labels.csv:2: the file");
  refusal("file,class\n,1\n", "labels.csv:2: the file name is empty");
}

TEST_F(DatasetTest, NamesStayInTheFolder) {
  for (const char* name : {"../z.txt", "images/../../z.txt", "/etc/passwd", ".."})
    refusal(std::string("file,class\n") + name + ",1\n", std::string("labels.csv:2: '") + name + "' leaves the folder");
}

TEST_F(DatasetTest, FolderFaults) {
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("a table with the header 'file,class'")));
  EXPECT_THAT([&] { read_dataset(folder_.path() / "none", "class"); },
              ThrowsMessage<Error>(HasSubstr("does not exist")));
  EXPECT_THAT([&] { read_dataset(folder_.path() / "z.txt", "class"); },
              ThrowsMessage<Error>(HasSubstr("is not a folder")));
  EXPECT_THAT([&] { read_unlabelled(folder_.path() / "none"); }, ThrowsMessage<Error>(HasSubstr("does not exist")));
}

TEST_F(DatasetTest, UnlabelledIsSortedByName) {
  folder_.write("c.npy", "x");
  EXPECT_THAT(read_unlabelled(folder_.path()),
              ElementsAre(item("c.npy", Dataset::kNoLabel), item("d \"e\".bin", Dataset::kNoLabel),
                          item("images/a.png", Dataset::kNoLabel), item("images/b, c.JPG", Dataset::kNoLabel)));
}

TEST_F(DatasetTest, UnlabelledPrefersTheTable) {
  labels("file\nz.txt\nimages/a.png\n");
  EXPECT_THAT(read_unlabelled(folder_.path()),
              ElementsAre(item("z.txt", Dataset::kNoLabel), item("images/a.png", Dataset::kNoLabel)));
}

TEST_F(DatasetTest, UnlabelledSaysWhatItLooksFor) {
  const TempFolder empty;
  EXPECT_THAT([&] { read_unlabelled(empty.path()); },
              ThrowsMessage<Error>(HasSubstr("neither labels.csv nor files that end in .jpg, .jpeg, .png")));
}

TEST_F(DatasetTest, Slices) {
  labels("file,class\nz.txt,1\nz.txt,2\nz.txt,3\n");
  const Dataset dataset = read();
  EXPECT_THAT(dataset.slice(0, 2), ElementsAre(item("z.txt", 1), item("z.txt", 2)));
  EXPECT_THAT(dataset.slice(2, 100), ElementsAre(item("z.txt", 3)));
  EXPECT_TRUE(dataset.slice(3, 1).empty());
  EXPECT_TRUE(dataset.slice(100, SIZE_MAX).empty());
  EXPECT_EQ(dataset.slice(1, SIZE_MAX).size(), 2u);
}

}  // namespace
}  // namespace evenshift::host
