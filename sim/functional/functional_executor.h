#pragma once

#include <memory>

#include "sim/executor.h"
#include "sim/functional/conv_runner.h"
#include "sim/functional/program.h"

namespace evenshift::sim {

/// The untimed, fast executor: commands one after the other in stream order, tokens ignored, by the vector instructions
/// of the machine that it runs on. The bytes are those of datapath::GoldenConvCore and datapath::execute_vector
/// whatever the instruction set. One object for each thread; threads share a Program.
class FunctionalExecutor : public Executor {
 public:
  explicit FunctionalExecutor(InstructionSet set = default_instruction_set()) : instruction_set_(set) {}
  /// Ready to run, as after load().
  explicit FunctionalExecutor(std::shared_ptr<const Program> program);

  [[nodiscard]] std::string name() const override { return "functional"; }
  void load(const image::Image& image) override;
  std::vector<TensorCodes> run(std::span<const TensorCodes> inputs, const Observer& observer = {}) override;

  /// What load() made: for more executors of the same image.
  [[nodiscard]] const std::shared_ptr<const Program>& program() const { return program_; }

 private:
  void prepare();
  void restore_dram();
  void execute(const Program::Step& step, const Observer& observer);

  InstructionSet instruction_set_;
  std::shared_ptr<const Program> program_;
  std::unique_ptr<ConvRunner> conv_runner_;
  std::vector<std::uint8_t> dram_, scratchpad_;  ///< with ConvRunner::kReadAhead bytes more than the machine has
};

}  // namespace evenshift::sim
