#include "arch/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "arch/base/error.h"

namespace evenshift {
namespace {

/// Removes the temporary unless it was renamed.
struct Temporary {
  std::string path;
  int descriptor = -1;
  bool renamed = false;

  ~Temporary() {
    if (descriptor >= 0) ::close(descriptor);
    if (!renamed) ::unlink(path.c_str());
  }
};

[[noreturn]] void cannot(const char* verb, const std::filesystem::path& path, int reason) {
  fail("cannot {} '{}': {}", verb, path.string(), std::strerror(reason));
}

/// A device or pipe is written in place: there is nothing to rename over it.
bool is_special(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return std::filesystem::is_character_file(status) || std::filesystem::is_fifo(status);
}

void write_all(int descriptor, std::span<const std::uint8_t> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) cannot("write", path, written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  if (is_special(path)) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) cannot("write", path, errno);
    Temporary open_file{{}, descriptor, true};
    write_all(descriptor, bytes, path);
    return;
  }
  if (std::filesystem::is_directory(path)) cannot("write", path, EISDIR);
  std::string name = path.string() + ".XXXXXX";
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0) cannot("write", path, errno);
  Temporary temporary{name, descriptor, false};
  write_all(descriptor, bytes, path);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(descriptor, 0666 & ~mask) != 0 || ::fsync(descriptor) != 0) cannot("write", path, errno);
  if (::rename(name.c_str(), path.c_str()) != 0) cannot("write", path, errno);
  temporary.renamed = true;
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) cannot("read", path, errno);
  Temporary open_file{{}, descriptor, true};
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) cannot("read", path, errno);
  if (S_ISDIR(status.st_mode)) cannot("read", path, EISDIR);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) bytes.resize(bytes.size() + 4096);
    const ssize_t got = ::read(descriptor, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) cannot("read", path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

std::string read_text_file(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace evenshift
