#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which methods quantize a network, and in which order: `--equalize`.
namespace evenshift::compiler {

/// When a method works. A composition has at most one method of a stage; they run in this order.
enum class Stage : std::uint8_t {
  factorization,  ///< scales of channels between layers, the network's function kept
  absorption,     ///< biases between layers, the same
  grid,           ///< S_w and k_c
  rounding,       ///< weights to codes
  bias,           ///< what is wrong on average is taken out of the biases
};

/// What a method needs to know beside the weights.
enum class Needs : std::uint8_t { weights, calibration };

/// A method by its name on the command line.
struct Method {
  std::string_view name;
  Stage stage;
  Needs needs;
  std::string_view sentence;  ///< for help and docs
  std::string_view source;    ///< paper and equation
};

/// Every method, stage by stage.
const std::vector<Method>& known_methods();

/// Methods that work together, one a stage, in the order of the stages.
class Composition {
 public:
  /// "factorize,shift_mse,bias_correction"; `none` is no method at all, `auto` is resolved before. Throws Error for an
  /// unknown name, naming the known ones, and for two methods of one stage.
  static Composition parse(const std::string& text);

  [[nodiscard]] bool has(std::string_view name) const;
  /// The name of the stage's method, "" where it has none.
  [[nodiscard]] std::string_view of(Stage stage) const;
  /// Whether the stage's method reads calibration data.
  [[nodiscard]] bool needs_calibration(Stage stage) const;
  /// As parse takes it.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<const Method*> methods_;
};

/// "none, auto, shift, …" for messages and help.
std::string method_names();

}  // namespace evenshift::compiler
