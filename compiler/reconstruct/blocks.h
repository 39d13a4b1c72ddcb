#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir/graph.h"

namespace evenshift::compiler {

/// Nodes [first_node, end_node) of a graph, and the values through which data enters and leaves them.
struct Block {
  std::size_t first_node = 0;
  std::size_t end_node = 0;
  std::vector<ValueId> inputs;   ///< made before, read inside
  std::vector<ValueId> outputs;  ///< made inside, read later or outputs of the graph
};

/// Divides a graph into contiguous blocks. A block ends only where a single value is alive, that is, made before and
/// still to be read, so that all data flows through it; a block therefore has one input, except for the graph's own.
/// Among those places, blocks are as long as `max_convs` convs allow, and a depthwise conv stays with the conv behind
/// it where `max_convs` has room for both. A stretch without such a place is one block, however many convs it has.
/// Softmax, and what follows from it, is in no block: the host computes it.
std::vector<Block> cut_into_blocks(const Graph& graph, std::int64_t max_convs);

/// A block as a graph of its own.
struct BlockGraph {
  Graph graph;
  std::vector<ValueId> original;          ///< in the whole graph, by ValueId of this one
  std::vector<std::size_t> conv_indices;  ///< among the convs of the whole graph
};

BlockGraph block_graph(const Graph& graph, const Block& block);

/// How a block's outputs depend on a part of its input, in rows and columns alike.
struct Footprint {
  bool is_local = false;    ///< whether a part of the input suffices: only windows, pads and element by element
  std::int64_t stride = 1;  ///< input rows per output row
  std::int64_t margin = 0;  ///< output rows at most that an input row missing at an edge changes
};
Footprint footprint_of(const Graph& block);

/// The same local block for an input of `height` rows and `width` columns.
Graph resized(Graph block, std::int64_t height, std::int64_t width);

}  // namespace evenshift::compiler
