#include "cli/sweep_results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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
      "scale_bytes",    "lowered_channels", "total_cycles", "utilization", "requantizers_ge",
      "conv_core_ge"};
  return columns;
}

SweepResults::SweepResults(const std::filesystem::path& folder) : lock_(folder), file_(folder / "results.csv") {
  if (!std::filesystem::exists(file_)) return;
  const host::CsvTable table = host::read_csv(file_);
  if (table.header.size() < kSweepKeyColumns || table.header.size() > sweep_columns().size() ||
      !std::equal(table.header.begin(), table.header.end(), sweep_columns().begin()))
    fail("{}: its columns are not those of this program; give another folder", file_.string());
  for (const auto& record : table.rows) {
    SweepRow row;
    for (const std::string& column : sweep_columns()) row[column];
    for (std::size_t c = 0; c < record.fields.size(); ++c) row[sweep_columns()[c]] = record.fields[c];
    rows_.push_back(std::move(row));
  }
}

const SweepRow* SweepResults::find(const SweepRow& key) const {
  const auto found = std::ranges::find_if(rows_, [&](const SweepRow& row) {
    return std::all_of(sweep_columns().begin(), sweep_columns().begin() + kSweepKeyColumns,
                       [&](const std::string& column) { return row.at(column) == key.at(column); });
  });
  return found == rows_.end() ? nullptr : &*found;
}

void SweepResults::put(const SweepRow& row) {
  if (const SweepRow* old = find(row)) {
    if (*old == row) return;
    rows_[static_cast<std::size_t>(old - rows_.data())] = row;
  } else {
    rows_.push_back(row);
  }
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
