#pragma once

#include <cstring>
#include <optional>

#include "arch/base/check.h"
#include "arch/datapath/golden_conv_core.h"
#include "arch/datapath/vector_unit.h"
#include "sim/executor.h"

namespace evenshift::support {

/// The definition of running an image: every command in stream order, conv by GoldenConvCore, the vector unit by
/// execute_vector, memories zero at the start of a run. What the suites compare other executors with.
class GoldenExecutor : public sim::Executor {
 public:
  [[nodiscard]] std::string name() const override { return "golden"; }
  void load(const image::Image& image) override { image_ = &image; }

  std::vector<sim::TensorCodes> run(std::span<const sim::TensorCodes> inputs,
                                    const sim::Observer& observer = {}) override {
    core_.configure(image_->config);
    dram_ = sim::initial_dram(*image_);
    scratchpad_.assign(static_cast<std::size_t>(image_->config.scratchpad.size_bytes), 0);
    const auto input_tensors = image_->tensors_with(image::TensorRole::input);
    check_equal(inputs.size(), input_tensors.size(), "input tensors");
    for (std::size_t i = 0; i < inputs.size(); ++i) sim::write_tensor(tensor(input_tensors[i]), inputs[i], dram_);
    const auto last_stores = sim::last_store_of_layers(*image_);
    for (std::size_t i = 0; i < image_->commands.size(); ++i) {
      const isa::Command& command = image_->commands[i];
      execute(command.operation, static_cast<std::int64_t>(i), observer);
      if (observer.layer_done && last_stores[static_cast<std::size_t>(command.layer)] == static_cast<std::int64_t>(i))
        observer.layer_done(command.layer, dram_);
    }
    std::vector<sim::TensorCodes> outputs;
    for (const auto index : image_->tensors_with(image::TensorRole::output))
      outputs.push_back(sim::read_tensor(tensor(index), dram_));
    return outputs;
  }

 private:
  [[nodiscard]] const image::Tensor& tensor(std::int64_t index) const {
    return image_->tensors[static_cast<std::size_t>(index)];
  }

  void execute(const isa::Operation& operation, std::int64_t index, const sim::Observer& observer) {
    if (const auto* load = std::get_if<isa::Load>(&operation)) {
      for (std::int64_t row = 0; row < load->rows; ++row)
        std::memmove(scratchpad_.data() + load->scratchpad_address + row * load->scratchpad_stride,
                     dram_.data() + load->dram_address + row * load->dram_stride,
                     static_cast<std::size_t>(load->row_bytes));
    } else if (const auto* store = std::get_if<isa::Store>(&operation)) {
      for (std::int64_t row = 0; row < store->rows; ++row)
        std::memmove(dram_.data() + store->dram_address + row * store->dram_stride,
                     scratchpad_.data() + store->scratchpad_address + row * store->scratchpad_stride,
                     static_cast<std::size_t>(store->row_bytes));
    } else if (const auto* conv = std::get_if<isa::Conv>(&operation)) {
      datapath::AccumulatorObserver accumulators;
      if (observer.accumulator)
        accumulators = [&](std::int64_t y, std::int64_t x, std::int64_t c, std::int32_t acc) {
          observer.accumulator(index, y, x, c, acc);
        };
      core_.execute(*conv, scratchpad_, accumulators);
    } else {
      datapath::execute_vector(operation, image_->config, scratchpad_);
    }
  }

  const image::Image* image_ = nullptr;
  datapath::GoldenConvCore core_;
  std::vector<std::uint8_t> dram_, scratchpad_;
};

}  // namespace evenshift::support
