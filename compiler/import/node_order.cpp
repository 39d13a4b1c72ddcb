#include "compiler/import/node_order.h"

#include <queue>
#include <set>
#include <unordered_map>

#include "arch/base/error.h"

namespace evenshift::compiler::importer {
namespace {

using Producers = std::unordered_map<std::string, std::size_t>;

std::string describe(const OnnxModel& model, std::size_t index) {
  const OnnxNode& node = model.nodes[index];
  return fmt::format("{}: node '{}' ({})", model.path.string(),
                     printable(node.name.empty() && !node.outputs.empty() ? node.outputs[0] : node.name),
                     printable(node.op_type));
}

Producers find_producers(const OnnxModel& model, const std::set<std::string>& given) {
  Producers producers;
  for (std::size_t i = 0; i < model.nodes.size(); ++i)
    for (const std::string& output : model.nodes[i].outputs)
      if (!output.empty() && (given.contains(output) || !producers.emplace(output, i).second))
        fail("{}: its output '{}' is made elsewhere, too", describe(model, i), printable(output));
  return producers;
}

std::vector<bool> find_needed(const OnnxModel& model, const Producers& producers, const std::set<std::string>& given) {
  std::vector<bool> needed(model.nodes.size(), false);
  std::vector<std::size_t> open;
  const auto need = [&](const std::string& name, const std::string& reader) {
    if (name.empty() || given.contains(name)) return;
    const auto found = producers.find(name);
    if (found == producers.end()) fail("{} '{}', which no node, input or initializer makes", reader, printable(name));
    if (needed[found->second]) return;
    needed[found->second] = true;
    open.push_back(found->second);
  };
  for (const std::string& output : model.outputs) need(output, model.path.string() + ": the graph's output is");
  while (!open.empty()) {
    const std::size_t index = open.back();
    open.pop_back();
    for (const std::string& input : model.nodes[index].inputs) need(input, describe(model, index) + " reads");
  }
  return needed;
}

}  // namespace

std::vector<std::size_t> node_order(const OnnxModel& model) {
  std::set<std::string> given;
  for (const auto& [name, tensor] : model.initializers) given.insert(name);
  for (const OnnxInput& input : model.inputs)
    if (!given.insert(input.name).second)
      fail("{}: two inputs are named '{}'", model.path.string(), printable(input.name));
  const Producers producers = find_producers(model, given);
  const std::vector<bool> needed = find_needed(model, producers, given);

  std::vector<std::size_t> waits_for(model.nodes.size(), 0);
  std::vector<std::vector<std::size_t>> readers(model.nodes.size());
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  std::size_t count = 0;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (!needed[i]) continue;
    ++count;
    for (const std::string& input : model.nodes[i].inputs)
      if (const auto made_by = producers.find(input); made_by != producers.end()) {
        readers[made_by->second].push_back(i);
        ++waits_for[i];
      }
    if (waits_for[i] == 0) ready.push(i);
  }
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    order.push_back(ready.top());
    ready.pop();
    for (const std::size_t reader : readers[order.back()])
      if (--waits_for[reader] == 0) ready.push(reader);
  }
  if (order.size() != count)
    for (std::size_t i = 0; i < model.nodes.size(); ++i)
      if (needed[i] && waits_for[i] > 0) fail("{} is in, or behind, a cycle of nodes", describe(model, i));
  return order;
}

}  // namespace evenshift::compiler::importer
