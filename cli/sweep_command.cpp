#include <fmt/format.h>

#include <numeric>
#include <optional>

#include "cli/area.h"
#include "cli/commands.h"
#include "cli/engines.h"
#include "cli/output.h"
#include "cli/scoring.h"
#include "cli/sweep_chart.h"
#include "cli/sweep_markdown.h"
#include "cli/sweep_plan.h"
#include "cli/sweep_results.h"
#include "compiler/compile.h"
#include "compiler/reference/float_evaluator.h"

namespace evenshift::cli {
namespace {

struct SweepFlags {
  std::string plan, output;
  int threads = 0;
  bool quiet = false;
};

/// A model of the plan, with what all of its points share; made when the first of them needs it.
class ModelRuns {
 public:
  ModelRuns(const SweepModel& files, std::int64_t skip, std::int64_t limit, const SweepFlags& flags)
      : files_(files), flags_(flags), model_(load_model(files.model)) {
    if (!model_.sidecar.labels)
      fail("{}: its sidecar has no labels section, which a sweep needs", files.model.string());
    const host::Dataset all = host::read_dataset(files.data, model_.sidecar.labels->column);
    data_ = all.slice(static_cast<std::size_t>(skip), limit > 0 ? static_cast<std::size_t>(limit) : all.size());
    if (data_.size() == 0)
      fail("{}: holds {} inputs, of which the plan skips {}", files.data.string(), all.size(), skip);
  }

  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] const host::Dataset& data() const { return data_; }

  compiler::Compilation compile(const Configuration& configuration) {
    StageDisplay display(flags_.quiet);
    const compiler::WorkContext work = display.work(flags_.threads);
    if (!images_) images_.emplace(model_, files_.calibrate, configuration.compile.calibration_images);
    auto& network = networks_[compiler::preparation_key(configuration.compile)];
    if (!network) network = compiler::prepare(*model_.graph, images_->data(), configuration.compile, work);
    return compiler::compile(*network, &images_->data(), configuration.npu, configuration.compile,
                             host_json(model_, configuration.compile), work);
  }

  const Score& float_score() {
    if (!float_score_)
      float_score_ = score_float(model_, data_, {flags_.threads, flags_.quiet, "evaluate float"}, &float_outputs_);
    return *float_score_;
  }
  InputCache& inputs() { return inputs_; }
  const FloatOutputs& float_outputs() {
    float_score();
    return float_outputs_;
  }

 private:
  const SweepModel& files_;
  const SweepFlags& flags_;
  Model model_;
  host::Dataset data_;
  std::optional<CalibrationImages> images_;
  std::map<std::string, std::optional<compiler::PreparedNetwork>> networks_;  ///< by preparation_key
  std::optional<Score> float_score_;
  FloatOutputs float_outputs_;
  InputCache inputs_;
};

SweepRow key_of(const SweepPoint& point, const ModelRuns& runs) {
  return {{"model", runs.model().path.stem().string()},
          {"requant_scale", point.requant_scale},
          {"shift_bits", std::to_string(point.shift_bits)},
          {"weight_bits", std::to_string(point.weight_bits)},
          {"activation_bits", std::to_string(point.activation_bits)},
          {"equalize", point.equalize},
          {"images", std::to_string(runs.data().size())}};
}

void add_cycles(const image::Image& image, SweepRow& row) {
  const auto executor = make_timed_engine("systemc");
  executor->load(image);
  std::vector<sim::TensorCodes> inputs;
  for (const std::int64_t index : image.tensors_with(image::TensorRole::input))
    inputs.emplace_back(static_cast<std::size_t>(image.tensors[static_cast<std::size_t>(index)].elements()));
  executor->run(inputs);
  const auto& statistics = executor->statistics();
  const std::int64_t macs =
      std::accumulate(image.layers.begin(), image.layers.end(), std::int64_t{0},
                      [](std::int64_t sum, const image::Layer& layer) { return sum + layer.macs; });
  const double peak =
      static_cast<double>(statistics.total_cycles * image.config.conv_core.mac_rows * image.config.conv_core.mac_cols);
  row["total_cycles"] = std::to_string(statistics.total_cycles);
  row["utilization"] = fmt::format("{:.4f}", peak > 0 ? static_cast<double>(macs) / peak : 0.0);
}

/// The area of the point's machine, by today's table; empty where it is not known.
void set_area(const NpuConfig& machine, SweepRow& row) {
  const auto text = [](const std::optional<std::int64_t>& gates) { return gates ? std::to_string(*gates) : ""; };
  const Area area = area_table().area_of(machine);
  row["requantizers_ge"] = text(area.requantizers);
  row["conv_core_ge"] = text(area.conv_core);
}

SweepRow run_point(const SweepPlan& plan, const SweepPoint& point, ModelRuns& runs, const SweepFlags& flags) {
  const Configuration configuration = configuration_of(plan, point);
  compiler::Compilation compilation = runs.compile(configuration);
  const Score& reference = runs.float_score();
  SweepRow row = key_of(point, runs);
  std::size_t lowered = 0;
  for (const auto& layer : compilation.layers) lowered += layer.lowered_channels.size();
  row["image_bytes"] = std::to_string(image::write(compilation.image).size());
  row["weight_bytes"] = std::to_string(compilation.image.weights.bytes.size());
  row["scale_bytes"] = std::to_string(compilation.image.scales.bytes.size());
  row["lowered_channels"] = std::to_string(lowered);
  set_area(configuration.npu, row);
  if (plan.cycles) add_cycles(compilation.image, row);
  const Network network(std::move(compilation.image), runs.model().path.string());
  const Score score =
      score_image(network, runs.data(),
                  {flags.threads, flags.quiet, fmt::format("{} {} bits", row["requant_scale"], row["shift_bits"])},
                  &runs.float_outputs(), &runs.inputs());
  row["top1"] = fmt::format("{:.6f}", score.top1);
  row["top5"] = fmt::format("{:.6f}", score.top5);
  row["agreement"] = fmt::format("{:.6f}", score.agreement.value_or(0));
  row["output_sqnr_db"] = fmt::format("{:.3f}", score.output_sqnr_db.value_or(0));
  row["float_top1"] = fmt::format("{:.6f}", reference.top1);
  row["float_top5"] = fmt::format("{:.6f}", reference.top5);
  for (const std::string& column : sweep_columns()) row.try_emplace(column);
  return row;
}

void run_sweep(const SweepFlags& flags) {
  const SweepPlan plan = read_sweep_plan(flags.plan);
  compiler::use_portable_instruction_set();
  SweepResults results(flags.output);
  std::map<std::size_t, ModelRuns> runs;
  std::size_t done = 0;
  for (const SweepPoint& point : plan.points) {
    ++done;
    auto& model = runs.try_emplace(point.model, plan.models[point.model], plan.skip, plan.limit, flags).first->second;
    if (const SweepRow* done_row = results.find(key_of(point, model))) {
      SweepRow row = *done_row;
      set_area(configuration_of(plan, point).npu, row);
      results.put(row);
      continue;
    }
    if (!flags.quiet)
      fmt::print(stderr, "point {} of {}: {} {} shift bits {} weight bits {}\n", done, plan.points.size(),
                 model.model().path.stem().string(), point.requant_scale, point.shift_bits, point.weight_bits);
    results.put(run_point(plan, point, model, flags));
  }
  const std::filesystem::path folder(flags.output);
  write_file_atomically(folder / "accuracy.svg", accuracy_chart(results.rows()));
  write_file_atomically(folder / "report.html", sweep_report_html(results.rows()));
  write_file_atomically(folder / "results.md", sweep_markdown(results.rows()));
  if (!flags.quiet)
    fmt::print("{}\nin {}: results.csv, results.md, accuracy.svg, report.html\n", sweep_table(results.rows()),
               folder.string());
}

}  // namespace

void add_sweep_command(CLI::App& app) {
  auto flags = std::make_shared<SweepFlags>();
  CLI::App* command =
      app.add_subcommand("sweep", "Accuracy, gates and cycles over a grid of shift widths, methods and bit widths");
  command->footer(
      "Example:\n  evenshift sweep configs/sweep/shifter_width.yaml -o out/\n"
      "Writes results.csv (a row appended per finished point), results.md, accuracy.svg and report.html. Run again "
      "with the same\n"
      "folder, it goes on where it stopped. requantizers_ge and conv_core_ge are gate equivalents, docs/area.md; empty "
      "where the\n"
      "machine has not been synthesized.");
  command->add_option("plan", flags->plan, "The grid")->required()->type_name("PLAN.yaml");
  command->add_option("-o,--output", flags->output, "Folder of the results")->required()->type_name("DIR");
  command->add_option("--threads", flags->threads, "Threads (default: all); the result does not depend on it");
  command->add_flag("-q,--quiet", flags->quiet, "No progress, no table");
  command->callback([flags] { run_sweep(*flags); });
}

}  // namespace evenshift::cli
