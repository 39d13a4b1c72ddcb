#pragma once

#include <filesystem>

namespace evenshift::cli {

/// A folder, made where it is not there, that belongs to this object until it is gone, or its process is: the advisory
/// lock flock(2) of the folder itself, which leaves no file behind.
class FolderLock {
 public:
  /// Throws Error for a folder that cannot be written, and for one that is locked already. A file system without locks
  /// is used without.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace evenshift::cli
