#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evenshift {

/// Writes `bytes` to `path` so that a reader sees either the old file or the whole new one: a temporary in the same
/// folder, flushed, then renamed. Throws Error naming the path and the system's reason; leaves no temporary behind.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// The whole of a file. Throws Error naming the path and the system's reason.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path);
std::string read_text_file(const std::filesystem::path& path);

}  // namespace evenshift
