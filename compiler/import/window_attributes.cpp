#include "compiler/import/window_attributes.h"

#include <algorithm>
#include <array>

namespace evenshift::compiler::importer {
namespace {

constexpr std::int64_t kGreatest = 1 << 16;

/// Two numbers, rows first, from an attribute that has one for every spatial axis; `fallback` where it is absent.
std::array<std::int64_t, 2> per_axis(const NodeImport& node, const std::string& name,
                                     const std::vector<std::int64_t>& values, std::size_t spatial,
                                     std::int64_t fallback, std::int64_t least) {
  if (values.empty()) return {fallback, fallback};
  node.expect(values.size() == spatial, "attribute '{}' has {} numbers where {} are needed", name, values.size(),
              spatial);
  for (const std::int64_t value : values)
    node.expect(value >= least && value <= kGreatest, "attribute '{}' holds {}, which is not in {}..{}", name, value,
                least, kGreatest);
  return spatial == 1 ? std::array<std::int64_t, 2>{least, values[0]}
                      : std::array<std::int64_t, 2>{values[0], values[1]};
}

struct Axis {
  std::int64_t input, kernel, stride, dilation, before, after;
  [[nodiscard]] std::int64_t span() const { return dilation * (kernel - 1) + 1; }
};

void pad_automatically(Axis& axis, bool upper) {
  const std::int64_t output = (axis.input + axis.stride - 1) / axis.stride;
  const std::int64_t total = std::max<std::int64_t>(0, (output - 1) * axis.stride + axis.span() - axis.input);
  axis.before = upper ? total / 2 : total - total / 2;
  axis.after = total - axis.before;
}

/// Rounds the number of windows up, leaving out a last one that would begin behind the input.
void round_up(Axis& axis) {
  const std::int64_t room = axis.input + axis.before + axis.after - axis.span();
  if (room < 0) return;
  std::int64_t windows = (room + axis.stride - 1) / axis.stride + 1;
  if ((windows - 1) * axis.stride >= axis.input + axis.before) --windows;
  const std::int64_t needed = (windows - 1) * axis.stride + axis.span() - axis.input - axis.before;
  const bool grows = needed > axis.after;
  // A window that the floor would count and that begins behind the input goes too.
  if (grows || (room / axis.stride + 1) > windows) axis.after = std::max<std::int64_t>(needed, 0);
}

}  // namespace

Window read_window(const NodeImport& node, const Shape& input, const std::vector<std::int64_t>& kernel,
                   std::size_t rank) {
  const std::size_t spatial = rank == 3 ? 1 : 2;
  node.expect(!kernel.empty(), "attribute 'kernel_shape' is missing");
  const auto kernels = per_axis(node, "kernel_shape", kernel, spatial, 1, 1);
  const auto strides = per_axis(node, "strides", node.integers("strides"), spatial, 1, 1);
  const auto dilations = per_axis(node, "dilations", node.integers("dilations"), spatial, 1, 1);
  const std::vector<std::int64_t> pads = node.integers("pads");
  node.expect(pads.empty() || pads.size() == 2 * spatial, "attribute 'pads' has {} numbers where {} are needed",
              pads.size(), 2 * spatial);
  const auto half = static_cast<std::ptrdiff_t>(pads.size() / 2);
  const auto before = per_axis(node, "pads", {pads.begin(), pads.begin() + half}, spatial, 0, 0);
  const auto after = per_axis(node, "pads", {pads.begin() + half, pads.end()}, spatial, 0, 0);
  const std::string automatic = node.text("auto_pad", "NOTSET");
  const bool ceil = node.integer("ceil_mode", 0) != 0;
  std::array<Axis, 2> axes{};
  for (std::size_t i = 0; i < 2; ++i) {
    axes[i] = {i == 0 ? input.height : input.width, kernels[i], strides[i], dilations[i], before[i], after[i]};
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      pad_automatically(axes[i], automatic == "SAME_UPPER");
    } else if (automatic == "VALID") {
      axes[i].before = axes[i].after = 0;
    } else {
      node.expect(automatic == "NOTSET" || automatic.empty(),
                  "auto_pad is '{}'; it has to be NOTSET, SAME_UPPER, SAME_LOWER or VALID", printable(automatic));
    }
    if (ceil && automatic != "SAME_UPPER" && automatic != "SAME_LOWER") {
      round_up(axes[i]);
    }
    node.expect(axes[i].input + axes[i].before + axes[i].after >= axes[i].span(),
                "the kernel covers {} {} and is greater than the padded input of {}", axes[i].span(),
                i == 0 ? "rows" : "columns", axes[i].input + axes[i].before + axes[i].after);
  }
  return {axes[0].kernel,   axes[1].kernel, axes[0].stride, axes[1].stride, axes[0].dilation,
          axes[1].dilation, axes[0].before, axes[1].before, axes[0].after,  axes[1].after};
}

}  // namespace evenshift::compiler::importer
