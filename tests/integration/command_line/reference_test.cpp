#include "program.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using command_line::run;

namespace
{

std::string code(const std::string& text)
{
    return text.empty() ? "" : "`" + text + "`";
}

std::string range_of(const nlohmann::json& option)
{
    std::string result;
    for (const auto& choice : option["choices"])
    {
        result += (result.empty() ? "" : ", ") + code(choice);
    }
    const std::string minimum = option["minimum"].is_null() ? "" : option["minimum"].get<std::string>();
    const std::string maximum = option["maximum"].is_null() ? "" : option["maximum"].get<std::string>();
    if (!minimum.empty() && !maximum.empty())
    {
        return code(minimum) + " to " + code(maximum);
    }
    return !minimum.empty() ? "from " + code(minimum) : !maximum.empty() ? "up to " + code(maximum) : result;
}

std::string table_of(const nlohmann::json& role)
{
    std::string result = "| option | type | default | range | |\n|---|---|---|---|---|\n";
    for (const auto& option : role["options"])
    {
        const std::string default_value = option["default"];
        result += "| " + code(option["key"]) + " | " + option["type"].get<std::string>() + " | " +
                  code(default_value) + " | " + range_of(option) + " | " + option["help"].get<std::string>() +
                  " |\n";
    }
    return result;
}

} // namespace

TEST_CASE("docs/manifest.md has the options of the plug-ins that are shipped, as they are")
{
    std::ifstream stream(std::filesystem::path(SPACEFRAME_SOURCE_FOLDER) / "docs" / "manifest.md");
    const std::string page(std::istreambuf_iterator<char>(stream), {});
    const auto roles = nlohmann::json::parse(run({"plugins", "--json"}).out);
    CHECK(roles.size() >= 8);
    for (const auto& role : roles)
    {
        if (role["options"].empty())
        {
            continue;
        }
        const std::string expected = "<!-- options of " + role["role"].get<std::string>() + " " +
                                     role["name"].get<std::string>() + " -->\n" + table_of(role) +
                                     "<!-- end -->\n";
        CAPTURE(expected);
        CHECK(page.find(expected) != std::string::npos);
    }
}
