// Shapes, copies and slices; axes stay as they are in the file, channels last.
#include <limits>
#include <numeric>

#include "compiler/import/tflite/operators.h"

namespace evenshift::compiler::tflite {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kFarEnd = std::numeric_limits<std::int32_t>::max();

Ints all_axes(std::size_t rank) {
  Ints axes(rank);
  std::iota(axes.begin(), axes.end(), std::int64_t{0});
  return axes;
}

void finish_slice(Translation& t, const Ints& starts, const Ints& ends, const Ints& steps) {
  t.finish(t.add("Slice", {t.input(0), t.constant(starts, "starts"), t.constant(ends, "ends"),
                           t.constant(all_axes(starts.size()), "axes"), t.constant(steps, "steps")}),
           0);
}

}  // namespace

void translate_pad(Translation& t) {
  const Ints pairs = t.integers(1, Constraint::pad_constant);
  Ints pads;
  for (std::size_t i = 0; i < pairs.size(); i += 2) pads.push_back(pairs[i]);
  for (std::size_t i = 1; i < pairs.size(); i += 2) pads.push_back(pairs[i]);
  std::vector<std::string> inputs{t.input(0), t.constant(pads, "pads")};
  if (t.has_input(2)) inputs.push_back(t.input(2));
  t.finish(t.add("Pad", std::move(inputs)), 0);
}

void translate_reshape(Translation& t) {
  t.finish(t.add("Reshape", {t.input(0), t.constant(t.output_tensor().shape, "shape")}), 0);
}

void translate_transpose(Translation& t) {
  t.finish(t.transposed(t.input(0), t.integers(1, Constraint::constant_axes)), 0);
}

void translate_resize(Translation& t) {
  const Ints size = t.integers(1, Constraint::resize_constant);
  Ints shape = t.input_tensor(0).shape;
  t.require(size.size() == 2 && shape.size() == 4, Constraint::resize_constant);
  shape[1] = size[0];
  shape[2] = size[1];
  const bool aligned = t.op().option<std::uint8_t>(0, 0) != 0, centered = t.op().option<std::uint8_t>(1, 0) != 0;
  // floor(x · scale); with centers floor((x + 1/2) · scale), which is x's image rounded; aligned corners are rounded
  // too.
  const std::string mode = aligned ? "align_corners" : centered ? "half_pixel" : "asymmetric";
  t.finish(t.add("Resize", {t.input(0), "", "", t.constant(shape, "sizes")},
                 {{"coordinate_transformation_mode", mode},
                  {"mode", std::string("nearest")},
                  {"nearest_mode", std::string(aligned || centered ? "round_prefer_ceil" : "floor")}}),
           0);
}

void translate_strided_slice(Translation& t) {
  enum Field : std::size_t { kBeginMask, kEndMask, kEllipsisMask, kNewAxisMask, kShrinkAxisMask };
  const auto mask = [&](std::size_t field) {
    return static_cast<std::uint32_t>(t.op().option<std::int32_t>(field, 0));
  };
  for (const std::size_t field : {kEllipsisMask, kNewAxisMask, kShrinkAxisMask})
    t.require(mask(field) == 0, Constraint::strided_slice_masks);
  Ints starts = t.integers(1, Constraint::slice_constant), ends = t.integers(2, Constraint::slice_constant);
  const Ints steps = t.integers(3, Constraint::slice_constant);
  t.require(starts.size() == ends.size() && starts.size() == steps.size() && starts.size() <= 8,
            Constraint::slice_constant);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const bool backwards = steps[i] < 0;
    if ((mask(kBeginMask) >> i & 1) != 0) starts[i] = backwards ? kFarEnd : 0;
    if ((mask(kEndMask) >> i & 1) != 0) ends[i] = backwards ? -kFarEnd : kFarEnd;
  }
  finish_slice(t, starts, ends, steps);
}

void translate_slice(Translation& t) {
  const Ints starts = t.integers(1, Constraint::slice_constant), sizes = t.integers(2, Constraint::slice_constant);
  t.require(starts.size() == sizes.size(), Constraint::slice_constant);
  Ints ends;
  for (std::size_t i = 0; i < starts.size(); ++i) ends.push_back(sizes[i] < 0 ? kFarEnd : starts[i] + sizes[i]);
  finish_slice(t, starts, ends, Ints(starts.size(), 1));
}

void translate_split(Translation& t) {
  const Ints axis = t.integers(0, Constraint::slice_constant);
  t.require(axis.size() == 1, Constraint::slice_constant);
  const std::vector<std::string> parts = t.add_parts("Split", {t.input(1)}, {{"axis", axis[0]}});
  for (std::size_t i = 0; i < parts.size(); ++i) t.finish(parts[i], 0, i);
}

}  // namespace evenshift::compiler::tflite
