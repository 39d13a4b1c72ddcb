#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace evenshift::host {

/// Where progress goes and what the time is; tests give their own.
struct ProgressOutput {
  using Clock = std::chrono::steady_clock;

  std::function<void(std::string_view)> write;  ///< null: silent
  std::function<Clock::time_point()> now;
  bool is_terminal = false;
  int columns = 80;  ///< of the terminal

  /// stderr; silent where `quiet`.
  static ProgressOutput to_stderr(bool quiet);
};

/// "calibrate  120/500  24%  31.5/s  left 0:12": count, rate and time left (h:mm:ss from an hour on).
std::string progress_text(std::string_view label, std::int64_t done, std::int64_t total, double elapsed_seconds);

/// Shows how far a long loop is: on a terminal one line with a bar, redrawn at most ten times a second; elsewhere a
/// line every 5 seconds, and nothing at all for what takes less. May be used from many threads.
class Progress {
 public:
  Progress(std::string label, std::int64_t total, bool quiet = false);
  Progress(std::string label, std::int64_t total, ProgressOutput output);
  ~Progress();  ///< as finish(), but leaves the count where it is
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `count` more are done.
  void add(std::int64_t count = 1);
  /// Words behind the line, such as "top-1 76.3 %".
  void note(std::string text);
  /// Shows the final count with a line end; later calls do nothing.
  void finish();

  [[nodiscard]] std::int64_t done() const;

 private:
  void show(ProgressOutput::Clock::time_point now);
  void end_line();

  mutable std::mutex mutex_;
  const std::string label_;
  const std::int64_t total_;
  const ProgressOutput output_;
  const ProgressOutput::Clock::time_point start_;
  ProgressOutput::Clock::time_point last_shown_;
  std::int64_t done_ = 0;
  std::string note_;
  bool shown_ = false;
  bool finished_ = false;
};

}  // namespace evenshift::host
