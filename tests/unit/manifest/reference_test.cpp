#include <doctest/doctest.h>
#include <framework/manifest/document.hpp>
#include <framework/manifest/settings.hpp>
#include <framework/manifest/source.hpp>
#include <framework/pattern/table.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace spaceframe;

namespace
{

std::string code(const std::string& text)
{
    return text.empty() ? "" : "`" + text + "`";
}

std::string code(const char* text)
{
    return code(std::string(text == nullptr ? "" : text));
}

std::string range_of(const sf_option& option)
{
    std::string choices;
    for (const std::string_view name : plugin_host::choice_names(option))
    {
        choices += (choices.empty() ? "" : ", ") + code(std::string(name));
    }
    if (option.minimum != nullptr && option.maximum != nullptr)
    {
        return code(option.minimum) + " to " + code(option.maximum);
    }
    return option.minimum != nullptr   ? "from " + code(option.minimum)
           : option.maximum != nullptr ? "up to " + code(option.maximum)
                                       : choices;
}

std::string line_of(const sf_option& option)
{
    return "| " + code(option.key) + " | " + std::string(plugin_host::type_name(option.type)) + " | " +
           code(option.default_value) + " | " + range_of(option) + " | " + option.help + " |";
}

std::string places_of(const manifest::SettingRow& row)
{
    std::string result = row.scope == manifest::Scope::socket ? "socket" : "socket, endpoint";
    for (std::string rest(row.patterns); !rest.empty();)
    {
        const std::size_t end = rest.find('|');
        result += (rest.size() == row.patterns.size() ? "; " : ", ") + rest.substr(0, end);
        rest = end == std::string::npos ? "" : rest.substr(end + 1);
    }
    return result;
}

std::string read_page()
{
    std::ifstream stream(std::filesystem::path(SPACEFRAME_SOURCE_FOLDER) / "docs" / "manifest.md");
    return {std::istreambuf_iterator<char>(stream), {}};
}

void check_table(const std::string& name, const std::string& table)
{
    const std::string page = read_page();
    const std::string expected = "<!-- options of " + name + " -->\n" + table + "<!-- end -->\n";
    CAPTURE(expected);
    CHECK(page.find(expected) != std::string::npos);
}

} // namespace

TEST_CASE("docs/manifest.md has the options of the kernel as they are")
{
    std::string table = "| option | type | default | range | |\n|---|---|---|---|---|\n";
    for (const sf_option& option : manifest::kernel_options())
    {
        table += line_of(option) + "\n";
    }
    check_table("kernel", table);
}

TEST_CASE("docs/manifest.md has the options of sockets as they are")
{
    std::string table = "| option | type | default | range | | where |\n|---|---|---|---|---|---|\n";
    for (const manifest::SettingRow& row : manifest::setting_rows())
    {
        table += line_of(row.option) + " " + places_of(row) + " |\n";
    }
    check_table("sockets", table);
}

TEST_CASE("docs/manifest.md has the patterns and limits of this version as they are")
{
    const std::string page = read_page();
    std::string patterns;
    for (const pattern::Row& row : pattern::patterns())
    {
        patterns += (patterns.empty() ? "" : ", ") + code(std::string(row.name));
    }
    CAPTURE(patterns);
    CHECK(page.find("| `pattern` | none, mandatory | " + patterns + "; ") != std::string::npos);
    CHECK(page.find("at most " + std::to_string(manifest::largest_source >> 20u) +
                    " MiB long, with blocks at most " + std::to_string(manifest::deepest_nesting) +
                    " deep") != std::string::npos);
}
