#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace evenshift::host {

/// Labelled or unlabelled inputs of one folder, in the order of labels.csv or sorted by name.
class Dataset {
 public:
  static constexpr std::int64_t kNoLabel = -1;

  struct Item {
    std::filesystem::path path;     ///< folder / file
    std::int64_t label = kNoLabel;  ///< as in labels.csv, without the sidecar's offset
    bool operator==(const Item&) const = default;
  };

  using value_type = Item;
  using const_iterator = std::vector<Item>::const_iterator;

  Dataset() = default;
  Dataset(std::filesystem::path folder, std::vector<Item> items)
      : folder_(std::move(folder)), items_(std::move(items)) {}

  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const Item& operator[](std::size_t index) const { return items_[index]; }
  [[nodiscard]] const_iterator begin() const { return items_.begin(); }
  [[nodiscard]] const_iterator end() const { return items_.end(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  /// At most `count` items from item `first` on; fewer, or none, where the items end.
  [[nodiscard]] Dataset slice(std::size_t first, std::size_t count) const;

 private:
  std::filesystem::path folder_;
  std::vector<Item> items_;
};

/// Reads `folder`/labels.csv: a header with `file` and `label_column`, then one row an input. Lines may end in CR LF,
/// fields may be quoted as in RFC 4180, blank lines count for nothing, further columns are ignored. Throws Error with
/// file and line for a missing column (those found are listed), a label that is not an integer from 0 to 2^31 - 1, a
/// file that does not exist or whose name leaves the folder, and where no row is left.
Dataset read_dataset(const std::filesystem::path& folder, const std::string& label_column);

/// Inputs without labels, for calibration: the `file` column of labels.csv where there is one, or else every image,
/// .npy and .bin file of the folder and the folders in it, sorted by relative path. Throws Error as above, and where
/// nothing is found.
Dataset read_unlabelled(const std::filesystem::path& folder);

}  // namespace evenshift::host
