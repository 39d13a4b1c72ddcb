#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "arch/base/error.h"
#include "compiler/import/import.h"
#include "compiler/ir/passes/canonicalize.h"
#include "tests/support/naive_evaluator.h"
#include "tests/support/onnx_builder.h"

namespace evenshift::test {

class ImportTest : public ::testing::Test {
 protected:
  [[nodiscard]] compiler::Graph import(const OnnxBuilder& model) const {
    return compiler::import_onnx(model.write(folder_.path() / "model.onnx"));
  }

  /// The message of the Error that importing throws, without the file's name; "" where it throws none.
  [[nodiscard]] std::string fault(const OnnxBuilder& model) const {
    const std::string path = (folder_.path() / "model.onnx").string();
    try {
      static_cast<void>(import(model));
    } catch (const Error& error) {
      std::string text = error.what();
      for (std::size_t at = text.find(path); at != std::string::npos; at = text.find(path))
        text.replace(at, path.size(), "MODEL");
      return text;
    }
    return "";
  }

  /// What the model makes of pattern(seed 1, 2, …) at its inputs; checks that canonicalize changes nothing about it.
  [[nodiscard]] Numbers run(const OnnxBuilder& model, const std::vector<Numbers>& given = {}) const {
    const compiler::Graph graph = import(model);
    std::vector<Numbers> inputs = given;
    for (std::size_t i = inputs.size(); i < graph.inputs.size(); ++i) {
      const auto values = pattern(graph.value(graph.inputs[i]).shape.elements(), static_cast<int>(i) + 1);
      inputs.emplace_back(values.begin(), values.end());
    }
    const std::vector<Numbers> imported = evaluate_outputs(graph, inputs);
    const std::vector<Numbers> canonical = evaluate_outputs(compiler::canonicalize(graph), inputs);
    Numbers all;
    for (std::size_t i = 0; i < imported.size(); ++i) {
      EXPECT_LE(relative_difference(canonical[i], imported[i]), 1e-5) << "output " << i;
      all.insert(all.end(), imported[i].begin(), imported[i].end());
    }
    return all;
  }

  /// Kinds of the nodes after canonicalize, in order.
  [[nodiscard]] std::vector<std::string> canonical_kinds(const OnnxBuilder& model) const {
    std::vector<std::string> kinds;
    for (const compiler::Node& node : compiler::canonicalize(import(model)).nodes)
      kinds.emplace_back(compiler::kind_of(node.op));
    return kinds;
  }

  TemporaryFolder folder_;
};

}  // namespace evenshift::test
