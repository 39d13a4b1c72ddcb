#include "compiler/import/node_import.h"

#include <algorithm>
#include <cmath>

#include "arch/base/check.h"

namespace evenshift::compiler::importer {
namespace {

/// Above it the matrix that reorders channels is larger than the weights of any layer.
constexpr std::size_t kMostSelectedChannels = 4096;

/// Offsets of an axis in channels, where every step of it is a whole number of channels.
std::optional<std::vector<std::int64_t>> channel_offsets(const std::vector<Factor>& factors, std::int64_t pixels) {
  std::vector<std::int64_t> offsets = axis_offsets(factors);
  for (std::int64_t& offset : offsets) {
    if (offset % pixels != 0) return std::nullopt;
    offset /= pixels;
  }
  return offsets;
}

}  // namespace

std::string dimensions_text(const Dimensions& dimensions) {
  std::string text;
  const bool skip_batch = dimensions.size() > 1 && dimensions[0] == 1;
  for (std::size_t i = skip_batch ? 1 : 0; i < dimensions.size(); ++i)
    text += fmt::format("{}{}", text.empty() ? "" : " x ", dimensions[i]);
  return text.empty() ? "of one number" : text;
}

NodeImport::NodeImport(ImportState& state, const OnnxNode& node, std::size_t index) : state_(state), node_(node) {
  name_ = !node.name.empty()                                  ? node.name
          : !node.outputs.empty() && !node.outputs[0].empty() ? node.outputs[0]
                                                              : fmt::format("{}_{}", node.op_type, index);
}

const Attribute* NodeImport::attribute(const std::string& name) const {
  const auto found = node_.attributes.find(name);
  return found == node_.attributes.end() ? nullptr : &found->second;
}

std::int64_t NodeImport::integer(const std::string& attribute_name, std::int64_t fallback) const {
  const Attribute* found = attribute(attribute_name);
  if (found == nullptr) return fallback;
  const auto* value = std::get_if<std::int64_t>(found);
  expect(value != nullptr, "attribute '{}' is no integer", attribute_name);
  return *value;
}

double NodeImport::number(const std::string& attribute_name, double fallback) const {
  const Attribute* found = attribute(attribute_name);
  if (found == nullptr) return fallback;
  const auto* value = std::get_if<float>(found);
  expect(value != nullptr, "attribute '{}' is no number", attribute_name);
  expect(!std::isnan(*value), "attribute '{}' is not a number", attribute_name);
  return static_cast<double>(*value);
}

std::string NodeImport::text(const std::string& attribute_name, const std::string& fallback) const {
  const Attribute* found = attribute(attribute_name);
  if (found == nullptr) return fallback;
  const auto* value = std::get_if<std::string>(found);
  expect(value != nullptr, "attribute '{}' is no text", attribute_name);
  return *value;
}

std::vector<std::int64_t> NodeImport::integers(const std::string& attribute_name) const {
  const Attribute* found = attribute(attribute_name);
  if (found == nullptr) return {};
  const auto* value = std::get_if<std::vector<std::int64_t>>(found);
  expect(value != nullptr, "attribute '{}' is no list of integers", attribute_name);
  return *value;
}

const Binding& NodeImport::binding(std::size_t index) const {
  expect(has_input(index), "input {} is missing", index);
  return state_.bindings.at(node_.inputs[index]);
}

bool NodeImport::is_constant(std::size_t index) const { return has_input(index) && binding(index).constant != nullptr; }

const TensorData& NodeImport::constant(std::size_t index, Constraint otherwise) const {
  const Binding& bound = binding(index);
  require(bound.constant != nullptr, otherwise);
  expect(bound.constant->kind != ElementKind::other, "constant '{}' has an element type that is not supported",
         printable(node_.inputs[index]));
  return *bound.constant;
}

std::vector<std::int64_t> NodeImport::constant_integers(std::size_t index, Constraint otherwise) const {
  const TensorData& data = constant(index, otherwise);
  expect(data.kind == ElementKind::integer, "'{}' has to hold integers", printable(node_.inputs[index]));
  return data.integers;
}

const TensorData& NodeImport::weights(std::size_t index, Constraint otherwise) const {
  const TensorData& data = constant(index, otherwise);
  for (const float value : data.reals)
    expect(std::isfinite(value), "tensor '{}' holds a NaN or an infinity", printable(node_.inputs[index]));
  return data;
}

double NodeImport::scalar(std::size_t index, Constraint otherwise) const {
  const TensorData& data = constant(index, otherwise);
  expect(data.elements() == 1, "'{}' has {} elements where one is needed", printable(node_.inputs[index]),
         data.elements());
  expect(!std::isnan(data.number(0)), "'{}' is not a number", printable(node_.inputs[index]));
  return data.number(0);
}

const TensorView& NodeImport::view(std::size_t index) const {
  const Binding& bound = binding(index);
  require(bound.view.has_value(), Constraint::computed_input);
  return *bound.view;
}

std::size_t NodeImport::axis(std::int64_t axis_number, std::size_t rank) const {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  expect(axis_number >= -signed_rank && axis_number < signed_rank, "axis {} does not exist in a tensor of rank {}",
         axis_number, rank);
  return static_cast<std::size_t>(axis_number < 0 ? axis_number + signed_rank : axis_number);
}

ValueId NodeImport::reshape_value(ValueId value, const Shape& shape, const Dimensions& dimensions) {
  if (state_.graph.value(value).shape == shape) return value;
  auto [entry, is_new] = state_.reshapes.try_emplace({value, to_string(shape)}, -1);
  if (is_new) entry->second = emit(Reshape{}, {value}, shape, dimensions, "/reshaped");
  return entry->second;
}

Image NodeImport::image(const TensorView& view) {
  const Dimensions& d = view.dimensions;
  require(d.size() >= 2 && d.size() <= 4 && d[0] == 1, Constraint::image_rank);
  const Shape shape{d[1], d.size() == 4 ? d[2] : 1, d.size() == 4 ? d[3] : d.size() == 3 ? d[2] : 1};
  if (is_plain(view)) return {reshape_value(view.value, shape, d), shape};
  const Shape& stored = shape_of(view);
  // Channels in another order, rows and columns in place.
  const std::int64_t pixels = shape.height * shape.width;
  const TensorView rest{view.value, {d.begin() + 2, d.end()}, {view.axes.begin() + 2, view.axes.end()}};
  const auto sources = channel_offsets(view.axes[1], pixels);
  require(stored.height * stored.width == pixels && is_plain(rest) && sources.has_value(), Constraint::layout);
  const Image source{reshape_value(view.value, shape, d), shape};
  return select_channels(source, *sources, d, Constraint::layout, "/ordered");
}

Image NodeImport::select_channels(const Image& source, const std::vector<std::int64_t>& channels,
                                  const Dimensions& dimensions, Constraint otherwise, const std::string& suffix) {
  const auto inputs = static_cast<std::size_t>(source.shape.channels);
  require(inputs <= kMostSelectedChannels && channels.size() <= kMostSelectedChannels, otherwise);
  Conv conv;
  conv.output_channels = static_cast<std::int64_t>(channels.size());
  conv.weights.assign(channels.size() * inputs, 0.0f);
  conv.bias.assign(channels.size(), 0.0f);
  for (std::size_t c = 0; c < channels.size(); ++c)
    conv.weights[c * inputs + static_cast<std::size_t>(channels[c])] = 1.0f;
  const Shape shape{conv.output_channels, source.shape.height, source.shape.width};
  return {emit(std::move(conv), {source.value}, shape, dimensions, suffix), shape};
}

ValueId NodeImport::emit(Operator op, std::vector<ValueId> operands, const Shape& shape, const Dimensions& dimensions,
                         const std::string& suffix) {
  expect(shape.channels > 0 && shape.height > 0 && shape.width > 0, "its output would have no elements");
  checked_elements(std::vector<std::int64_t>{shape.channels, shape.height, shape.width}, where() + ": its output");
  for (const std::int64_t size : {shape.channels, shape.height, shape.width})
    expect(size <= kMaxAxis, "its output has a dimension of {}; the greatest supported is {}", size, kMaxAxis);
  std::string unique = name_ + suffix;
  for (int copy = 2; !state_.node_names.insert(unique).second; ++copy)
    unique = fmt::format("{}{}_{}", name_, suffix, copy);
  const std::string value_name =
      !node_.outputs.empty() && !node_.outputs[0].empty() ? node_.outputs[0] + suffix : unique;
  const ValueId made = state_.graph.add_value(value_name, shape, dimensions);
  state_.graph.nodes.push_back({unique, std::move(op), std::move(operands), made});
  return made;
}

TensorView NodeImport::emit_like(Operator op, const TensorView& view, const std::string& suffix) {
  const Shape shape = shape_of(view);
  TensorView result = view;
  result.value = emit(std::move(op), {view.value}, shape, view.dimensions, suffix);
  return result;
}

std::optional<QuantParams> NodeImport::quantized_with(ValueId value) const {
  for (std::int64_t at = state_.graph.producer(value); at >= 0; at = state_.graph.producer(value)) {
    const Node& maker = state_.graph.nodes[static_cast<std::size_t>(at)];
    if (const auto* quantizer = std::get_if<Quantize>(&maker.op)) return quantizer->params;
    if (!copies_codes(maker.op)) break;
    value = maker.inputs[0];
  }
  return std::nullopt;
}

void NodeImport::output(TensorView view, std::size_t index) {
  expect(index < node_.outputs.size() && !node_.outputs[index].empty(), "output {} is missing", index);
  state_.bindings[node_.outputs[index]].view = std::move(view);
}

void NodeImport::output_constant(TensorData data) {
  expect(!node_.outputs.empty() && !node_.outputs[0].empty(), "output 0 is missing");
  data.name = node_.outputs[0];
  state_.bindings[node_.outputs[0]].constant = std::make_shared<const TensorData>(std::move(data));
}

std::string NodeImport::where() const {
  std::string input;
  for (const std::string& name : node_.inputs) {
    const auto found = state_.bindings.find(name);
    if (found == state_.bindings.end() || !found->second.view) continue;
    input = fmt::format(", input {}", dimensions_text(found->second.view->dimensions));
    break;
  }
  return fmt::format("{}: node '{}' ({}{})", state_.model.path.string(), printable(name_),
                     printable(node_.shown_as.empty() ? node_.op_type : node_.shown_as), input);
}

}  // namespace evenshift::compiler::importer
