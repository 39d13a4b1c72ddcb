// No include guard on purpose: a part of kernels_source.h, which includes it once for each instruction set.
namespace evenshift::sim {
namespace {

constexpr int kBlockVectors = Isa::kDepthwiseVectors;
constexpr std::int64_t kBlockUnits = kBlockVectors * kVecUnits;

/// acc += elements · weights of one tap of a block.
inline void add_tap(Vec* acc, const Vec* elements, const std::int32_t* weights) {
#pragma GCC unroll 4
  for (int j = 0; j < kBlockVectors; ++j) acc[j] = Isa::dot(acc[j], elements[j], Isa::load(weights + j * kVecUnits));
}

/// Where the accumulators of a row of depthwise outputs go.
struct BlockSink {
  BlockOutput output;
  Isa::Range range;
  ScaleVecs scales[kBlockVectors];
  std::uint8_t* codes;
  std::int32_t* accumulators;

  BlockSink(const BlockOutput& to, std::uint8_t* row_codes, std::int32_t* row_accumulators)
      : output(to), range(Isa::range(to.low, to.high, to.channels)), codes(row_codes), accumulators(row_accumulators) {
    if (output.fused)
      for (int j = 0; j < kBlockVectors; ++j) scales[j] = load_scales(output.scales, j);
  }

  /// The accumulators of output pixel `x`.
  void put(std::int64_t x, const Vec* acc) const {
    if constexpr (Isa::kFuses) {
      if (output.fused) {
        Vec scaled[kBlockVectors];
#pragma GCC unroll 4
        for (int j = 0; j < kBlockVectors; ++j) scaled[j] = acc[j];
        pre_shift<kBlockVectors>(output.scales, scaled);
#pragma GCC unroll 4
        for (int j = 0; j < kBlockVectors; ++j) scaled[j] = scale(scaled[j], scales[j]);
        Isa::store_interleaved(codes + x * output.pixel_stride, scaled, range);
        return;
      }
    }
#pragma GCC unroll 4
    for (int j = 0; j < kBlockVectors; ++j)
      Isa::store(accumulators + x * output.accumulator_stride + j * kVecUnits, acc[j]);
  }
};

/// One row of outputs of a 3 × 3 kernel: each column of elements is interleaved once and added to the outputs that see
/// it.
template <int Stride>
void depthwise_row_3x3(const DepthwiseTask& task, const std::uint8_t* window_row, std::uint8_t* codes,
                       std::int32_t* accumulators) {
  constexpr int kQuads = (3 + Isa::kUnitElements - 1) / Isa::kUnitElements;
  const std::int64_t pixel_bytes = task.pixel_bytes;
  const std::uint8_t* const rows[3] = {window_row, window_row + task.tap_row_bytes,
                                       window_row + 2 * task.tap_row_bytes};
  const std::int32_t* const weights = task.weights;
  const std::int32_t* const initial = task.initial;
  const BlockSink sink(task.output, codes, accumulators);
  const std::int64_t width = task.width;
  const auto interleave_column = [&](std::int64_t x, Vec(&column)[kQuads][kBlockVectors]) {
#pragma GCC unroll 2
    for (int quad = 0; quad < kQuads; ++quad) {
      const std::uint8_t* of_quad[Isa::kUnitElements];
#pragma GCC unroll 4
      for (int t = 0; t < Isa::kUnitElements; ++t) {
        const int ky = quad * Isa::kUnitElements + t;
        of_quad[t] = rows[ky < 3 ? ky : 2] + x * pixel_bytes;
      }
      Isa::interleave(of_quad, column[quad]);
    }
  };
  const auto add_column = [&](Vec* acc, const Vec(&column)[kQuads][kBlockVectors], int kx) {
#pragma GCC unroll 2
    for (int quad = 0; quad < kQuads; ++quad) add_tap(acc, column[quad], weights + (kx * kQuads + quad) * kBlockUnits);
  };
  const auto start = [&](Vec* acc) {
#pragma GCC unroll 4
    for (int j = 0; j < kBlockVectors; ++j) acc[j] = Isa::load(initial + j * kVecUnits);
  };
  Vec column[kQuads][kBlockVectors];
  Vec acc[kBlockVectors];
  start(acc);
  interleave_column(0, column);
  add_column(acc, column, 0);
  if constexpr (Stride == 1) {
    Vec next[kBlockVectors];
    start(next);
    interleave_column(1, column);
    add_column(acc, column, 1);
    add_column(next, column, 0);
    for (std::int64_t x = 0; x < width; ++x) {
      interleave_column(x + 2, column);
      add_column(acc, column, 2);
      sink.put(x, acc);
      add_column(next, column, 1);
#pragma GCC unroll 4
      for (int j = 0; j < kBlockVectors; ++j) acc[j] = next[j];
      start(next);
      add_column(next, column, 0);
    }
  } else {
    for (std::int64_t x = 0; x < width; ++x) {
      interleave_column(2 * x + 1, column);
      add_column(acc, column, 1);
      interleave_column(2 * x + 2, column);
      add_column(acc, column, 2);
      sink.put(x, acc);
      start(acc);
      add_column(acc, column, 0);
    }
  }
}

/// Units of every pixel of one row of windows: elements of unit_elements kernel rows, channel beside channel.
void interleave_row(const DepthwiseTask& task, const std::uint8_t* window_row, std::int64_t quads) {
  std::int32_t* units = task.workspace;
  for (std::int64_t x = 0; x < task.tile_width; ++x) {
    for (std::int64_t quad = 0; quad < quads; ++quad, units += kBlockUnits) {
      const std::uint8_t* rows[Isa::kUnitElements];
      for (std::int64_t t = 0; t < Isa::kUnitElements; ++t) {
        // Rows past the kernel have zero weights; any readable one will do.
        const std::int64_t ky = quad * Isa::kUnitElements + t;
        rows[t] = window_row + (ky < task.kernel_height ? ky : task.kernel_height - 1) * task.tap_row_bytes +
                  x * task.pixel_bytes;
      }
      Vec out[kBlockVectors];
      Isa::interleave(rows, out);
#pragma GCC unroll 4
      for (int j = 0; j < kBlockVectors; ++j) Isa::store(units + j * kVecUnits, out[j]);
    }
  }
}

/// One row of outputs of any kernel, from the workspace that interleave_row filled.
void depthwise_row(const DepthwiseTask& task, std::int64_t quads, std::uint8_t* codes, std::int32_t* accumulators) {
  const std::int64_t pixel_units = quads * kBlockUnits;
  const BlockSink sink(task.output, codes, accumulators);
  for (std::int64_t x = 0; x < task.width; ++x) {
    const std::int32_t* window = task.workspace + x * task.stride_width * pixel_units;
    Vec acc[kBlockVectors];
#pragma GCC unroll 4
    for (int j = 0; j < kBlockVectors; ++j) acc[j] = Isa::load(task.initial + j * kVecUnits);
    const std::int32_t* weights = task.weights;
    for (std::int64_t kx = 0; kx < task.kernel_width; ++kx) {
      for (std::int64_t quad = 0; quad < quads; ++quad, weights += kBlockUnits) {
        Vec elements[kBlockVectors];
#pragma GCC unroll 4
        for (int j = 0; j < kBlockVectors; ++j)
          elements[j] = Isa::load(window + kx * task.dilation_width * pixel_units + quad * kBlockUnits + j * kVecUnits);
        add_tap(acc, elements, weights);
      }
    }
    sink.put(x, acc);
  }
}

void depthwise(const DepthwiseTask& task) {
  const std::int64_t quads = (task.kernel_height + Isa::kUnitElements - 1) / Isa::kUnitElements;
  const bool is_3x3 = task.kernel_height == 3 && task.kernel_width == 3 && task.dilation_width == 1;
  for (std::int64_t y = 0; y < task.height; ++y) {
    const std::uint8_t* window_row = task.tile + y * task.row_step;
    std::uint8_t* codes = task.output.codes + y * task.output.row_stride;
    std::int32_t* accumulators = task.output.accumulators + y * task.width * task.output.accumulator_stride;
    if (is_3x3 && task.stride_width == 1) {
      depthwise_row_3x3<1>(task, window_row, codes, accumulators);
    } else if (is_3x3 && task.stride_width == 2) {
      depthwise_row_3x3<2>(task, window_row, codes, accumulators);
    } else {
      interleave_row(task, window_row, quads);
      depthwise_row(task, quads, codes, accumulators);
    }
  }
}

}  // namespace
}  // namespace evenshift::sim
