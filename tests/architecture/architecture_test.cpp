// The arrows between the layers (README.md, Layout), enforced on the sources as they are, and the kernel's
// size.
#include "measure.hpp"
#include "rules.hpp"
#include "source_tree.hpp"

#include <doctest/doctest.h>

#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace architecture;

namespace
{

std::string report(const std::vector<Violation>& violations)
{
    std::ostringstream text;
    for (const Violation& violation : violations)
    {
        text << '\n' << violation;
    }
    return text.str();
}

// The violations of one include, in a tree that has a file of every layer.
std::vector<Violation> check_one(const std::string& file, const std::string& include)
{
    SourceTree tree{
        {"framework/include/spaceframe/kernel.hpp", ""},
        {"framework/engine/connection.hpp", ""},
        {"framework/manifest/manifest.hpp", ""},
        {"framework/memory/slab.hpp", ""},
        {"framework/pattern/strategy.hpp", ""},
        {"framework/pattern/table.hpp", ""},
        {"framework/plugin/registry.hpp", ""},
        {"plugins/first/first.hpp", ""},
        {"plugins/second/second.hpp", ""},
        {"sdk/include/spaceframe/plugin/abi.h", ""},
        {"sdk/include/spaceframe/plugin/abi/types.h", ""},
        {"sdk/include/spaceframe/plugin/transport.hpp", ""},
        {"tests/support/helper.hpp", ""},
    };
    tree[file] = "#pragma once\n#include " + include + "\n";
    return check_includes(tree);
}

} // namespace

TEST_CASE("every include follows the arrows between the layers")
{
    const SourceTree tree = read_source_tree(SPACEFRAME_SOURCE_DIR);
    CHECK(tree.size() > 5);
    const std::vector<Violation> violations = check_includes(tree);
    CHECK_MESSAGE(violations.empty(), report(violations));
}

TEST_CASE("the kernel names no protocol and no plug-in")
{
    const std::vector<Violation> violations = check_words(read_source_tree(SPACEFRAME_SOURCE_DIR));
    CHECK_MESSAGE(violations.empty(), report(violations));
}

TEST_CASE("the kernel's size is measured")
{
    std::size_t total = 0;
    std::ostringstream parts;
    for (const auto& [folder, lines] : kernel_lines(read_source_tree(SPACEFRAME_SOURCE_DIR)))
    {
        total += lines;
        parts << ' ' << folder << ' ' << lines;
    }
    std::cout << "measured: the kernel has " << total << " lines of code:" << parts.str() << '\n';
#ifdef SPACEFRAME_KERNEL_FILE
    CHECK(total > 0);
    const BinarySize size = binary_size(SPACEFRAME_KERNEL_FILE);
    CHECK(size.loaded > 0);
    std::cout << "measured: the kernel's library maps " << size.loaded / 1024 << " KiB (its file has "
              << size.file / 1024 << " KiB with debug information)\n";
#endif
}

TEST_CASE("an include against an arrow is found")
{
    const char* file = "";
    const char* include = "";
    SUBCASE("a plug-in includes the kernel")
    {
        file = "plugins/first/a.cpp";
        include = "<spaceframe/kernel.hpp>";
    }
    SUBCASE("a plug-in includes another plug-in")
    {
        file = "plugins/first/a.cpp";
        include = "\"../second/second.hpp\"";
    }
    SUBCASE("a plug-in of the tests includes a helper of the tests")
    {
        file = "tests/plugins/third/a.cpp";
        include = "\"helper.hpp\"";
    }
    SUBCASE("a sample plug-in includes the public API")
    {
        file = "samples/plugins/third/a.cpp";
        include = "<spaceframe/kernel.hpp>";
    }
    SUBCASE("the SDK includes the kernel")
    {
        file = "sdk/include/spaceframe/plugin/a.hpp";
        include = "<spaceframe/kernel.hpp>";
    }
    SUBCASE("the SDK includes Boost")
    {
        file = "sdk/include/spaceframe/plugin/a.hpp";
        include = "<boost/asio.hpp>";
    }
    SUBCASE("the C contract includes a C++ header")
    {
        file = "sdk/include/spaceframe/plugin/abi.h";
        include = "<string>";
    }
    SUBCASE("the C contract includes a wrapper")
    {
        file = "sdk/include/spaceframe/plugin/abi.h";
        include = "\"transport.hpp\"";
    }
    SUBCASE("a part of the C contract includes a C++ header")
    {
        file = "sdk/include/spaceframe/plugin/abi/host.h";
        include = "<cstdint>";
    }
    SUBCASE("a part of the C contract includes a wrapper")
    {
        file = "sdk/include/spaceframe/plugin/abi/host.h";
        include = "<spaceframe/plugin/transport.hpp>";
    }
    SUBCASE("the kernel includes a part of the C contract instead of the whole")
    {
        file = "framework/engine/a.cpp";
        include = "<spaceframe/plugin/abi/types.h>";
    }
    SUBCASE("the kernel includes a C++ wrapper of the SDK")
    {
        file = "framework/engine/a.cpp";
        include = "<spaceframe/plugin/transport.hpp>";
    }
    SUBCASE("the kernel includes a plug-in")
    {
        file = "framework/engine/a.cpp";
        include = "\"../../plugins/first/first.hpp\"";
    }
    SUBCASE("the kernel includes libzmq")
    {
        file = "framework/engine/a.cpp";
        include = "<zmq.h>";
    }
    SUBCASE("memory includes the engine")
    {
        file = "framework/memory/a.cpp";
        include = "\"engine/connection.hpp\"";
    }
    SUBCASE("memory includes the loader, through an angled include")
    {
        file = "framework/memory/a.cpp";
        include = "<plugin/registry.hpp>";
    }
    SUBCASE("the manifest includes more of the patterns than their table")
    {
        file = "framework/manifest/a.cpp";
        include = "\"../pattern/strategy.hpp\"";
    }
    SUBCASE("the loader includes the engine")
    {
        file = "framework/plugin/a.cpp";
        include = "\"engine/connection.hpp\"";
    }
    SUBCASE("a public header includes an internal one")
    {
        file = "framework/include/spaceframe/a.hpp";
        include = "\"memory/slab.hpp\"";
    }
    SUBCASE("a tool includes an internal header")
    {
        file = "tools/a.cpp";
        include = "\"manifest/manifest.hpp\"";
    }
    SUBCASE("a tool includes the SDK")
    {
        file = "tools/a.cpp";
        include = "<spaceframe/plugin/abi.h>";
    }
    SUBCASE("a sample includes an internal header")
    {
        file = "samples/broker/a.cpp";
        include = "\"engine/connection.hpp\"";
    }
    SUBCASE("an include names no file of the project")
    {
        file = "framework/engine/a.cpp";
        include = "<spaceframe/no_such_file.hpp>";
    }
    SUBCASE("an include is computed by a macro")
    {
        file = "framework/engine/a.cpp";
        include = "HEADER";
    }
    const std::vector<Violation> violations = check_one(file, include);
    CAPTURE(report(violations));
    REQUIRE(violations.size() == 1);
    CHECK(violations.front().file == file);
    CHECK(violations.front().line == 2);
}

TEST_CASE("an include along an arrow is left alone")
{
    CHECK(check_one("plugins/first/a.cpp", "\"first.hpp\"").empty());
    CHECK(check_one("plugins/first/src/a.cpp", "\"../first.hpp\"").empty());
    CHECK(check_one("plugins/first/a.cpp", "<spaceframe/plugin/transport.hpp>").empty());
    CHECK(check_one("plugins/first/a.cpp", "<vector>").empty());
    CHECK(check_one("sdk/include/spaceframe/plugin/a.hpp", "<spaceframe/plugin/abi.h>").empty());
    CHECK(check_one("sdk/include/spaceframe/plugin/abi.h", "<spaceframe/plugin/abi/types.h>").empty());
    CHECK(check_one("sdk/include/spaceframe/plugin/abi/host.h", "<spaceframe/plugin/abi/types.h>").empty());
    CHECK(check_one("sdk/include/spaceframe/plugin/abi/types.h", "<stdint.h>").empty());
    CHECK(check_one("framework/memory/a.cpp", "<spaceframe/plugin/abi.h>").empty());
    CHECK(check_one("framework/manifest/a.cpp", "\"plugin/registry.hpp\"").empty());
    CHECK(check_one("framework/manifest/a.cpp", "\"../pattern/table.hpp\"").empty());
    CHECK(check_one("framework/engine/a.cpp", "\"pattern/table.hpp\"").empty());
    CHECK(check_one("framework/engine/a.cpp", "<boost/asio.hpp>").empty());
    CHECK(check_one("tools/a.cpp", "<spaceframe/kernel.hpp>").empty());
    CHECK(check_one("samples/broker/client.cpp", "<zmq.h>").empty());
    CHECK(check_one("tests/unit/engine/a.cpp", "\"engine/connection.hpp\"").empty());
}

TEST_CASE(
    "a word of a protocol in the kernel is found in code and in comments, but for the table of defaults")
{
    const std::vector<Violation> violations = check_words({
        {"framework/engine/a.cpp", "\n// as ZMTP does\nint zmtp_version;\n"},
        {"framework/manifest/defaults.hpp", "constexpr const char* protocol = \"zmtp\";\n"},
        {"framework/plugin/b.cpp", "load(\"transport-tcp\");\n"},
        {"plugins/zmtp/c.cpp", "// ZMTP\n"},
    });
    REQUIRE(violations.size() == 3);
    CHECK(violations[0].file == "framework/engine/a.cpp");
    CHECK(violations[0].line == 2);
    CHECK(violations[1].line == 3);
    CHECK(violations[2].file == "framework/plugin/b.cpp");
}

TEST_CASE("lines of code are counted without comments and empty lines, by folder")
{
    const auto counts = kernel_lines({
        {"framework/engine/a.cpp", "// why\n\nint a;\n    /* what\n     * more\n     */\nint b;"},
        {"framework/kernel.cpp", "int c;\n"},
        {"plugins/zmtp/c.cpp", "int d;\n"},
    });
    CHECK(counts.size() == 2);
    CHECK(counts.at("engine") == 2);
    CHECK(counts.at(".") == 1);
}
