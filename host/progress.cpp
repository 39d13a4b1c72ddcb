#include "host/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "arch/base/error.h"

namespace evenshift::host {
namespace {

using Clock = ProgressOutput::Clock;

constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
constexpr auto kLineInterval = std::chrono::seconds(5);
constexpr int kBarColumns = 20;

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

/// m:ss, or h:mm:ss
std::string duration_text(double duration_seconds) {
  const auto total = static_cast<std::int64_t>(std::min(duration_seconds, 359999.0) + 0.5);
  const auto minutes = total / 60 % 60;
  if (total >= 3600) return fmt::format("{}:{:02}:{:02}", total / 3600, minutes, total % 60);
  return fmt::format("{}:{:02}", minutes, total % 60);
}

std::string bar(std::int64_t done, std::int64_t total) {
  const auto filled =
      total > 0 ? static_cast<std::size_t>(std::clamp<std::int64_t>(done, 0, total) * kBarColumns / total) : 0;
  return fmt::format("[{}{}] ", std::string(filled, '#'), std::string(kBarColumns - filled, '.'));
}

}  // namespace

ProgressOutput ProgressOutput::to_stderr(bool quiet) {
  ProgressOutput output;
  output.now = [] { return Clock::now(); };
  if (quiet) return output;
  output.write = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  };
  output.is_terminal = ::isatty(STDERR_FILENO) == 1;
  winsize size{};
  if (output.is_terminal && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    output.columns = size.ws_col;
  return output;
}

std::string progress_text(std::string_view label, std::int64_t done, std::int64_t total, double elapsed_seconds) {
  const double rate = elapsed_seconds > 0 ? static_cast<double>(done) / elapsed_seconds : 0.0;
  std::string text = fmt::format("{}  {}/{}  {}%", label, done, total, total > 0 ? done * 100 / total : 100);
  if (rate > 0) text += fmt::format("  {:.1f}/s", rate);
  if (done >= total)
    text += fmt::format("  in {}", duration_text(elapsed_seconds));
  else if (rate > 0)
    text += fmt::format("  left {}", duration_text(static_cast<double>(total - done) / rate));
  return text;
}

Progress::Progress(std::string label, std::int64_t total, bool quiet)
    : Progress(std::move(label), total, ProgressOutput::to_stderr(quiet)) {}

Progress::Progress(std::string label, std::int64_t total, ProgressOutput output)
    : label_(std::move(label)), total_(total), output_(std::move(output)), start_(output_.now()), last_shown_(start_) {}

Progress::~Progress() {
  const std::lock_guard lock(mutex_);
  end_line();
}

void Progress::add(std::int64_t count) {
  const std::lock_guard lock(mutex_);
  done_ += count;
  if (!output_.write || finished_) return;
  const auto now = output_.now();
  if (now - last_shown_ >= (output_.is_terminal ? Clock::duration(kRedrawInterval) : Clock::duration(kLineInterval)))
    show(now);
}

void Progress::note(std::string text) {
  const std::lock_guard lock(mutex_);
  note_ = std::move(text);
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  end_line();
}

std::int64_t Progress::done() const {
  const std::lock_guard lock(mutex_);
  return done_;
}

void Progress::show(Clock::time_point now) {
  std::string text = progress_text(label_, done_, total_, seconds(now - start_));
  if (!note_.empty()) text += "  " + note_;
  if (output_.is_terminal) {
    text = bar(done_, total_) + text;
    text.resize(std::min(text.size(), static_cast<std::size_t>(std::max(output_.columns - 1, 1))));
    output_.write("\r\x1b[K" + text);
  } else {
    output_.write(text + "\n");
  }
  last_shown_ = now;
  shown_ = true;
}

void Progress::end_line() {
  if (finished_) return;
  finished_ = true;
  if (!output_.write || (!output_.is_terminal && !shown_)) return;
  show(output_.now());
  if (output_.is_terminal) output_.write("\n");
}

}  // namespace evenshift::host
