#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/folder_lock.h"

namespace evenshift::cli {

/// One finished point of a sweep: text by column name.
using SweepRow = std::map<std::string, std::string>;

/// Columns of results.csv, in order; the first `kSweepKeyColumns` tell points apart.
const std::vector<std::string>& sweep_columns();
inline constexpr std::size_t kSweepKeyColumns = 7;  ///< model … equalize, and the number of images

/// DIR/results.csv, which grows by a row whenever a point is finished and is read again when a sweep is resumed.
class SweepResults {
 public:
  /// Creates the folder, reads what is there; a file of an earlier version may lack the last columns, which are empty
  /// then. Throws Error for a folder that cannot be written or that another sweep writes, and for a file with other
  /// columns. The folder is this object's until it is gone, or its process is.
  explicit SweepResults(const std::filesystem::path& folder);

  /// The row with the same values in the key columns; null where there is none.
  [[nodiscard]] const SweepRow* find(const SweepRow& key) const;
  /// Adds a row, or changes the one with its key; the file on disk is either the old one or has the whole row.
  void put(const SweepRow& row);
  [[nodiscard]] const std::vector<SweepRow>& rows() const { return rows_; }

 private:
  FolderLock lock_;
  std::filesystem::path file_;
  std::vector<SweepRow> rows_;
};

}  // namespace evenshift::cli
