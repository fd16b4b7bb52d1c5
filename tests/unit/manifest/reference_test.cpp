#include <spaceframe/manifest.hpp>
#include <spaceframe/plugins.hpp>

#include <doctest/doctest.h>
#include <framework/manifest/settings.hpp>
#include <framework/manifest/structure.hpp>
#include <framework/pattern/table.hpp>

#include <string>
#include <string_view>

using namespace spaceframe;

namespace
{

PluginInfo plugin_with(std::string name, PluginRole role)
{
    PluginInfo plugin;
    plugin.name = std::move(name);
    plugin.roles.push_back(std::move(role));
    return plugin;
}

bool contains(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the reference has every key of every section, every option of the kernel, and every pattern")
{
    const std::string text = manifest_reference({});
    for (const auto keys : {std::span<const manifest::StructuralKey>(manifest::top_keys),
                            {manifest::plugins_keys},
                            {manifest::policy_keys},
                            {manifest::socket_keys},
                            {manifest::endpoint_keys},
                            {manifest::proxy_keys}})
    {
        for (const manifest::StructuralKey& row : keys)
        {
            CAPTURE(row.key);
            CHECK(contains(text, "| `" + std::string(row.key) + "` | " + std::string(row.type) + " | "));
        }
    }
    for (const manifest::SettingRow& row : manifest::setting_rows())
    {
        CAPTURE(row.option.key);
        CHECK(contains(text, "| `" + std::string(row.option.key) + "` | "));
    }
    for (const sf_option& option : manifest::kernel_options())
    {
        CAPTURE(option.key);
        CHECK(contains(text, "| `" + std::string(option.key) + "` | "));
    }
    for (const pattern::Row& row : pattern::patterns())
    {
        CAPTURE(row.name);
        CHECK(contains(text, "`" + std::string(row.name) + "`"));
    }
}

TEST_CASE("the reference says of a key what it takes, how often, and what holds without it")
{
    const std::string text = manifest_reference({});
    CHECK(contains(text, "| `role` | text | mandatory |  | "));
    CHECK(contains(text, "| `bind` | endpoint |  | any number | "));
    CHECK(contains(text, "| `protocol` | role | `zmtp` |  | "));
    CHECK(contains(text, "| `threads` | integer | `1` | `0` to `64` | "));
    CHECK(contains(text, "| `linger` | duration | `infinite` | from `0ms` | "));
    CHECK(contains(text, "| `flush` | choice | `auto` | `auto`, `immediate`, `batch` | "));
    CHECK(contains(text, "| `subscribe` | text |  | any number | "));
    CHECK(contains(text, " | socket; sub, xsub |\n"));
    CHECK(contains(text, " | socket, endpoint |\n"));
}

TEST_CASE("the reference has the options of the plug-ins that it is given, by kind and plug-in")
{
    PluginOption option{"depth", "bytes", "1MiB", "1", "", {}, "How deep | at most"};
    PluginOption bare{"name", "text", "", "", "9", {}, "A name"};
    PluginListing listing;
    listing.plugins.push_back(plugin_with("z", {"transport", "well", "Water from below", {option, bare}}));
    listing.plugins.push_back(plugin_with("a", {"transport", "rope", "Up and down", {}}));
    listing.plugins.push_back(plugin_with("z2", {"backpressure", "lid", "Nothing", {}}));
    const std::string text = manifest_reference(listing);
    CHECK(contains(text, "\n### backpressure `lid`\n\nNothing.\n"
                         "\n### transport `rope`\n\nUp and down.\n"
                         "\n### transport `well`\n\nWater from below.\n"
                         "\n| key | type | default | range | |\n|---|---|---|---|---|\n"
                         "| `depth` | bytes | `1MiB` | from `1` | How deep \\| at most |\n"
                         "| `name` | text |  | up to `9` | A name |\n"));
    CHECK(text.ends_with("| A name |\n"));
}
