#include <nlohmann/json.hpp>

#include "host/sidecar.h"
#include "host/sidecar_parse.h"

namespace evenshift::host {
namespace {

using nlohmann::json;

json size_to_json(ImageSize size) { return json::array({size.height, size.width}); }

const char* word(ChannelOrder order) {
  return order == ChannelOrder::kRgb ? "rgb" : order == ChannelOrder::kBgr ? "bgr" : "gray";
}
const char* word(TensorLayout layout) { return layout == TensorLayout::kNchw ? "nchw" : "nhwc"; }
const char* word(RawType type) {
  return type == RawType::kInt8 ? "int8" : type == RawType::kUint8 ? "uint8" : "float32";
}

json image_to_json(const ImageRecipe& recipe) {
  json image = {{"channel_order", word(recipe.channel_order)},
                {"mean", recipe.mean},
                {"std", recipe.std},
                {"scale", recipe.scale},
                {"layout", word(recipe.layout)}};
  if (recipe.resize_shorter_side) image["resize"] = *recipe.resize_shorter_side;
  if (recipe.resize) image["resize"] = size_to_json(*recipe.resize);
  if (recipe.center_crop) image["center_crop"] = size_to_json(*recipe.center_crop);
  return image;
}

}  // namespace

json to_json(const Sidecar& sidecar) {
  json root = {{"input_shape", sidecar.input_shape}};
  if (sidecar.image) root["image"] = image_to_json(*sidecar.image);
  if (sidecar.raw)
    root["raw"] = {
        {"type", word(sidecar.raw->type)}, {"zero_point", sidecar.raw->zero_point}, {"scale", sidecar.raw->scale}};
  if (sidecar.labels) root["labels"] = {{"column", sidecar.labels->column}, {"offset", sidecar.labels->offset}};
  if (!sidecar.class_names.empty()) root["class_names"] = sidecar.class_names;
  return root;
}

Sidecar sidecar_from_json(const json& root, const std::string& name) {
  return sidecar_from_document(document_from_json(root, name), name, std::nullopt);
}

}  // namespace evenshift::host
