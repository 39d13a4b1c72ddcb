#include "rtl/cosim/operand_fetch.h"

#include <algorithm>
#include <cstring>

namespace evenshift::rtl {

void OperandFetch::begin_pass(const Tile& tile, const Pass& pass) {
  block_ = plan_.blocks[tile.block];
  pass_ = pass;
  if (plan_.depthwise)
    std::memset(ports_.depthwise_operands, 0, static_cast<std::size_t>(mac_rows_ * mac_cols_));
  else
    std::memset(ports_.operands, 0, static_cast<std::size_t>(mac_rows_));
}

void OperandFetch::fetch_run(std::int64_t y, std::int64_t x) {
  std::uint8_t* out = ports_.operands;
  const std::int64_t iy = y * conv_.stride_height + pass_.kernel_y * conv_.dilation_height - conv_.pad_top;
  const std::int64_t ix = x * conv_.stride_width + pass_.kernel_x * conv_.dilation_width - conv_.pad_left;
  // Rows [first, last) of the array come from inside the tile.
  std::int64_t first = 0;
  std::int64_t last = pass_.rows;
  if (iy < 0 || iy >= conv_.input_height) {
    last = 0;
  } else if (plan_.touching) {
    const std::int64_t byte_in_row = ix * conv_.inputs_per_group + pass_.byte_in_run;
    first = std::clamp<std::int64_t>(-byte_in_row, 0, pass_.rows);
    last = std::clamp<std::int64_t>(conv_.input_width * conv_.inputs_per_group - byte_in_row, first, pass_.rows);
  } else if (ix < 0 || ix >= conv_.input_width) {
    last = 0;
  }
  const auto pad = static_cast<int>(conv_.pad_value);
  std::memset(out, pad, static_cast<std::size_t>(first));
  if (last > first) {
    const std::int64_t channel = block_.first_channel / conv_.outputs_per_group * conv_.inputs_per_group;
    const std::int64_t address = conv_.input_address + iy * conv_.input_row_stride + ix * conv_.input_pixel_stride +
                                 channel + pass_.byte_in_run + first;
    std::memcpy(out + first, scratchpad_.data() + address, static_cast<std::size_t>(last - first));
  }
  std::memset(out + last, pad, static_cast<std::size_t>(pass_.rows - last));
}

void OperandFetch::fetch_taps(std::int64_t y, std::int64_t x) {
  std::uint8_t* out = ports_.depthwise_operands;
  const auto channels = static_cast<std::size_t>(block_.channels);
  std::int64_t ky = pass_.kernel_y;
  std::int64_t kx = pass_.kernel_x;
  for (std::int64_t r = 0; r < pass_.rows; ++r, out += mac_cols_) {
    const std::int64_t iy = y * conv_.stride_height + ky * conv_.dilation_height - conv_.pad_top;
    const std::int64_t ix = x * conv_.stride_width + kx * conv_.dilation_width - conv_.pad_left;
    if (iy < 0 || iy >= conv_.input_height || ix < 0 || ix >= conv_.input_width) {
      std::memset(out, static_cast<int>(conv_.pad_value), channels);
    } else {
      const std::uint8_t* pixel =
          scratchpad_.data() + conv_.input_address + iy * conv_.input_row_stride + ix * conv_.input_pixel_stride;
      if (conv_.outputs_per_group == 1)
        std::memcpy(out, pixel + block_.first_channel, channels);
      else
        for (std::size_t j = 0; j < channels; ++j)
          out[j] = pixel[(block_.first_channel + static_cast<std::int64_t>(j)) / conv_.outputs_per_group];
    }
    if (++kx == conv_.kernel_width) {
      kx = 0;
      ++ky;
    }
  }
}

}  // namespace evenshift::rtl
