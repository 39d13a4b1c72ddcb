#include "compiler/explain/explain.h"

#include <algorithm>
#include <map>

#include "arch/base/error.h"
#include "compiler/calibrate/value_params.h"
#include "compiler/lower/lower.h"
#include "compiler/quantize/quantize_graph.h"

namespace evenshift::compiler {
namespace {

constexpr std::size_t kGuiltiest = 3;  ///< layers whose cause is looked for

Images measured_images(const ExplainRequest& request, const CalibrationData& usual) {
  const CalibrationData& calibrating = usual.count > 0 ? usual : request.data;
  const CalibrationData& source = request.others.count > 0 ? request.others : calibrating;
  const std::int64_t count = std::min(request.images, source.count);
  Images images;
  for (std::int64_t i = 0; i < count; ++i) images.push_back(source.load(i * source.count / count));
  return images;
}

/// Networks by what prepares them, so that nothing is calibrated twice.
class Preparations {
 public:
  Preparations(const Graph& graph, const CalibrationData& data, const CalibrationData& usual, const WorkContext& work)
      : graph_(graph), data_(data), usual_(usual), work_(work) {}

  const PreparedNetwork& get(const CompileOptions& options, bool without_outliers = false) {
    const std::string key = preparation_key(options) + (without_outliers ? ",usual" : "");
    auto found = networks_.find(key);
    if (found == networks_.end())
      found = networks_.emplace(key, prepare(graph_, data(without_outliers), options, work_)).first;
    return found->second;
  }
  [[nodiscard]] const CalibrationData& data(bool without_outliers) const { return without_outliers ? usual_ : data_; }

 private:
  const Graph& graph_;
  const CalibrationData& data_;
  const CalibrationData& usual_;
  const WorkContext& work_;
  std::map<std::string, PreparedNetwork> networks_;
};

class Explainer {
 public:
  Explainer(const ExplainRequest& request, const WorkContext& work)
      : request_(request),
        work_(work),
        graph_(first_output_graph(request.graph)),
        outliers_(outlier_images(graph_, request.data, work)),
        usual_(without_images(request.data, outliers_)),
        images_(measured_images(request, usual_)),
        run_([this](const image::Image& image) { return request_.run(image, images_); }),
        preparations_(graph_, request.data, usual_, work) {}

  Explanation run() {
    exact_ = evaluate({graph_, {}, CodeRounding::nearest}, images_, work_);
    const PreparedNetwork& network = preparations_.get(request_.options);
    const std::vector<QuantParams> params = params_of(network, request_.options);
    const WeightLevels levels = weight_levels(network, params, request_.data, request_.config, request_.options, work_);
    const std::vector<RangeAlternative> ranges = range_alternatives(network);
    const AblationInput input{network, params, levels, ranges, request_.config, images_, exact_, request_.host, run_};

    Explanation result;
    result.images = std::ssize(images_);
    result.held_out = request_.others.count > 0;
    result.outliers = outliers_;
    const Ablation ablation = ablate(input, work_);
    result.compiled = ablation.compiled;
    result.modelled = ablation.modelled;
    result.harmless = is_harmless(result.compiled);
    result.causes = ablation.causes;
    result.best_range = ablation.best_range;
    explain_layers(input, ablation, result);
    if (!result.harmless) find_remedy(result);
    return result;
  }

 private:
  [[nodiscard]] std::vector<QuantParams> params_of(const PreparedNetwork& network,
                                                   const CompileOptions& options) const {
    return value_params(network.graph, network.ranges, static_cast<int>(options.activation_bits));
  }

  /// Every other method on the same data, and the method in use without the outliers.
  std::vector<RangeAlternative> range_alternatives(const PreparedNetwork& network) {
    std::vector<RangeAlternative> ranges;
    const auto add = [&](const std::string& name, const CalibrationData& data, const std::string& method) {
      CompileOptions options = request_.options;
      options.calibration = method;
      options.equalize = "none";  // the network is the same, its channels' scales included
      ranges.push_back({name, params_of(prepare(network.graph, data, options, work_), options)});
    };
    if (!outliers_.empty() && usual_.count > 0) add("without the outlier images", usual_, request_.options.calibration);
    for (const std::string_view method : calibration_methods())
      if (method != request_.options.calibration) add(std::string(method), request_.data, std::string(method));
    return ranges;
  }

  void explain_layers(const AblationInput& input, const Ablation& ablation, Explanation& result) {
    const Graph& graph = input.network.graph;
    const std::vector<LayerLoss> losses =
        walk_layers(graph, input.levels.of(WeightLevel::machine), input.params, images_, exact_, work_);
    CalibrationOptions options;
    options.threads = work_.threads;
    options.cancel = work_.cancel;
    const std::vector<ChannelStatistics> statistics = channel_statistics(graph, request_.data, options);
    const QuantizationResult quantized =
        quantize_graph(graph, input.params, input.levels.machine_plans, request_.config);
    double sum = 0;
    for (const LayerLoss& loss : losses) sum += loss.alone.network.noise;
    std::size_t conv_index = 0;
    Graph heard = graph;
    bool silent = false;
    for (const LayerLoss& loss : losses) {
      ExplainedLayer layer{loss, sum > 0 ? loss.alone.network.noise / sum : 0, std::nullopt, {}, std::nullopt};
      const auto* conv =
          loss.node < 0 ? nullptr : std::get_if<Conv>(&graph.nodes[static_cast<std::size_t>(loss.node)].op);
      if (conv != nullptr) {
        Node& node = heard.nodes[static_cast<std::size_t>(loss.node)];
        layer.report = quantized.layers.at(conv_index++);
        layer.silent = silent_inputs(*conv, statistics[static_cast<std::size_t>(node.inputs[0])]);
        silent = silent || !layer.silent.channels.empty();
        node.op = without_silent_inputs(*conv, layer.silent);
      }
      result.layers.push_back(std::move(layer));
    }
    if (silent) result.without_silent_inputs = measure_without_silent(input, std::move(heard));
    std::ranges::stable_sort(result.layers, std::ranges::greater{},
                             [](const ExplainedLayer& layer) { return layer.loss.alone.network.noise; });
    for (std::size_t i = 0; i < std::min(kGuiltiest, result.layers.size()); ++i)
      if (result.layers[i].loss.node >= 0)
        result.layers[i].cause =
            cause_of_layer(input, ablation, static_cast<std::size_t>(result.layers[i].loss.node), work_);
  }

  Likeness measure_without_silent(const AblationInput& input, Graph heard) const {
    const PreparedNetwork network{std::move(heard), input.network.ranges, input.network.factors};
    return likeness(exact_, run_(compile(network, &request_.data, request_.config, request_.options, request_.host,
                                         {work_.threads, work_.cancel, {}})
                                     .image));
  }

  void find_remedy(Explanation& result) {
    CandidateInput input{request_.config, request_.options, result.causes, {}, !outliers_.empty() && usual_.count > 0};
    for (const ExplainedLayer& layer : result.layers)
      if (layer.report) input.guilty_convs.push_back(layer.loss.name);
    const std::vector<Candidate> proposed = candidates(input);
    for (std::size_t i = 0; i < proposed.size(); ++i) {
      const auto same_cost_won = [&](const Remedy& remedy) {
        return remedy.wins_half && remedy.candidate.cost == proposed[i].cost;
      };
      const bool wanted = proposed[i].cost == RemedyCost::compiler_flag && !proposed[i].is_slow;
      if (wanted || std::ranges::none_of(result.remedies, same_cost_won))
        result.remedies.push_back(measure(proposed[i], result.compiled));
      if (work_.progress) work_.progress("remedies", static_cast<std::int64_t>(i) + 1, std::ssize(proposed));
    }
    result.advised = advised_of(result.remedies);
  }

  Remedy measure(const Candidate& candidate, const Likeness& before) {
    Remedy remedy{candidate, {}, false, std::nullopt};
    try {
      const WorkContext quiet{work_.threads, work_.cancel, {}};
      const PreparedNetwork& network = preparations_.get(candidate.options, candidate.without_outliers);
      const Compilation compilation = compile(network, &preparations_.data(candidate.without_outliers),
                                              candidate.config, candidate.options, request_.host, quiet);
      remedy.result = likeness(exact_, run_(compilation.image));
      remedy.wins_half = wins_half(before, remedy.result);
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      remedy.refused = error.what();
    }
    return remedy;
  }

  const ExplainRequest& request_;
  const WorkContext& work_;
  Graph graph_;
  std::vector<OutlierImage> outliers_;
  CalibrationData usual_;
  Images images_;
  ExactRunner run_;
  Preparations preparations_;
  Outputs exact_;
};

}  // namespace

Explanation explain(const ExplainRequest& request, const WorkContext& work) { return Explainer(request, work).run(); }

}  // namespace evenshift::compiler
