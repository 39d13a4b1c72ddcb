#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "compiler/reconstruct/block_training.h"

namespace evenshift::compiler {

/// Trained blocks in a folder, a file each, so that a training that was stopped goes on where it was.
class KeptBlocks {
 public:
  /// `key` names everything that the blocks depend on: files of another key count as missing. Without a folder nothing
  /// is kept.
  KeptBlocks(std::filesystem::path folder, std::uint64_t key) : folder_(std::move(folder)), key_(key) {}

  /// Nothing where the file is missing, damaged, or of another training.
  [[nodiscard]] std::optional<TrainedBlock> load(std::size_t block) const;
  /// Throws Error where the folder or the file cannot be written.
  void store(std::size_t block, const TrainedBlock& trained) const;

 private:
  [[nodiscard]] std::filesystem::path file(std::size_t block) const;

  std::filesystem::path folder_;
  std::uint64_t key_;
};

}  // namespace evenshift::compiler
