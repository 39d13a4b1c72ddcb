#include <algorithm>

#include "arch/base/error.h"
#include "host/image_formats.h"

namespace evenshift::host {
namespace {

constexpr std::int64_t kMaxHeaderNumber = 1'000'000;

/// Reads the header's numbers, which whitespace separates and '#' comments may interrupt.
class HeaderScanner {
 public:
  HeaderScanner(std::span<const std::uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::int64_t number() {
    skip_blanks();
    std::int64_t value = 0;
    const std::size_t begin = position_;
    for (; position_ < bytes_.size() && bytes_[position_] >= '0' && bytes_[position_] <= '9'; ++position_)
      value = std::min(value * 10 + (bytes_[position_] - '0'), kMaxHeaderNumber);
    if (position_ == begin) fail("'{}' is a corrupt PNM file: a number is missing at byte {}", name_, position_);
    return value;
  }

  /// The samples begin after exactly one blank.
  std::span<const std::uint8_t> samples() {
    if (position_ >= bytes_.size() || !is_blank(bytes_[position_]))
      fail("'{}' is a truncated or corrupt PNM file: the header does not end with a blank", name_);
    return bytes_.subspan(position_ + 1);
  }

 private:
  static bool is_blank(std::uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

  void skip_blanks() {
    while (position_ < bytes_.size() && (is_blank(bytes_[position_]) || bytes_[position_] == '#'))
      if (bytes_[position_] == '#')
        while (position_ < bytes_.size() && bytes_[position_] != '\n') ++position_;
      else
        ++position_;
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& name_;
  std::size_t position_ = 2;  // after the magic
};

}  // namespace

Image decode_pnm(std::span<const std::uint8_t> bytes, const std::string& name) {
  HeaderScanner scanner(bytes, name);
  const std::int64_t width = scanner.number();
  const std::int64_t height = scanner.number();
  const std::int64_t maximum = scanner.number();
  check_dimensions(width, height, name);
  if (maximum < 1 || maximum > 65535) fail("'{}' is a corrupt PNM file: its maximum is not within 1 and 65535", name);

  const std::size_t channels = bytes[1] == '6' ? 3 : 1;
  const std::size_t sample_bytes = maximum > 255 ? 2 : 1;
  const auto samples = scanner.samples();
  Image image(static_cast<int>(width), static_cast<int>(height));
  const std::size_t pixels = image.pixels.size() / 3;
  if (samples.size() < pixels * channels * sample_bytes)
    fail("'{}' is a truncated PNM file: {} bytes of samples where {} x {} pixels need {}", name, samples.size(), width,
         height, pixels * channels * sample_bytes);

  const auto sample = [&](std::size_t index) {  // round(value * 255 / maximum)
    const std::int64_t value =
        sample_bytes == 1 ? samples[index] : samples[2 * index] * std::int64_t{256} + samples[2 * index + 1];
    return static_cast<std::uint8_t>((std::min(value, maximum) * 255 + maximum / 2) / maximum);
  };
  for (std::size_t pixel = 0; pixel < pixels; ++pixel)
    for (std::size_t channel = 0; channel < 3; ++channel)
      image.pixels[3 * pixel + channel] = sample(channels == 3 ? 3 * pixel + channel : pixel);
  return image;
}

}  // namespace evenshift::host
