#include "rtl/cosim/vcd_recording.h"

#include "rtl/cosim/vcd_dump.h"

namespace evenshift::rtl {

VcdRecording::VcdRecording(const std::filesystem::path& file, std::int64_t first, std::int64_t last,
                           std::int64_t clock_mhz)
    : first_(first), last_(last), dump_(std::make_unique<Dump>(file, clock_mhz)) {}

VcdRecording::~VcdRecording() = default;

std::int64_t VcdRecording::finish() { return dump_->finish(); }

}  // namespace evenshift::rtl
