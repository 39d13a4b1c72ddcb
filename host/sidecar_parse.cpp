#include "host/sidecar_parse.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "arch/base/atomic_file.h"
#include "host/section_reader.h"

namespace evenshift::host {
namespace {

constexpr std::int64_t kMaxSide = 1 << 20;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 31;
constexpr std::int64_t kMaxImageSide = 16384;
constexpr std::string_view kShapeText = "a list of 2 to 4 sizes of which the first is 1, such as [1, 3, 224, 224]";
constexpr std::string_view kSizeText = "a number of pixels or [height, width]";

void read_input_shape(SectionReader& root, Sidecar& sidecar) {
  const DocumentNode* node = root.required("input_shape", kShapeText);
  const auto shape = root.integers(node, "input_shape", kShapeText, 1, kMaxSide);
  if (!shape) return;
  std::int64_t elements = 1;
  for (const std::int64_t size : *shape)
    if (elements <= kMaxElements) elements *= size;
  if (shape->size() < 2 || shape->size() > 4 || shape->front() != 1)
    root.faults().add(node->line, "'input_shape' must be {}, but is [{}]", kShapeText, fmt::join(*shape, ", "));
  else if (elements > kMaxElements)
    root.faults().add(node->line, "'input_shape' [{}] has more than {} elements", fmt::join(*shape, ", "),
                      kMaxElements);
  else
    sidecar.input_shape = *shape;
}

/// N or [height, width].
struct OneOrTwoSides {
  std::optional<int> one;
  std::optional<ImageSize> two;
};

OneOrTwoSides read_sides(SectionReader& section, std::string_view key) {
  const DocumentNode* node = section.optional(key);
  if (!node) return {};
  if (node->kind != DocumentNode::Kind::kSequence) {
    const auto side = node->kind == DocumentNode::Kind::kScalar ? parse_number<int>(node->scalar) : std::nullopt;
    if (side && *side >= 1 && *side <= kMaxImageSide) return {*side, std::nullopt};
    section.mistyped(*node, key, fmt::format("{}, each from 1 to {}", kSizeText, kMaxImageSide));
    return {};
  }
  const auto sides = section.integers(node, key, kSizeText, 1, kMaxImageSide);
  if (!sides) return {};
  if (sides->size() == 2)
    return {std::nullopt, ImageSize{static_cast<int>((*sides)[0]), static_cast<int>((*sides)[1])}};
  section.faults().add(node->line, "'{}' must be {}, but has {} sizes", section.full(key), kSizeText, sides->size());
  return {};
}

/// One number for all channels, or one per channel; empty after a fault.
std::vector<double> read_per_channel(SectionReader& section, std::string_view key, std::size_t channels) {
  const DocumentNode* node = section.required(key, "one number, or a list with one per channel");
  if (!node) return {};
  if (node->kind != DocumentNode::Kind::kSequence) {
    const auto number = section.real(node, key);
    return number ? std::vector<double>(channels, *number) : std::vector<double>{};
  }
  if (channels > 0 && node->items.size() != channels) {
    section.faults().add(node->line, "'{}' has {} numbers, but the input has {} channels", section.full(key),
                         node->items.size(), channels);
    return {};
  }
  std::vector<double> numbers;
  for (const DocumentNode& item : node->items) {
    const auto number = section.real(&item, key);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

void check_channels(SectionReader& section, const ImageRecipe& recipe, int channels) {
  const int wanted = recipe.channel_order == ChannelOrder::kGray ? 1 : 3;
  if (channels != wanted)
    section.faults().add(section.line(),
                         "'image.channel_order' {} makes {} channel{}, but 'input_shape' with layout {} has {}",
                         wanted == 1 ? "gray" : "rgb or bgr", wanted, wanted == 1 ? "" : "s",
                         recipe.layout == TensorLayout::kNchw ? "nchw" : "nhwc", channels);
}

void check_sizes(SectionReader& section, const ImageRecipe& recipe, ImageSize input) {
  const auto differs = [&](const char* key, ImageSize size) {
    section.faults().add(section.line(), "'image.{}' is {} x {}, but the input is {} x {} (height x width)", key,
                         size.height, size.width, input.height, input.width);
  };
  if (recipe.center_crop) {
    if (*recipe.center_crop != input) differs("center_crop", *recipe.center_crop);
    if (recipe.resize && (recipe.resize->height < input.height || recipe.resize->width < input.width))
      differs("resize", *recipe.resize);
  } else if (recipe.resize && *recipe.resize != input) {
    differs("resize", *recipe.resize);
  }
}

ImageRecipe read_image(Faults& faults, const DocumentNode& node, Sidecar& sidecar) {
  SectionReader section(faults, node, "image",
                        {"resize", "center_crop", "channel_order", "mean", "std", "scale", "layout"});
  ImageRecipe recipe;
  if (!section.is_map()) return recipe;

  const auto layout = section.choice<TensorLayout>(section.optional("layout"), "layout",
                                                   {{"nchw", TensorLayout::kNchw}, {"nhwc", TensorLayout::kNhwc}});
  const auto order = section.choice<ChannelOrder>(
      section.required("channel_order", "rgb, bgr or gray"), "channel_order",
      {{"rgb", ChannelOrder::kRgb}, {"bgr", ChannelOrder::kBgr}, {"gray", ChannelOrder::kGray}});
  recipe.layout = layout.value_or(TensorLayout::kNchw);
  recipe.channel_order = order.value_or(ChannelOrder::kRgb);
  sidecar.image = recipe;  // image_channels() and image_size() ask for the layout
  const bool shape_known = !sidecar.input_shape.empty();
  if (shape_known && sidecar.input_shape.size() != 4) {
    faults.add(section.line(), "'image' needs an 'input_shape' of 4 sizes, but it is [{}]",
               fmt::join(sidecar.input_shape, ", "));
  }
  const bool is_image = sidecar.input_shape.size() == 4;
  const int channels = is_image ? sidecar.image_channels() : 0;

  const OneOrTwoSides resize = read_sides(section, "resize");
  recipe.resize_shorter_side = resize.one;
  recipe.resize = resize.two;
  const OneOrTwoSides crop = read_sides(section, "center_crop");
  recipe.center_crop = crop.one ? ImageSize{*crop.one, *crop.one} : crop.two;

  recipe.mean = read_per_channel(section, "mean", static_cast<std::size_t>(channels));
  recipe.std = read_per_channel(section, "std", static_cast<std::size_t>(channels));
  for (const double deviation : recipe.std)
    if (static_cast<float>(deviation) == 0.0f) {
      faults.add(section.optional("std")->line, "'image.std' must not be 0: the pixels are divided by it");
      break;
    }
  if (const DocumentNode* scale = section.optional("scale")) recipe.scale = section.real(scale, "scale").value_or(1.0);

  if (is_image && order) check_channels(section, recipe, channels);
  if (is_image) check_sizes(section, recipe, sidecar.image_size());
  return recipe;
}

RawRecipe read_raw(Faults& faults, const DocumentNode& node) {
  SectionReader section(faults, node, "raw", {"type", "zero_point", "scale"});
  RawRecipe recipe;
  if (!section.is_map()) return recipe;
  const auto type =
      section.choice<RawType>(section.required("type", "int8, uint8 or float32"), "type",
                              {{"int8", RawType::kInt8}, {"uint8", RawType::kUint8}, {"float32", RawType::kFloat32}});
  recipe.type = type.value_or(RawType::kFloat32);
  const bool is_integer = recipe.type != RawType::kFloat32;
  const DocumentNode* zero_point =
      is_integer ? section.required("zero_point", "x = (value - zero_point) * scale") : section.optional("zero_point");
  const DocumentNode* scale =
      is_integer ? section.required("scale", "x = (value - zero_point) * scale") : section.optional("scale");
  const std::int64_t least = recipe.type == RawType::kUint8 ? 0 : recipe.type == RawType::kInt8 ? -128 : -(1 << 24);
  const std::int64_t most = recipe.type == RawType::kUint8 ? 255 : recipe.type == RawType::kInt8 ? 127 : 1 << 24;
  if (const auto number = section.integer(zero_point, "zero_point", least, most))
    recipe.zero_point = static_cast<std::int32_t>(*number);
  if (const auto number = section.real(scale, "scale")) {
    recipe.scale = *number;
    if (!(static_cast<float>(*number) > 0.0f)) section.mistyped(*scale, "scale", "greater than 0");
  }
  return recipe;
}

LabelRecipe read_labels(Faults& faults, const DocumentNode& node) {
  SectionReader section(faults, node, "labels", {"column", "offset"});
  LabelRecipe recipe;
  if (!section.is_map()) return recipe;
  const std::string_view column_text = "the header of the label column in labels.csv";
  recipe.column = section.text(section.required("column", column_text), "column", column_text).value_or("");
  if (const auto offset = section.integer(section.optional("offset"), "offset", -1'000'000, 1'000'000))
    recipe.offset = static_cast<int>(*offset);
  return recipe;
}

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(nlohmann::json(text).dump());  // refuses anything else
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

std::vector<std::string> names_from_file(const std::filesystem::path& path) {
  std::istringstream text(read_text_file(path));
  std::vector<std::string> names;
  for (std::string name; std::getline(text, name);) {
    if (name.ends_with('\r')) name.pop_back();
    if (!is_utf8(name)) fail("line {} of '{}' is not UTF-8", names.size() + 1, path.string());
    names.push_back(name);
  }
  while (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

std::vector<std::string> read_class_names(SectionReader& root, const DocumentNode& node,
                                          const std::optional<std::filesystem::path>& folder) {
  const std::string_view what =
      folder ? "a list of names, or the path of a text file with one name a line" : "a list of names";
  std::vector<std::string> names;
  if (node.kind == DocumentNode::Kind::kScalar && folder && !node.scalar.empty()) {
    try {
      names = names_from_file(*folder / node.scalar);
    } catch (const Error& error) {
      root.faults().add(node.line, "'class_names': {}", error.what());
    }
  } else if (node.kind == DocumentNode::Kind::kSequence) {
    for (const DocumentNode& item : node.items)
      if (item.kind == DocumentNode::Kind::kScalar) {
        names.push_back(item.scalar);
      } else {
        root.mistyped(node, "class_names", what);
        break;
      }
  } else {
    root.mistyped(node, "class_names", what);
  }
  return names;
}

}  // namespace

Sidecar sidecar_from_document(const DocumentNode& document, const std::string& name,
                              const std::optional<std::filesystem::path>& folder) {
  Faults faults(name);
  SectionReader root(faults, document, "", {"input_shape", "image", "raw", "labels", "class_names"});
  Sidecar sidecar;
  if (root.is_map()) {
    read_input_shape(root, sidecar);
    const DocumentNode* image = root.optional("image");
    const DocumentNode* raw = root.optional("raw");
    if (image && raw)
      faults.add(raw->line, "'image' and 'raw' exclude each other: an input is an image file or a raw file");
    if (!image && !raw)
      faults.add(document.line, "key 'image' or 'raw' is missing: it says how a file becomes the input");
    if (image) sidecar.image = read_image(faults, *image, sidecar);
    if (raw) sidecar.raw = read_raw(faults, *raw);
    if (const DocumentNode* labels = root.optional("labels")) sidecar.labels = read_labels(faults, *labels);
    if (const DocumentNode* names = root.optional("class_names"))
      sidecar.class_names = read_class_names(root, *names, folder);
  }
  faults.throw_if_any();
  return sidecar;
}

}  // namespace evenshift::host
