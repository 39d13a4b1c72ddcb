#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "arch/datapath/conv_core.h"
#include "arch/image/image.h"

namespace evenshift::sim {

/// Codes of one tensor in (y, x, c) order, `elements()` of them, without the gaps that its strides may leave.
using TensorCodes = std::vector<std::int8_t>;

/// What an executor tells while it runs. Every member may be empty.
struct Observer {
  /// After the last store of `layer`: DRAM as it then is. The tensors that the layer writes are complete.
  std::function<void(std::int64_t layer, std::span<const std::uint8_t> dram)> layer_done;
  /// Accumulators of a conv command, named by its index in Image::commands; see datapath::AccumulatorObserver.
  std::function<void(std::int64_t command, std::int64_t y, std::int64_t x, std::int64_t c, std::int32_t accumulator)>
      accumulator;
};

/// Runs images: input codes in, output codes out, from the commands alone. One object may run many inferences, one at a
/// time; it keeps a reference to the image that it was loaded with.
class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual std::string name() const = 0;

  /// Makes ready for `image`. Throws Error when this executor cannot run it.
  virtual void load(const image::Image& image) = 0;

  /// One inference. `inputs`: one entry for each tensor of role input, in index order; the result: one for each output.
  virtual std::vector<TensorCodes> run(std::span<const TensorCodes> inputs, const Observer& observer = {}) = 0;
};

/// Copies a tensor's codes into or out of DRAM, as its strides say.
void write_tensor(const image::Tensor& tensor, std::span<const std::int8_t> codes, std::span<std::uint8_t> dram);
TensorCodes read_tensor(const image::Tensor& tensor, std::span<const std::uint8_t> dram);

/// DRAM of an image before a run: its constants in place, the rest zero.
std::vector<std::uint8_t> initial_dram(const image::Image& image);

/// For each layer, the index of its last store command (-1 where it has none).
std::vector<std::int64_t> last_store_of_layers(const image::Image& image);

/// For each layer that stores, the layers whose tensors are complete with it: itself, and those without a store of
/// their own, such as a concat whose inputs are written in place, whose last input it makes.
std::vector<std::vector<std::int64_t>> layers_completed_by(const image::Image& image);

}  // namespace evenshift::sim
