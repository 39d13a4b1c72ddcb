#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evenshift {

/// A file that a reader sees either as it was or whole: written to a temporary in the same folder, flushed, then
/// renamed. A device or pipe is written in place, since there is nothing to rename over it. Every member throws Error
/// naming the path and the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  /// Leaves neither a temporary nor, unless it was committed, anything else behind.
  ~AtomicFile();

  void write(std::span<const std::uint8_t> bytes);
  void write(std::string_view text);
  /// The file takes its place. Nothing is written behind this.
  void commit();

 private:
  std::filesystem::path path_;
  std::string temporary_;  ///< empty: the file is written in place, or was renamed
  int descriptor_ = -1;
};

/// Removes the temporaries of all files that are being written. For handlers of signals: calls nothing but unlink.
void remove_temporaries() noexcept;

/// AtomicFile in one step.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// The whole of a file. Throws Error naming the path and the system's reason.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path);
std::string read_text_file(const std::filesystem::path& path);

}  // namespace evenshift
