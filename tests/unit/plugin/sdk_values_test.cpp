// The SDK's tests read option values as the kernel reads them in a manifest.
#include "options.hpp"
#include "plugin/value.hpp"

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace spaceframe::plugin_host;
using spaceframe::plugin::testing::OptionValues;

namespace
{

std::optional<sf_value> read_by_sdk(const sf_option& option, std::string_view text)
{
    try
    {
        return *OptionValues(&option, 1, {{option.key, text}}).data();
    }
    catch (const std::invalid_argument&)
    {
        return std::nullopt;
    }
}

} // namespace

TEST_CASE("what the SDK's OptionValues reads is what the kernel reads")
{
    struct Kind
    {
        std::uint32_t type;
        const char* default_value;
    };
    for (const Kind& kind :
         {Kind{SF_TYPE_BOOL, "on"}, Kind{SF_TYPE_INTEGER, "1"}, Kind{SF_TYPE_REAL, "1"},
          Kind{SF_TYPE_BYTES, "1"}, Kind{SF_TYPE_DURATION, "1s"}, Kind{SF_TYPE_PERCENT, "1%"}})
    {
        const sf_option option = make_option(kind.type, kind.default_value);
        for (const std::string_view text : {"",
                                            "0",
                                            "1",
                                            "-17",
                                            "1.5",
                                            "0.25",
                                            "on",
                                            "off",
                                            "true",
                                            "maybe",
                                            "4096",
                                            "7B",
                                            "400kB",
                                            "400KB",
                                            "3MB",
                                            "2GB",
                                            "1TB",
                                            "64KiB",
                                            "1MiB",
                                            "1GiB",
                                            "1TiB",
                                            "5ns",
                                            "5us",
                                            "5ms",
                                            "30s",
                                            "2min",
                                            "1h",
                                            "1d",
                                            "0s",
                                            "infinite",
                                            "25%",
                                            "2.5%",
                                            "%",
                                            "1 s",
                                            "0x10",
                                            "1e3",
                                            "-5ms",
                                            "25 %",
                                            "1%%",
                                            "99999999999999999999",
                                            "9223372036854775807",
                                            "9223372036854775807h"})
        {
            CAPTURE(kind.type);
            CAPTURE(text);
            std::string problem;
            const auto kernel = parse_value(option, text, problem);
            const auto sdk = read_by_sdk(option, text);
            REQUIRE(kernel.has_value() == sdk.has_value());
            if (kernel)
            {
                CHECK(kernel->integer == sdk->integer);
                CHECK(kernel->real == doctest::Approx(sdk->real));
            }
        }
    }
}
