#include "arch/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "arch/base/error.h"

namespace evenshift {
namespace {

/// Closes it at the end.
struct Descriptor {
  int value;
  ~Descriptor() { ::close(value); }
};

[[noreturn]] void cannot(const char* verb, const std::filesystem::path& path, int reason) {
  fail("cannot {} '{}': {}", verb, path.string(), std::strerror(reason));
}

bool is_special(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return std::filesystem::is_character_file(status) || std::filesystem::is_fifo(status);
}

/// Names of the temporaries that exist, for remove_temporaries. A file that finds no place is not in it.
std::array<std::atomic<const char*>, 16> temporaries;

void remember(const char* name) {
  for (auto& place : temporaries) {
    const char* empty = nullptr;
    if (place.compare_exchange_strong(empty, name)) return;
  }
}

void forget(const char* name) {
  for (auto& place : temporaries) {
    const char* held = name;
    if (place.compare_exchange_strong(held, nullptr)) return;
  }
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  if (is_special(path_)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) cannot("write", path_, errno);
    return;
  }
  if (std::filesystem::is_directory(path_)) cannot("write", path_, EISDIR);
  temporary_ = path_.string() + ".XXXXXX";
  descriptor_ = ::mkstemp(temporary_.data());
  if (descriptor_ < 0) cannot("write", path_, errno);
  remember(temporary_.c_str());
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (temporary_.empty()) return;
  forget(temporary_.c_str());
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) cannot("write", path_, written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void AtomicFile::commit() {
  if (temporary_.empty()) return;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(descriptor_, 0666 & ~mask) != 0 || ::fsync(descriptor_) != 0) cannot("write", path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) cannot("write", path_, errno);
  forget(temporary_.c_str());
  temporary_.clear();
}

void remove_temporaries() noexcept {
  for (auto& place : temporaries)
    if (const char* name = place.exchange(nullptr)) ::unlink(name);
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) cannot("read", path, errno);
  const Descriptor open_file{descriptor};
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
