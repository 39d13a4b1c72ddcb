#include "compiler/reconstruct/activation_gradient.h"

#include <cmath>

#include "compiler/reference/host_operators.h"

namespace evenshift::compiler {
namespace {

double exponential(double x) { return x <= 0 ? portable_exp(x) : 1 / portable_exp(-x); }

double sigmoid(double x) {
  const double e = portable_exp(-std::abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

double hyperbolic_tangent(double x) {
  const double e = portable_exp(-2 * std::abs(x));
  return std::copysign((1 - e) / (1 + e), x);
}

/// log(1 + e), 0 <= e <= 1, as 2 · artanh(e / (2 + e)).
double log_of_one_plus(double e) {
  const double z = e / (2 + e);
  double sum = 0;
  for (int i = 31; i >= 1; i -= 2) sum = 1.0 / i + z * z * sum;
  return 2 * z * sum;
}

/// Abramowitz and Stegun, 7.1.26: within 1.5e-7.
double error_function(double x) {
  const double t = 1 / (1 + 0.3275911 * std::abs(x));
  const double polynomial =
      t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return std::copysign(1 - polynomial * portable_exp(-x * x), x);
}

constexpr double kSqrtOfHalf = 0.7071067811865476;
constexpr double kNormalDensityAtZero = 0.3989422804014327;

}  // namespace

double portable_evaluate(const Activation& a, double x) {
  switch (a.function) {
    case Function::sigmoid:
      return sigmoid(x);
    case Function::tanh:
      return hyperbolic_tangent(x);
    case Function::silu:
      return x * sigmoid(x);
    case Function::elu:
      return x >= 0 ? x : a.alpha * (portable_exp(x) - 1);
    case Function::gelu:
      return 0.5 * x * (1 + error_function(x * kSqrtOfHalf));
    case Function::softplus:
      return std::max(x, 0.0) + log_of_one_plus(portable_exp(-std::abs(x)));
    case Function::exp:
      return exponential(x);
    default:
      return evaluate(a, x);  // arithmetic alone
  }
}

double derivative(const Activation& a, double x) {
  switch (a.function) {
    case Function::clamp:
      return x > a.alpha && x < a.beta ? 1 : 0;
    case Function::leaky_relu:
      return x >= 0 ? 1 : a.alpha;
    case Function::hard_swish:
      return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5;
    case Function::hard_sigmoid: {
      const double value = a.alpha * x + a.beta;
      return value > 0 && value < 1 ? a.alpha : 0;
    }
    case Function::sigmoid: {
      const double s = sigmoid(x);
      return s * (1 - s);
    }
    case Function::tanh: {
      const double t = hyperbolic_tangent(x);
      return 1 - t * t;
    }
    case Function::silu: {
      const double s = sigmoid(x);
      return s + x * s * (1 - s);
    }
    case Function::elu:
      return x >= 0 ? 1 : a.alpha * portable_exp(x);
    case Function::gelu:
      return 0.5 * (1 + error_function(x * kSqrtOfHalf)) + x * kNormalDensityAtZero * portable_exp(-x * x / 2);
    case Function::softplus:
      return sigmoid(x);
    case Function::exp:
      return exponential(x);
    case Function::sqrt:
      return x > 0 ? 0.5 / std::sqrt(x) : 0;
    case Function::abs:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case Function::negate:
      return -1;
  }
  return 0;
}

}  // namespace evenshift::compiler
