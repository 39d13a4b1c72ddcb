#include "sim/systemc/machine.h"

#include <fmt/format.h>

#include <mutex>
#include <string>

#include "arch/base/error.h"
#include "sim/systemc/compute_unit.h"
#include "sim/systemc/dma_unit.h"
#include "sim/systemc/dram.h"
#include "sim/systemc/fetch.h"
#include "sim/systemc/run.h"
#include "sim/systemc/scratchpad.h"
#include "sim/systemc/token_board.h"

/// The SystemC library wants one; programs of this project have a main of their own and never call it.
extern "C" int sc_main(int, char**) { return 1; }

namespace evenshift::sim::systemc {
namespace {

/// The whole machine. SystemC elaborates once in a process, so there is one, and it runs every job.
class Machine : public sc_core::sc_module {
 public:
  explicit Machine(sc_core::sc_module_name name)
      : sc_module(name),
        dram_("dram", run_),
        scratchpad_("scratchpad", run_),
        load_("load", run_, tokens_, scratchpad_),
        compute_("compute", run_, tokens_, scratchpad_),
        store_("store", run_, tokens_, scratchpad_, dram_),
        fetch_("fetch", run_, {&load_, &compute_, &store_}) {
    load_.socket.bind(dram_.load_socket);
    store_.socket.bind(dram_.store_socket);
  }

  std::vector<std::uint8_t> run(const Job& job, std::vector<std::uint8_t> dram, RunStatistics& statistics) {
    run_.begin(job, statistics);
    tokens_.reset();
    scratchpad_.reset();
    dram_.reset(std::move(dram));
    for (CommandUnit* unit : units()) unit->reset();
    fetch_.reset();
    sc_core::sc_start();  // until nothing is left to happen
    if (run_.failure()) std::rethrow_exception(run_.failure());
    check_all_commands_ended();
    check_no_token_left();
    run_.summarize();
    fetch_.summarize();
    for (CommandUnit* unit : units()) unit->summarize();
    for (DmaStatistics* dma : {&statistics.load, &statistics.store})
      dma->dram_wait_cycles = dma->time.busy_cycles - dma->setup_cycles - dma->transfer_cycles - dma->conflict_cycles;
    auto result = dram_.take_bytes();
    run_.end();
    return result;
  }

 private:
  std::array<CommandUnit*, 3> units() { return {&load_, &compute_, &store_}; }

  void check_all_commands_ended() {
    bool finished = fetch_.finished();
    for (CommandUnit* unit : units()) finished = finished && unit->finished();
    if (finished) return;
    const std::string states =
        fmt::format("{}; {}; {}; {}", load_.state(), compute_.state(), store_.state(), fetch_.state());
    const std::int64_t cycle = run_.now();
    run_.end();
    fail("the command stream deadlocks at cycle {}: {}", cycle, states);
  }

  void check_no_token_left() {
    for (const isa::Unit to : {isa::Unit::load, isa::Unit::compute, isa::Unit::store})
      for (int i = 0; i < 2; ++i) {
        const isa::Unit from = isa::other_unit(to, i);
        if (const std::int64_t count = tokens_.count(from, to); count != 0) {
          run_.end();
          fail("the command stream ends with {} token{} from {} to {} that no command waits for", count,
               count == 1 ? "" : "s", name_of(from), name_of(to));
        }
      }
  }

  Run run_;
  TokenBoard tokens_;
  Dram dram_;
  Scratchpad scratchpad_;
  LoadUnit load_;
  ComputeUnit compute_;
  StoreUnit store_;
  Fetch fetch_;
};

Machine& the_machine() {
  // Never destroyed: the kernel may be gone before it at the end of the process.
  static Machine& machine = []() -> Machine& {
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);
    sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW);
    sc_core::sc_report_handler::set_actions(sc_core::SC_FATAL, sc_core::SC_THROW);
    return *new Machine("machine");
  }();
  return machine;
}

}  // namespace

std::vector<std::uint8_t> run_machine(const Job& job, std::vector<std::uint8_t> dram, RunStatistics& statistics) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  try {
    return the_machine().run(job, std::move(dram), statistics);
  } catch (const sc_core::sc_report& report) {
    throw InternalError(fmt::format("SystemC: {}", report.what()));
  }
}

}  // namespace evenshift::sim::systemc
