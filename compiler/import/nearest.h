#pragma once

#include "compiler/import/reshape_target.h"

namespace evenshift::compiler::importer {

/// Which input index each output index of an axis takes, for Resize by the nearest pixel, as ONNX defines it:
/// coordinate_transformation_mode gives a position, nearest_mode rounds it, and it is clamped to the axis. Axes that
/// keep their size are left out where they map onto themselves.
std::vector<AxisSlice> nearest_maps(const NodeImport& node, const Dimensions& from);
/// Upsample: floor(i / scale).
std::vector<AxisSlice> upsample_maps(const NodeImport& node, const Dimensions& from);

/// Factors of a view's axes, given what each of them is.
std::vector<std::vector<Factor>> view_axes(const Dimensions& dimensions, const std::vector<Role>& roles,
                                           const Shape& shape);

}  // namespace evenshift::compiler::importer
