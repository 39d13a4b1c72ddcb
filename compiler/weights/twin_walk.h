#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "arch/numerics/quantization.h"
#include "compiler/calibrate/calibrate.h"
#include "compiler/ir/graph.h"
#include "compiler/weights/input_moments.h"

namespace evenshift::compiler {

/// The float network and its quantized twin, evaluated side by side on the same images, node by node, so that a layer's
/// weights can be chosen from what the layers before it have become. In the twin every value is rounded to its codes,
/// and convs have the weights that `advance` is given; what the integers do beyond that (rounding of M, of the bias) is
/// left out.
///
/// Images are a sample: as many as the values that are alive at a time allow in kMostBytes, evenly spread over the
/// data, so that memory does not depend on how many there are.
class TwinWalk {
 public:
  static constexpr std::int64_t kMostBytes = std::int64_t{3} << 29;

  TwinWalk(const Graph& graph, const std::vector<QuantParams>& params, const CalibrationData& data, int threads,
           const CancelFlag* cancel);

  [[nodiscard]] std::int64_t images() const { return static_cast<std::int64_t>(sample_.size()); }
  /// Moments of the input of conv `node`, all of whose inputs have been made.
  [[nodiscard]] InputMoments moments(std::size_t node, Moments which);
  /// Evaluates the next node, in the order of the graph. `twin` is the quantized conv's, null for other nodes.
  void advance(const Conv* twin);

 private:
  struct Value {
    std::vector<float> exact;
    std::vector<std::int8_t> codes;
  };

  void load_inputs();
  void release_after(std::size_t node);
  [[nodiscard]] std::vector<float> dequantized(ValueId value, std::size_t image) const;

  const Graph& graph_;
  const std::vector<QuantParams>& params_;
  const CalibrationData& data_;
  int threads_;
  const CancelFlag* cancel_;
  std::size_t next_ = 0;
  std::vector<std::size_t> last_reader_;    ///< by ValueId
  std::vector<std::int64_t> sample_;        ///< indices of the images
  std::vector<std::vector<Value>> values_;  ///< [ValueId][image of the sample], empty while not alive
};

}  // namespace evenshift::compiler
