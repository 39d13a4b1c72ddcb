#include "sim/systemc/systemc_executor.h"

#include "arch/base/check.h"
#include "arch/datapath/golden_conv_core.h"
#include "arch/isa/footprint.h"
#include "sim/systemc/machine.h"

namespace evenshift::sim {

SystemCExecutor::SystemCExecutor()
    : SystemCExecutor(std::make_unique<datapath::GoldenConvCore>(), std::make_unique<datapath::GoldenVectorUnit>(),
                      "systemc") {}

SystemCExecutor::SystemCExecutor(std::unique_ptr<datapath::ConvCore> conv_core,
                                 std::unique_ptr<datapath::VectorUnit> vector_unit, std::string name)
    : conv_core_(std::move(conv_core)), vector_unit_(std::move(vector_unit)), name_(std::move(name)) {}

void SystemCExecutor::load(const image::Image& image) {
  image_ = nullptr;
  for (const std::string& fault : npu_config_faults(image.config)) fail("machine {}: {}", image.config.name, fault);
  for (std::size_t i = 0; i < image.commands.size(); ++i) {
    const isa::Command& command = image.commands[i];
    check_at_most(command.layer + 1, static_cast<std::int64_t>(image.layers.size()), "layers that commands name");
    if (const auto fault = isa::command_fault(command.operation, image.config, image.dram_bytes))
      fail("command {} ({}) cannot run: {}", i, isa::name_of(command.operation), *fault);
  }
  conv_core_->configure(image.config);
  vector_unit_->configure(image.config);
  image_ = &image;
}

std::vector<TensorCodes> SystemCExecutor::run(std::span<const TensorCodes> inputs, const Observer& observer) {
  check(image_ != nullptr, "SystemCExecutor::run before load");
  const auto input_tensors = image_->tensors_with(image::TensorRole::input);
  check_equal(inputs.size(), input_tensors.size(), "inputs of a run");
  std::vector<std::uint8_t> dram = initial_dram(*image_);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    write_tensor(image_->tensors[static_cast<std::size_t>(input_tensors[i])], inputs[i], dram);

  dram = systemc::run_machine({.image = *image_,
                               .conv_core = *conv_core_,
                               .vector_unit = *vector_unit_,
                               .observer = observer,
                               .record_intervals = record_intervals_},
                              std::move(dram), statistics_);

  std::vector<TensorCodes> outputs;
  for (const std::int64_t index : image_->tensors_with(image::TensorRole::output))
    outputs.push_back(read_tensor(image_->tensors[static_cast<std::size_t>(index)], dram));
  return outputs;
}

}  // namespace evenshift::sim
