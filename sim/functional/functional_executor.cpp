#include "sim/functional/functional_executor.h"

#include <algorithm>
#include <cstring>

#include "arch/base/check.h"
#include "sim/functional/vector_runner.h"

namespace evenshift::sim {
namespace {

void copy_rows(std::uint8_t* to, std::int64_t to_stride, const std::uint8_t* from, std::int64_t from_stride,
               std::int64_t rows, std::int64_t row_bytes) {
  if (to_stride == row_bytes && from_stride == row_bytes) {
    row_bytes *= rows;
    rows = 1;
  }
  for (std::int64_t row = 0; row < rows; ++row)
    std::memcpy(to + row * to_stride, from + row * from_stride, static_cast<std::size_t>(row_bytes));
}

}  // namespace

FunctionalExecutor::FunctionalExecutor(std::shared_ptr<const Program> program)
    : instruction_set_(program->instruction_set), program_(std::move(program)) {
  prepare();
}

void FunctionalExecutor::load(const image::Image& image) {
  program_ = Program::build(image, instruction_set_);
  prepare();
}

void FunctionalExecutor::prepare() {
  conv_runner_ = std::make_unique<ConvRunner>(program_->image->config, *program_->kernels);
  restore_dram();
  scratchpad_.resize(static_cast<std::size_t>(program_->image->config.scratchpad.size_bytes + ConvRunner::kReadAhead));
}

void FunctionalExecutor::restore_dram() {
  dram_ = initial_dram(*program_->image);
  dram_.resize(dram_.size() + ConvRunner::kReadAhead);
}

std::vector<TensorCodes> FunctionalExecutor::run(std::span<const TensorCodes> inputs, const Observer& observer) {
  check(program_ != nullptr, "an executor that runs has loaded an image");
  const image::Image& image = *program_->image;
  if (program_->must_restore_dram) restore_dram();
  const std::span<std::uint8_t> dram = std::span(dram_).first(static_cast<std::size_t>(image.dram_bytes));
  if (program_->must_clear_scratchpad) std::ranges::fill(scratchpad_, std::uint8_t{0});
  const auto input_tensors = image.tensors_with(image::TensorRole::input);
  check_equal(inputs.size(), input_tensors.size(), "input tensors");
  for (std::size_t i = 0; i < inputs.size(); ++i)
    write_tensor(image.tensors[static_cast<std::size_t>(input_tensors[i])], inputs[i], dram);
  for (const Program::Step& step : program_->steps) {
    if (step.executes) execute(step, observer);
    if (step.ends_layer && observer.layer_done)
      observer.layer_done(image.commands[static_cast<std::size_t>(step.command)].layer, dram);
  }
  std::vector<TensorCodes> outputs;
  for (const auto index : image.tensors_with(image::TensorRole::output))
    outputs.push_back(read_tensor(image.tensors[static_cast<std::size_t>(index)], dram));
  return outputs;
}

void FunctionalExecutor::execute(const Program::Step& step, const Observer& observer) {
  const image::Image& image = *program_->image;
  const isa::Operation& operation = image.commands[static_cast<std::size_t>(step.command)].operation;
  const std::span<std::uint8_t> scratchpad =
      std::span(scratchpad_).first(static_cast<std::size_t>(image.config.scratchpad.size_bytes));
  if (const auto* load = std::get_if<isa::Load>(&operation)) {
    copy_rows(scratchpad_.data() + load->scratchpad_address, load->scratchpad_stride, dram_.data() + load->dram_address,
              load->dram_stride, load->rows, load->row_bytes);
  } else if (const auto* store = std::get_if<isa::Store>(&operation)) {
    copy_rows(dram_.data() + store->dram_address, store->dram_stride, scratchpad_.data() + store->scratchpad_address,
              store->scratchpad_stride, store->rows, store->row_bytes);
  } else if (const auto* conv = std::get_if<isa::Conv>(&operation)) {
    datapath::AccumulatorObserver accumulators;
    if (observer.accumulator)
      accumulators = [&](std::int64_t y, std::int64_t x, std::int64_t c, std::int32_t acc) {
        observer.accumulator(step.command, y, x, c, acc);
      };
    ConvRunner::Tiles tiles;
    tiles.input_memory = (step.input_in_dram ? dram_ : scratchpad_).data();
    tiles.input =
        step.input_in_dram.value_or(Placement{conv->input_address, conv->input_row_stride, conv->input_pixel_stride});
    tiles.output_memory = (step.output_in_dram ? dram_ : scratchpad_).data();
    tiles.output = step.output_in_dram.value_or(
        Placement{conv->output_address, conv->output_row_stride, conv->output_pixel_stride});
    if (step.packed)
      conv_runner_->run(*conv, *step.packed, step.keeps_accumulators, tiles, accumulators);
    else
      conv_runner_->run(*conv, pack_conv(*conv, image.config, *program_->kernels, scratchpad), step.keeps_accumulators,
                        tiles, accumulators);
  } else {
    run_vector(operation, image.config, *program_->kernels, scratchpad);
  }
}

}  // namespace evenshift::sim
