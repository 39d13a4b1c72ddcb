#include "rtl/cosim/rtl_vector_unit.h"

#include <Vevenshift_vector_unit.h>

#include "arch/base/check.h"
#include "rtl/cosim/verilated_vector_unit.h"

namespace evenshift::rtl {
namespace {

class RtlVectorUnit : public datapath::VectorUnit {
 public:
  void configure(const NpuConfig& config) override {
    if (config.vector_unit.lanes > kBuiltLanes)
      fail("vector_unit.lanes: {} are more than the {} that the RTL is built with", config.vector_unit.lanes,
           kBuiltLanes);
    config_ = config;
    unit_.reset(config_);
    running_ = false;
  }

  datapath::VectorActivity execute(const isa::Operation& operation, std::span<std::uint8_t> scratchpad) override {
    if (running_) unit_.reset(config_);  // an exception ended the command before
    running_ = true;
    const auto activity = unit_.run(operation, scratchpad);
    running_ = false;
    return activity;
  }

 private:
  NpuConfig config_;
  VerilatedVectorUnit<Vevenshift_vector_unit, kBuiltLanes> unit_;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<datapath::VectorUnit> make_rtl_vector_unit() { return std::make_unique<RtlVectorUnit>(); }

}  // namespace evenshift::rtl
