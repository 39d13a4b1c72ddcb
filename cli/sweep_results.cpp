#include "cli/sweep_results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "arch/base/atomic_file.h"
#include "arch/base/error.h"
#include "host/csv.h"

namespace evenshift::cli {
namespace {

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\n") == std::string::npos) return field;
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

}  // namespace

const std::vector<std::string>& sweep_columns() {
  static const std::vector<std::string> columns = {
      "model",          "requant_scale",    "shift_bits",   "weight_bits", "activation_bits",
      "equalize",       "images",           "top1",         "top5",        "agreement",
      "output_sqnr_db", "float_top1",       "float_top5",   "image_bytes", "weight_bytes",
      "scale_bytes",    "lowered_channels", "total_cycles", "utilization"};
  return columns;
}

SweepResults::SweepResults(const std::filesystem::path& folder) : file_(folder / "results.csv") {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail("cannot make the folder '{}': {}", folder.string(), error.message());
  if (::access(folder.c_str(), W_OK) != 0)
    fail("cannot write into the folder '{}': it is not writable", folder.string());
  if (!std::filesystem::exists(file_)) return;
  const host::CsvTable table = host::read_csv(file_);
  if (table.header != sweep_columns())
    fail("{}: its columns are not those of this program; give another folder", file_.string());
  for (const auto& record : table.rows) {
    SweepRow row;
    for (std::size_t c = 0; c < record.fields.size(); ++c) row[sweep_columns()[c]] = record.fields[c];
    rows_.push_back(std::move(row));
  }
}

bool SweepResults::has(const SweepRow& key) const {
  return std::ranges::any_of(rows_, [&](const SweepRow& row) {
    return std::all_of(sweep_columns().begin(), sweep_columns().begin() + kSweepKeyColumns,
                       [&](const std::string& column) { return row.at(column) == key.at(column); });
  });
}

void SweepResults::append(const SweepRow& row) {
  rows_.push_back(row);
  std::string text = fmt::format("{}\n", fmt::join(sweep_columns(), ","));
  for (const SweepRow& written : rows_) {
    std::string line;
    for (const std::string& column : sweep_columns()) {
      const auto found = written.find(column);
      line += (line.empty() && column == sweep_columns().front() ? "" : ",") +
              (found == written.end() ? "" : quoted(found->second));
    }
    text += line + "\n";
  }
  write_file_atomically(file_, text);
}

}  // namespace evenshift::cli
