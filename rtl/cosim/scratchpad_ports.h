#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace evenshift::rtl {

static_assert(std::endian::native == std::endian::little, "wide ports are read and written as bytes");

/// The memory of a wide port of a Verilated class.
template <class Port>
std::uint8_t* bytes_of(Port& port) {
  return reinterpret_cast<std::uint8_t*>(&port);
}

/// Reads a word of kBytes bytes that begins at any byte; what lies behind the scratchpad's end is not read.
template <std::size_t kBytes>
void read_scratchpad(std::span<const std::uint8_t> scratchpad, std::uint32_t address, std::uint8_t* out) {
  if (std::size_t{address} + kBytes <= scratchpad.size())
    std::memcpy(out, scratchpad.data() + address, kBytes);
  else if (address < scratchpad.size())
    std::memcpy(out, scratchpad.data() + address, scratchpad.size() - address);
}

/// The scratchpad behind the ports of the Verilated class `Vmodel` of an evenshift_conv_core of kSize x kSize with as
/// many requantizer lanes. A cycle is `request`, a clock edge, `answer`: what is read in a cycle is there in the next
/// one.
template <class Vmodel, std::size_t kSize>
class ScratchpadPorts {
 public:
  /// `bandwidth`: bytes of operands in a cycle.
  ScratchpadPorts(Vmodel& model, std::span<std::uint8_t> scratchpad, std::int64_t bandwidth)
      : model_(model), scratchpad_(scratchpad), bandwidth_(bandwidth) {}

  /// Takes the writes and the read requests of this cycle.
  void request() {
    granted_ = model_.operand_read_o != 0 && delivered();
    model_.operand_ready_i = granted_;
    if (granted_) {
      addresses_ = std::bit_cast<Addresses>(model_.operand_address_o);
      first_ = model_.operand_first_o;
      last_ = model_.operand_last_o;
      taps_ = model_.operand_taps_o;
      new_bytes_ = model_.operand_new_byte_o;
    }
    weight_read_ = model_.weight_read_o != 0;
    weight_address_ = model_.weight_address_o;
    parameter_read_ = model_.parameter_read_o != 0;
    parameter_address_ = model_.parameter_address_o;
    if (model_.write_o != 0) write();
  }

  /// Puts the bytes of the cycle before at the ports.
  void answer() {
    if (granted_) {
      if (model_.operand_depthwise_o != 0)
        read_taps();
      else
        read_run();
    }
    if (weight_read_) read_scratchpad<kSize + 1>(scratchpad_, weight_address_, bytes_of(model_.weight_data_i));
    if (parameter_read_)
      read_scratchpad<5 * kSize + 1>(scratchpad_, parameter_address_, bytes_of(model_.parameter_data_i));
  }

 private:
  using Addresses = std::array<std::uint32_t, kSize>;

  /// The position's bytes have come: one cycle for each `bandwidth` of them.
  bool delivered() {
    delivered_bytes_ += bandwidth_;
    if (delivered_bytes_ < model_.operand_bytes_o) return false;
    delivered_bytes_ = 0;
    return true;
  }

  void read_run() {
    if (first_ >= last_) return;
    std::uint8_t* out = bytes_of(model_.operand_data_i);
    if (first_ == 0 && last_ == kSize) {
      std::memcpy(out, scratchpad_.data() + addresses_[0], kSize);
    } else {
      const std::uint32_t address = addresses_[0] + first_;  // modulo 2^32: the run may begin before the scratchpad
      std::memcpy(out + first_, scratchpad_.data() + address, last_ - first_);
    }
  }

  void read_taps() {
    // Column 0 begins the first byte; the others are a byte further, or, with a depth multiplier, share one.
    const bool own_bytes = (new_bytes_ | 1) == static_cast<std::uint32_t>((std::uint64_t{1} << kSize) - 1);
    for (std::uint32_t taps = taps_; taps != 0; taps &= taps - 1) {
      const auto row = static_cast<std::size_t>(std::countr_zero(taps));
      std::uint8_t* out = bytes_of(model_.operand_data_i) + row * kSize;
      if (own_bytes)
        read_scratchpad<kSize>(scratchpad_, addresses_[row], out);
      else
        read_shared(addresses_[row], out);
    }
  }

  void read_shared(std::uint32_t address, std::uint8_t* out) const {
    for (std::size_t column = 0; column < kSize; ++column) {
      if (column != 0) address += (new_bytes_ >> column) & 1;
      if (address < scratchpad_.size()) out[column] = scratchpad_[address];
    }
  }

  void write() {
    const std::uint32_t strobe = model_.write_strobe_o;
    const auto first = static_cast<std::size_t>(std::countr_zero(strobe));
    std::memcpy(scratchpad_.data() + model_.write_address_o + first, bytes_of(model_.write_data_o) + first,
                static_cast<std::size_t>(std::popcount(strobe)));
  }

  Vmodel& model_;
  std::span<std::uint8_t> scratchpad_;
  std::int64_t bandwidth_;
  std::int64_t delivered_bytes_ = 0;  ///< of the position that waits

  bool granted_ = false;
  Addresses addresses_{};
  std::uint32_t first_ = 0;
  std::uint32_t last_ = 0;
  std::uint32_t taps_ = 0;
  std::uint32_t new_bytes_ = 0;
  bool weight_read_ = false;
  std::uint32_t weight_address_ = 0;
  bool parameter_read_ = false;
  std::uint32_t parameter_address_ = 0;
};

}  // namespace evenshift::rtl
