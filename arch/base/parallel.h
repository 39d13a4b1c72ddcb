#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "arch/base/error.h"

namespace evenshift {

/// Thrown by the loops below once their flag was set before the last index was begun.
class Cancelled : public Error {
 public:
  Cancelled() : Error("cancelled") {}
};

/// Set from any thread or a signal handler to end a loop early.
class CancelFlag {
 public:
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> cancelled_ = false;
};

/// `threads`, or the number of the machine's threads where it is 0 or less; at least 1, at most `count`.
inline int thread_count(int threads, std::size_t count) {
  const auto wanted =
      static_cast<std::size_t>(threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency()));
  return static_cast<int>(std::max<std::size_t>(1, std::min(wanted, count)));
}

namespace parallel_detail {

/// Hands out indices in ascending order and keeps the exception of the lowest one. As every index below a failed one
/// was handed out before it, that exception does not depend on the number of threads.
class Indices {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  Indices(std::size_t count, const CancelFlag* flag) : count_(count), flag_(flag) {}

  /// The next index, or kNone at the end, after a failure or after cancellation.
  std::size_t take() {
    const std::lock_guard lock(mutex_);
    if (next_ == count_ || failed_ != kNone) return kNone;
    if (flag_ && flag_->cancelled()) {
      cancelled_ = true;
      return kNone;
    }
    return next_++;
  }

  void done(std::size_t index) {
    {
      const std::lock_guard lock(mutex_);
      done_ = index + 1;
    }
    turn_.notify_all();
  }

  void failed(std::size_t index, std::exception_ptr exception) {
    {
      const std::lock_guard lock(mutex_);
      if (index < failed_) {
        failed_ = index;
        exception_ = std::move(exception);
      }
    }
    turn_.notify_all();
  }

  /// Waits until every index below `index` is done; false where one of them failed.
  bool wait_for_turn(std::size_t index) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return done_ == index || failed_ < index; });
    return failed_ > index;
  }

  void throw_if_ended_early() const {
    if (exception_) std::rethrow_exception(exception_);
    if (cancelled_) throw Cancelled();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  const std::size_t count_;
  const CancelFlag* flag_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;  ///< only counted by those that take turns
  std::size_t failed_ = kNone;
  std::exception_ptr exception_;
  bool cancelled_ = false;
};

template <typename Function>
void call(Function& function, std::size_t index, int worker) {
  if constexpr (std::invocable<Function&, std::size_t, int>)
    function(index, worker);
  else
    function(index);
}

/// Runs `work(worker)` in `threads` threads, one of which is the caller's.
template <typename Work>
void run_workers(int threads, Work& work) {
  std::vector<std::jthread> others;
  for (int worker = 1; worker < threads; ++worker) others.emplace_back([&work, worker] { work(worker); });
  work(0);
}

}  // namespace parallel_detail

/// Calls function(index) or function(index, worker) once for every index below `count`, begun in ascending order;
/// `worker`, from 0 to thread_count(threads, count) - 1, tells apart what a thread may keep for itself. `threads` <= 0
/// takes all of the machine's. A function that writes to nothing but its index's place gives the same result for any
/// number of threads. After an exception no further index begins, and once the running ones have ended the exception
/// of the lowest index is rethrown. Throws Cancelled after `flag` was set.
template <typename Function>
void parallel_for_ordered(std::size_t count, int threads, Function&& function, const CancelFlag* flag = nullptr) {
  parallel_detail::Indices indices(count, flag);
  auto work = [&](int worker) {
    for (std::size_t index; (index = indices.take()) != indices.kNone;) {
      try {
        parallel_detail::call(function, index, worker);
      } catch (...) {
        indices.failed(index, std::current_exception());
      }
    }
  };
  parallel_detail::run_workers(thread_count(threads, count), work);
  indices.throw_if_ended_early();
}

/// Calls consume(index, produce(index)) for every index below `count`: `produce` in parallel, as above with or without
/// `worker`, `consume` one at a time in ascending order, so that sums of floats come out the same for any number of
/// threads. At most one result a thread is held. An exception of either ends the loop as above; `consume` has then seen
/// exactly the indices below the one that failed.
template <typename Produce, typename Consume>
void parallel_reduce_ordered(std::size_t count, int threads, Produce&& produce, Consume&& consume,
                             const CancelFlag* flag = nullptr) {
  parallel_detail::Indices indices(count, flag);
  auto work = [&](int worker) {
    for (std::size_t index; (index = indices.take()) != indices.kNone;) {
      try {
        const auto consume_in_turn = [&](auto&& result) {
          if (!indices.wait_for_turn(index)) return;
          consume(index, std::forward<decltype(result)>(result));
          indices.done(index);
        };
        if constexpr (std::invocable<Produce&, std::size_t, int>)
          consume_in_turn(produce(index, worker));
        else
          consume_in_turn(produce(index));
      } catch (...) {
        indices.failed(index, std::current_exception());
      }
    }
  };
  parallel_detail::run_workers(thread_count(threads, count), work);
  indices.throw_if_ended_early();
}

}  // namespace evenshift
