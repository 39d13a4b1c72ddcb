#include "rtl/cosim/rtl_conv_core.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "arch/base/check.h"
#include "rtl/cosim/instances.h"

namespace evenshift::rtl {
namespace {

std::string built_sizes() {
  std::string text;
  for (const std::int64_t size : kBuiltSizes) text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", size, size);
  return text;
}

class RtlConvCore : public datapath::ConvCore {
 public:
  explicit RtlConvCore(std::shared_ptr<VcdRecording> recording) : recording_(std::move(recording)) {}

  void configure(const NpuConfig& config) override {
    const auto& core = config.conv_core;
    auto clocked = make_core(core.mac_rows, core.mac_cols, recording_ != nullptr);
    if (!clocked)
      fail("conv_core.mac_rows x mac_cols: the RTL is not built as {} x {}, only as {}", core.mac_rows, core.mac_cols,
           built_sizes());
    if (core.accumulator_entries > kBuiltAccumulatorEntries)
      fail("conv_core.accumulator_entries: {} is more than the {} that the RTL is built with", core.accumulator_entries,
           kBuiltAccumulatorEntries);
    config_ = config;
    clocked_ = std::move(clocked);
    clocked_->reset(config_);
    kept_ = 0;
    command_ = 0;
    running_ = false;
  }

  datapath::ConvActivity execute(const isa::Conv& conv, std::span<std::uint8_t> scratchpad,
                                 const datapath::AccumulatorObserver& observer) override {
    check(clocked_ != nullptr, "a conv command before the configuration");
    const std::int64_t accumulators = conv.output_height * conv.output_width * conv.output_channels;
    if (conv.continues != 0) check_equal(kept_, accumulators, "accumulators of a conv that continues");
    if (running_) clocked_->reset(config_);  // an exception ended the command before
    running_ = true;
    clocked_->record(recording_ && recording_->wants(command_) ? recording_.get() : nullptr);
    ++command_;
    const auto activity = clocked_->run(conv, scratchpad, observer);
    running_ = false;
    kept_ = accumulators;
    return activity;
  }

 private:
  NpuConfig config_;
  std::shared_ptr<VcdRecording> recording_;
  std::unique_ptr<ClockedCore> clocked_;
  std::int64_t kept_ = 0;     ///< accumulators of the last command
  std::int64_t command_ = 0;  ///< of the run
  bool running_ = false;
};

}  // namespace

std::unique_ptr<datapath::ConvCore> make_rtl_conv_core(std::shared_ptr<VcdRecording> recording) {
  return std::make_unique<RtlConvCore>(std::move(recording));
}

}  // namespace evenshift::rtl
