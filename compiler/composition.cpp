#include "compiler/composition.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "arch/base/check.h"

namespace evenshift::compiler {
namespace {

constexpr std::string_view kFactorization = "Same, Same But Different, arXiv:1902.01917";
constexpr std::string_view kDataFree = "Data-Free Quantization, arXiv:1906.04721";
constexpr std::string_view kShift = "Weight Equalizing Shift Scaler, arXiv:2008.05767";
constexpr std::string_view kCloserLook = "A Closer Look at Hardware-Friendly Weight Quantization, arXiv:2210.03671";
constexpr std::string_view kAdaRound = "Up or Down?, arXiv:2004.10568";

const Method* find_method(std::string_view name) {
  const auto& methods = known_methods();
  const auto found = std::ranges::find(methods, name, &Method::name);
  return found == methods.end() ? nullptr : &*found;
}

}  // namespace

const std::vector<Method>& known_methods() {
  using enum Stage;
  using enum Needs;
  static const std::vector<Method> methods = {
      {"factorize", factorization, calibration, "weight factorization, two-step, free factors", kFactorization},
      {"factorize_one_step", factorization, calibration, "weight factorization, one-step, free factors",
       kFactorization},
      {"factorize_pow2", factorization, calibration, "weight factorization, two-step, factors that are powers of two",
       kFactorization},
      {"factorize_one_step_pow2", factorization, calibration,
       "weight factorization, one-step, factors that are powers of two", kFactorization},
      {"cross_layer", factorization, calibration, "cross-layer equalization, iterated", kDataFree},
      {"cross_layer_pow2", factorization, calibration, "cross-layer equalization with powers of two", kDataFree},
      {"absorb_bias", absorption, calibration, "high biases move into the next layer", kDataFree},
      {"shift", grid, weights, "shift equalizer, floor(log2(L / R_c))", kShift},
      {"shift_mse", grid, weights, "shifts with the least squared error of the weights, clipping allowed", kShift},
      {"shift_output_mse", grid, calibration, "shifts with the least squared error of the layer's output", kShift},
      {"shift_joint", grid, weights, "layer scale and all shifts together, least squared error of the weights", kShift},
      {"shift_joint_output", grid, calibration,
       "layer scale and all shifts together, least squared error of the layer's output", kShift},
      {"msqe", grid, weights, "power-of-two scales of least squared error, with line search", kCloserLook},
      {"msqe_masked", grid, weights, "the same, weights beyond two standard deviations left out of the error",
       kCloserLook},
      {"msqe_second_moment", grid, calibration,
       "the same, weights weighted by the second moments of their gradients, exponents averaged over the images",
       kCloserLook},
      {"gradient", grid, calibration, "power-of-two scales trained block by block; forward exponent of lower error",
       kCloserLook},
      {"gradient_ceil", grid, calibration, "the same, forward exponent rounded up", kCloserLook},
      {"gradient_round", grid, calibration, "the same, forward exponent rounded to the nearest", kCloserLook},
      {"adaround", rounding, calibration, "up or down, learned on the squared error of the layer's output", kAdaRound},
      {"least_squares", rounding, calibration, "codes by coordinate descent on the squared error of the layer's output",
       "this project, on the Gram matrices of GPTQ, arXiv:2210.17323"},
      {"reconstruct", rounding, calibration, "up or down and biases, learned on the squared error of a block's output",
       "BRECQ, arXiv:2102.05426"},
      {"reconstruct_weights", rounding, calibration,
       "weights and biases trained straight-through on the squared error of a block's output",
       "BRECQ, arXiv:2102.05426"},
      {"bias_correction", bias, calibration, "b_c -= E[y_q] - E[y], measured on calibration data", kDataFree},
      {"bias_correction_analytic", bias, calibration,
       "the same from the inputs' mean and deviation, a clipped normal distribution", kDataFree},
  };
  return methods;
}

Composition Composition::parse(const std::string& text) {
  Composition composition;
  std::istringstream names(text);
  for (std::string name; std::getline(names, name, ',');) {
    const std::size_t first = name.find_first_not_of(' ');
    name = first == std::string::npos ? "" : name.substr(first, name.find_last_not_of(' ') - first + 1);
    if (name == "none" || name == "auto") {
      if (text.find(',') != std::string::npos) fail("'{}' stands alone, not in '{}'", name, text);
      check(name == "none", "the composition 'auto' has not been resolved");
      return composition;
    }
    const Method* method = find_method(name);
    if (method == nullptr) fail("'{}' is not known; known are {}", name, method_names());
    if (const std::string_view other = composition.of(method->stage); !other.empty())
      fail("'{}' and '{}' do the same step; give one of them", other, name);
    composition.methods_.push_back(method);
  }
  if (composition.methods_.empty()) fail("'{}' names no method; known are {}", text, method_names());
  std::ranges::sort(composition.methods_, {}, &Method::stage);
  return composition;
}

bool Composition::has(std::string_view name) const {
  return std::ranges::any_of(methods_, [&](const Method* method) { return method->name == name; });
}

std::string_view Composition::of(Stage stage) const {
  const auto found = std::ranges::find(methods_, stage, &Method::stage);
  return found == methods_.end() ? "" : (*found)->name;
}

bool Composition::needs_calibration(Stage stage) const {
  return std::ranges::any_of(
      methods_, [&](const Method* method) { return method->stage == stage && method->needs == Needs::calibration; });
}

std::string Composition::text() const {
  std::string text;
  for (const Method* method : methods_) text += fmt::format("{}{}", text.empty() ? "" : ",", method->name);
  return text.empty() ? "none" : text;
}

std::string method_names() {
  std::string names = "auto, none";
  for (const Method& method : known_methods()) names += fmt::format(", {}", method.name);
  return names;
}

}  // namespace evenshift::compiler
