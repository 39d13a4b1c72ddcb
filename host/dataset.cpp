#include "host/dataset.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>

#include "arch/base/error.h"
#include "host/csv.h"
#include "host/section_reader.h"

namespace evenshift::host {
namespace {

constexpr std::string_view kFileColumn = "file";
constexpr std::array<std::string_view, 9> kInputExtensions = {".jpg", ".jpeg", ".png", ".bmp", ".ppm",
                                                              ".pgm", ".pnm",  ".npy", ".bin"};

std::filesystem::path csv_path(const std::filesystem::path& folder) { return folder / "labels.csv"; }

void require_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored)) fail("the folder '{}' does not exist", folder.string());
  if (!std::filesystem::is_directory(folder, ignored)) fail("'{}' is not a folder", folder.string());
}

std::size_t column_index(const CsvTable& table, std::string_view column) {
  const auto found = std::ranges::find(table.header, column);
  if (found == table.header.end())
    fail("{}:{}: no column '{}'; columns found: {}", table.name, table.header_line, column,
         fmt::join(table.header, ", "));
  return static_cast<std::size_t>(found - table.header.begin());
}

/// Only by the letters of the name: a link inside the folder may lead anywhere.
bool leaves_folder(const std::filesystem::path& file) {
  const std::filesystem::path normal = file.lexically_normal();
  return file.is_absolute() || normal.empty() || *normal.begin() == "..";
}

std::filesystem::path input_path(const CsvTable& table, const CsvTable::Row& row, const std::filesystem::path& folder,
                                 const std::string& file) {
  if (file.empty()) fail("{}:{}: the file name is empty", table.name, row.line);
  if (leaves_folder(file))
    fail("{}:{}: '{}' leaves the folder; names are relative to '{}'", table.name, row.line, file, folder.string());
  const std::filesystem::path path = folder / file;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    fail("{}:{}: the file '{}' does not exist", table.name, row.line, path.string());
  return path;
}

std::int64_t label_of(const CsvTable& table, const CsvTable::Row& row, const std::string& field) {
  const auto label = parse_number<std::int64_t>(field);
  if (!label || *label < 0 || *label > std::numeric_limits<std::int32_t>::max())
    fail("{}:{}: '{}' is not a label: an integer from 0 on is accepted", table.name, row.line, field);
  return *label;
}

Dataset from_csv(const std::filesystem::path& folder, const std::optional<std::string>& label_column) {
  const CsvTable table = read_csv(csv_path(folder));
  const std::size_t file_column = column_index(table, kFileColumn);
  const std::size_t label_index = label_column ? column_index(table, *label_column) : file_column;
  std::vector<Dataset::Item> items;
  for (const CsvTable::Row& row : table.rows)
    items.push_back({input_path(table, row, folder, row.fields[file_column]),
                     label_column ? label_of(table, row, row.fields[label_index]) : Dataset::kNoLabel});
  if (items.empty()) fail("{}: no row follows the header", table.name);
  return {folder, std::move(items)};
}

bool is_input(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::find(kInputExtensions, extension) != kInputExtensions.end();
}

}  // namespace

Dataset Dataset::slice(std::size_t first, std::size_t count) const {
  const std::size_t begin = std::min(first, size());
  const std::size_t end = begin + std::min(count, size() - begin);
  return {folder_,
          {items_.begin() + static_cast<std::ptrdiff_t>(begin), items_.begin() + static_cast<std::ptrdiff_t>(end)}};
}

Dataset read_dataset(const std::filesystem::path& folder, const std::string& label_column) {
  require_folder(folder);
  std::error_code ignored;
  if (!std::filesystem::exists(csv_path(folder), ignored))
    fail("'{}' is missing: a table with the header '{},{}' and one row an input is needed", csv_path(folder).string(),
         kFileColumn, label_column);
  return from_csv(folder, label_column);
}

Dataset read_unlabelled(const std::filesystem::path& folder) {
  require_folder(folder);
  std::error_code error;
  if (std::filesystem::exists(csv_path(folder), error)) return from_csv(folder, std::nullopt);

  std::vector<std::string> names;
  for (auto entry = std::filesystem::recursive_directory_iterator(folder, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error))
    if (is_input(entry->path()) && entry->is_regular_file())
      names.push_back(entry->path().lexically_relative(folder).generic_string());
  if (error) fail("cannot read the folder '{}': {}", folder.string(), error.message());
  if (names.empty())
    fail("no inputs in '{}': neither labels.csv nor files that end in {}", folder.string(),
         fmt::join(kInputExtensions, ", "));
  std::ranges::sort(names);
  std::vector<Dataset::Item> items;
  for (const std::string& name : names) items.push_back({folder / name, Dataset::kNoLabel});
  return {folder, std::move(items)};
}

}  // namespace evenshift::host
