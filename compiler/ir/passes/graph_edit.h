#pragma once

#include <optional>

#include "compiler/ir/graph.h"

/// What the passes have in common.
namespace evenshift::compiler {

inline std::size_t index_of(std::int64_t id) { return static_cast<std::size_t>(id); }

/// The one reader of a value; nothing where there are more, or where the value is an output of the graph.
std::optional<std::size_t> only_consumer(const Graph& graph, ValueId value);

/// The node that makes input `input` of node `index`, where that node is its only reader.
std::optional<std::size_t> private_producer(const Graph& graph, std::size_t index, std::size_t input = 0);

/// Removes node `index`, which computes nothing of its own any more: its producer makes its output directly.
void merge_into_producer(Graph& graph, std::size_t index);

/// Removes node `index`, whose output equals its input. Where that output is one of the graph's and the input cannot
/// take its place (it is an input or another output of the graph), a Reshape stays. Returns whether the graph changed.
bool bypass(Graph& graph, std::size_t index);

/// Removes nodes that nothing reads.
bool remove_dead_nodes(Graph& graph);

/// Removes values that nothing makes or reads, and numbers the others anew.
void remove_unused_values(Graph& graph);

/// The fused activation of a node that has one.
Clamp* clamp_of(Operator& op);

/// outer after inner, as one.
Clamp composed(const Clamp& inner, const Clamp& outer);

/// Where all numbers are equal, that number.
std::optional<double> uniform(const std::vector<float>& values);

/// Throws Error naming the node unless all weights and biases are finite.
void require_finite(const Node& node, const Conv& conv);

}  // namespace evenshift::compiler
