// Functions of one value at a time, of two, and softmax.
#include <map>

#include "compiler/import/tflite/operators.h"

namespace evenshift::compiler::tflite {

void translate_pair(Translation& t) {
  static const std::map<std::int64_t, std::string> kTypes = {{0, "Add"}, {18, "Mul"}, {41, "Sub"}};
  t.finish(t.add(kTypes.at(t.op().code), {t.input(0), t.input(1)}), t.op().option<std::int8_t>(0, 0));
}

void translate_concatenation(Translation& t) {
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < t.op().inputs.size(); ++i) inputs.push_back(t.input(i));
  const std::int64_t axis = t.op().option<std::int32_t>(0, 0);
  t.finish(t.add("Concat", std::move(inputs), {{"axis", axis}}), t.op().option<std::int8_t>(1, 0));
}

void translate_function(Translation& t) {
  static const std::map<std::int64_t, std::string> kTypes = {
      {14, "Sigmoid"}, {28, "Tanh"}, {111, "Elu"}, {117, "HardSwish"}};
  t.finish(t.add(kTypes.at(t.op().code), {t.input(0)}), 0);
}

void translate_clamp(Translation& t) {
  static const std::map<std::int64_t, std::int8_t> kActivations = {{19, 1}, {20, 2}, {21, 3}};
  t.finish(t.input(0), kActivations.at(t.op().code));
}

void translate_leaky_relu(Translation& t) {
  t.finish(t.add("LeakyRelu", {t.input(0)}, {{"alpha", t.op().option<float>(0, 0)}}), 0);
}

void translate_parametric_relu(Translation& t) { t.finish(t.add("PRelu", {t.input(0), t.input(1)}), 0); }

void translate_softmax(Translation& t) {
  t.require(t.op().option<float>(0, 0) == 1, Constraint::softmax_beta);
  t.finish(t.add("Softmax", {t.input(0)}, {{"axis", std::int64_t{-1}}}), 0);
}

void translate_identity(Translation& t) { t.finish(t.input(0), 0); }

}  // namespace evenshift::compiler::tflite
