#include "host/progress.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace evenshift::host {
namespace {

using namespace std::chrono_literals;

/// Time and text under the test's control.
struct Screen {
  std::string text;
  ProgressOutput::Clock::time_point time{};

  ProgressOutput output(bool is_terminal, int columns = 80) {
    return {[this](std::string_view written) { text += written; }, [this] { return time; }, is_terminal, columns};
  }
};

TEST(ProgressText, CountRateAndTimeLeft) {
  EXPECT_EQ(progress_text("calibrate", 120, 500, 4.0), "calibrate  120/500  24%  30.0/s  left 0:13");
  EXPECT_EQ(progress_text("run", 1, 10, 100.0), "run  1/10  10%  0.0/s  left 15:00");
  EXPECT_EQ(progress_text("run", 1, 1001, 10.0), "run  1/1001  0%  0.1/s  left 2:46:40");
  EXPECT_EQ(progress_text("run", 10, 10, 5.0), "run  10/10  100%  2.0/s  in 0:05");
  EXPECT_EQ(progress_text("run", 0, 10, 0.0), "run  0/10  0%");
  EXPECT_EQ(progress_text("run", 0, 0, 0.0), "run  0/0  100%  in 0:00");
}

TEST(Progress, ALineEveryFiveSecondsWithoutTerminal) {
  Screen screen;
  Progress progress("run", 100, screen.output(false));
  screen.time += 4999ms;
  progress.add(10);
  EXPECT_EQ(screen.text, "");
  screen.time += 1ms;
  progress.add(10);
  EXPECT_EQ(screen.text, "run  20/100  20%  4.0/s  left 0:20\n");
  screen.time += 4s;
  progress.add(10);
  screen.time += 1s;
  progress.note("top-1 76.3 %");
  progress.add(70);
  progress.finish();
  EXPECT_EQ(screen.text,
            "run  20/100  20%  4.0/s  left 0:20\n"
            "run  100/100  100%  10.0/s  in 0:10  top-1 76.3 %\n"
            "run  100/100  100%  10.0/s  in 0:10  top-1 76.3 %\n");
}

TEST(Progress, SaysNothingAboutShortLoopsWithoutTerminal) {
  Screen screen;
  Progress progress("run", 2, screen.output(false));
  progress.add(2);
  progress.finish();
  EXPECT_EQ(screen.text, "");
}

TEST(Progress, RedrawsOneLineOnATerminal) {
  Screen screen;
  {
    Progress progress("run", 4, screen.output(true));
    progress.add();
    EXPECT_EQ(screen.text, "");
    screen.time += 100ms;
    progress.add();
    EXPECT_EQ(screen.text, "\r\x1b[K[##########..........] run  2/4  50%  20.0/s  left 0:00");
    screen.text.clear();
    screen.time += 99ms;
    progress.add();
    EXPECT_EQ(screen.text, "");
  }
  EXPECT_EQ(screen.text, "\r\x1b[K[###############.....] run  3/4  75%  15.1/s  left 0:00\n");
}

TEST(Progress, FitsTheTerminal) {
  Screen screen;
  Progress progress("run", 4, screen.output(true, 30));
  screen.time += 1s;
  progress.add();
  EXPECT_EQ(screen.text, "\r\x1b[K[#####...............] run  1");
}

TEST(Progress, EndsOnce) {
  Screen screen;
  Progress progress("run", 1, screen.output(true));
  progress.add();
  progress.finish();
  const std::string text = screen.text;
  progress.finish();
  screen.time += 1h;
  progress.add();
  EXPECT_EQ(screen.text, text);
  EXPECT_EQ(progress.done(), 2);
}

TEST(Progress, QuietWritesNothing) {
  const ProgressOutput output = ProgressOutput::to_stderr(true);
  EXPECT_FALSE(output.write);
  Progress progress("run", 1, true);
  progress.add();
  progress.finish();
  EXPECT_EQ(progress.done(), 1);
}

TEST(Progress, CountsFromManyThreads) {
  Screen screen;
  Progress progress("run", 4000, screen.output(true));
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) progress.add();
      });
  }
  EXPECT_EQ(progress.done(), 4000);
}

}  // namespace
}  // namespace evenshift::host
