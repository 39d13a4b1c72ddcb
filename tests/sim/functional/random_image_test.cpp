#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/golden_executor.h"
#include "tests/support/random_image.h"

namespace evenshift::support {
namespace {

TEST(RandomImage, CoversEveryCommandAndSurvivesTheFile) {
  std::map<std::string, int> commands;
  int continued = 0, multiplied = 0, grouped = 0, dilated = 0, interesting = 0, outputs = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto image = random_image({.seed = seed});
    const auto bytes = image::write(image);
    ASSERT_EQ(image::write(image::read(bytes, "random image")), bytes) << seed;
    for (const auto& command : image.commands) {
      ++commands[isa::name_of(command.operation)];
      if (const auto* conv = std::get_if<isa::Conv>(&command.operation)) {
        continued += conv->continues;
        multiplied += conv->inputs_per_group == 1 && conv->outputs_per_group > 1;
        grouped += conv->inputs_per_group > 1 && conv->outputs_per_group < conv->output_channels;
        dilated += conv->dilation_width > 1;
      }
    }
    GoldenExecutor golden;
    golden.load(image);
    for (const auto& codes : golden.run(random_inputs(image, seed))) {
      if (codes.size() < 64) continue;
      ++outputs;
      interesting += std::set<std::int8_t>(codes.begin(), codes.end()).size() > 8;
    }
  }
  EXPECT_EQ(commands.size(), std::variant_size_v<isa::Operation>);
  for (const auto& [name, count] : commands) EXPECT_GT(count, 10) << name;
  EXPECT_GT(continued, 20);
  EXPECT_GT(multiplied, 10);
  EXPECT_GT(grouped, 10);
  EXPECT_GT(dilated, 20);
  EXPECT_GT(interesting * 3, outputs * 2) << "most outputs must not be saturated";
}

}  // namespace
}  // namespace evenshift::support
