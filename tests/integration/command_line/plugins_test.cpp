#include "program.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <set>

using command_line::Folder;
using command_line::run;

TEST_CASE("plugins --json is an array with an object for each role")
{
    const auto result = run({"plugins", "--json"});
    CHECK(result.code == 0);
    std::set<std::string> names;
    for (const auto& role : nlohmann::json::parse(result.out))
    {
        CAPTURE(role.dump());
        names.insert(role["role"].get<std::string>() + " " + role["name"].get<std::string>());
        CHECK(!role["summary"].get<std::string>().empty());
        CHECK(!role["plugin"].get<std::string>().empty());
        CHECK(!role["version"].get<std::string>().empty());
        CHECK(role["abi"].get<std::string>().find('.') != std::string::npos);
        CHECK((role["file"].is_null() || std::filesystem::exists(role["file"].get<std::string>())));
        CHECK(role["options"].is_array());
    }
    for (const char* name : {"transport tcp", "transport ipc", "protocol zmtp", "backpressure noop",
                             "backpressure semaphore", "reconnect none", "reconnect fixed",
                             "reconnect exponential", "reconnect decorrelated", "reconnect breaker"})
    {
        CAPTURE(name);
        CHECK(names.contains(name));
    }
}

TEST_CASE("plugins lists a line for each role, and its options when asked")
{
    const auto lines = run({"plugins"});
    CHECK(lines.code == 0);
    CHECK(lines.out.find("exponential") != std::string::npos);
    CHECK(lines.out.find("jitter") == std::string::npos);
    const auto all = run({"plugins", "--options"});
    CHECK(all.out.find("jitter") != std::string::npos);
    CHECK(all.out.find("bytes") != std::string::npos);
    const auto one = run({"plugins", "--options", "exponential"});
    CHECK(one.code == 0);
    CHECK(one.out.find("jitter") != std::string::npos);
    CHECK(one.out.find("semaphore") == std::string::npos);
    const auto plugin = run({"plugins", "--options", "reconnect"});
    CHECK(plugin.out.find("interval") != std::string::npos);
}

TEST_CASE("a name that no plug-in bears is said")
{
    const auto result = run({"plugins", "--options", "telephone"});
    CHECK(result.code == 1);
    CHECK(result.err.find("\"telephone\"") != std::string::npos);
}

TEST_CASE("plugins reports a broken file and ends with 3, and lists the others")
{
    const Folder folder;
    const auto file = folder.write("broken.so", "this is no library");
    const auto result =
        run({"plugins", "--json", "--verbose"}, {{"SPACEFRAME_PLUGIN_PATH", folder.path().string()}});
    CHECK(result.code == 3);
    CHECK(result.err.find("error: " + file) != std::string::npos);
    CHECK(result.err.find(file + ": refused") != std::string::npos);
    CHECK(nlohmann::json::parse(result.out).size() >= 8);
}

TEST_CASE("reference prints what manifests may say, the options of the plug-ins included")
{
    const auto result = run({"reference"});
    CHECK(result.code == 0);
    CHECK(result.err == "");
    CHECK(result.out.find("\n### `kernel`\n") != std::string::npos);
    CHECK(result.out.find("\n### transport `tcp`\n") != std::string::npos);
    CHECK(result.out.find("\n| `tcp_nodelay` | bool | `true` |") != std::string::npos);
}

TEST_CASE("reference reports a broken file and ends with 3, and prints the rest")
{
    const Folder folder;
    folder.write("broken.so", "this is no library");
    const auto result = run({"reference", "--search", folder.path().string()});
    CHECK(result.code == 3);
    CHECK(result.err.find("broken.so: is not a shared library") != std::string::npos);
    CHECK(result.out.find("\n### protocol `zmtp`\n") != std::string::npos);
}
