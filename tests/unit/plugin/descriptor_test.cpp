#include "manifest/structure.hpp"
#include "plugin/descriptor.hpp"

#include <spaceframe/plugin/abi.h>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

using spaceframe::manifest::is_reserved;
using namespace spaceframe::plugin_host;

namespace
{

const sf_reconnect table{sizeof(sf_reconnect),
                         0,
                         [](auto...) -> sf_status
                         {
                             return SF_OK;
                         },
                         [](auto...) {},
                         [](auto...) -> sf_status
                         {
                             return SF_OK;
                         },
                         [](auto...) {},
                         nullptr};

const sf_option options[] = {{"delay", SF_TYPE_DURATION, 0, "1s", nullptr, nullptr, nullptr, "The delay"}};

constexpr std::string_view ours = "this kernel speaks 0.1";

// A sound plug-in, to be spoiled in one place.
struct Sample
{
    std::vector<sf_role> roles{
        {SF_ROLE_RECONNECT, sizeof(sf_option), "steady", "The same delay", &table, options, 1}};
    sf_plugin plugin{SF_PLUGIN_MAGIC, sizeof(sf_plugin),
                     SF_ABI_MAJOR,    SF_ABI_MINOR,
                     "cc 1.0",        "sample",
                     "1.0",           "For tests",
                     sizeof(sf_role), 0,
                     roles.data(),    roles.size()};

    std::string problem()
    {
        plugin.roles = roles.data();
        plugin.role_count = roles.size();
        std::string text;
        CHECK(read_plugin(plugin, "/some/file.so", text) == nullptr);
        return text;
    }
};

bool contains(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a sound descriptor becomes a plug-in with its roles")
{
    Sample sample;
    std::string problem;
    const auto plugin = read_plugin(sample.plugin, "/some/file.so", problem);
    REQUIRE_MESSAGE(plugin != nullptr, problem);
    CHECK(plugin->name == "sample");
    CHECK(plugin->version == "1.0");
    CHECK(plugin->tag == "cc 1.0");
    CHECK(plugin->file == "/some/file.so");
    REQUIRE(plugin->roles.size() == 1);
    const Role& role = plugin->roles[0];
    CHECK(role.kind == SF_ROLE_RECONNECT);
    CHECK(role.name == "steady");
    CHECK(role.plugin == plugin.get());
    REQUIRE(role.options.size() == 1);
    CHECK(std::string(role.options[0].key) == "delay");
    CHECK((role.as<sf_reconnect>().next_delay == table.next_delay));
}

TEST_CASE("the frozen fields are looked at in their order: magic, size, major, minor")
{
    Sample sample;
    sample.plugin = {};
    sample.plugin.abi_major = 7;
    CHECK(contains(sample.problem(), "no Spaceframe descriptor"));
    sample.plugin.magic = SF_PLUGIN_MAGIC;
    CHECK(contains(sample.problem(), "its descriptor has 0 bytes"));
    sample.plugin.size = offsetof(sf_plugin, name);
    sample.plugin.abi_minor = 9;
    CHECK(contains(sample.problem(), "version 7.9"));
    CHECK(contains(sample.problem(), ours));
    sample.plugin.abi_major = SF_ABI_MAJOR;
    CHECK(contains(sample.problem(), "version 0.9"));
    CHECK(contains(sample.problem(), "Update the kernel"));
    sample.plugin.abi_minor = SF_ABI_MINOR;
    CHECK(contains(sample.problem(), "its descriptor has 32 bytes, and at least 80 are needed"));
}

TEST_CASE("nothing behind the frozen fields is read before they are checked")
{
    // Only the frozen part exists; a look behind it is a read out of bounds, which the sanitizers report.
    std::vector<std::byte> memory(offsetof(sf_plugin, name));
    const std::uint32_t magic = SF_PLUGIN_MAGIC;
    const std::uint32_t size = sizeof(sf_plugin);
    const std::uint16_t major = SF_ABI_MAJOR + 1;
    std::memcpy(memory.data() + offsetof(sf_plugin, magic), &magic, sizeof(magic));
    std::memcpy(memory.data() + offsetof(sf_plugin, size), &size, sizeof(size));
    std::memcpy(memory.data() + offsetof(sf_plugin, abi_major), &major, sizeof(major));
    std::memset(memory.data() + offsetof(sf_plugin, tag), 'x', sizeof(sf_plugin::tag)); // no NUL either
    std::string problem;
    CHECK(read_plugin(*reinterpret_cast<const sf_plugin*>(memory.data()), {}, problem) == nullptr);
    CHECK(contains(problem,
                   "version 1.0 of the plug-in contract (xxxxxxxxxxxxxxxxxxxx), this kernel speaks 0.1. "));
}

TEST_CASE("a role is refused with its name and what is wrong with it")
{
    Sample sample;
    SUBCASE("an option table with a fault")
    {
        sf_option wrong = options[0];
        wrong.default_value = "soon";
        sample.roles[0].options = &wrong;
        const std::string problem = sample.problem();
        CHECK(contains(
            problem,
            "the reconnect role 'steady' is malformed: option 'delay': its default: found \"soon\""));
    }
    SUBCASE("an option that a manifest could not set")
    {
        sf_option wrong = options[0];
        wrong.key = "use";
        sample.roles[0].options = &wrong;
        CHECK(contains(sample.problem(),
                       "the reconnect role 'steady' is malformed: option 'use': manifests have a key"));
    }
    SUBCASE("no option table")
    {
        sample.roles[0].options = nullptr;
        CHECK(contains(sample.problem(), "its option table is missing"));
    }
    SUBCASE("rows of options that are too short")
    {
        sample.roles[0].option_size = 8;
        CHECK(contains(sample.problem(), "its rows have 8 bytes instead of 56"));
    }
    SUBCASE("no name")
    {
        sample.roles[0].name = nullptr;
        CHECK(contains(sample.problem(), "it has no name"));
    }
    SUBCASE("no table")
    {
        sample.roles[0].table = nullptr;
        CHECK(contains(sample.problem(), "it has no table"));
    }
    SUBCASE("offered twice")
    {
        sample.roles.push_back(sample.roles[0]);
        CHECK(contains(sample.problem(), "offers it twice"));
    }
}

TEST_CASE("keys of manifests are reserved where options of the role are given, and only there")
{
    for (const std::uint32_t kind : {SF_ROLE_TRANSPORT, SF_ROLE_PROTOCOL})
    {
        for (const char* key :
             {"pattern", "bind", "connect", "endpoint", "backpressure", "reconnect", "protocol"})
        {
            CAPTURE(key);
            CHECK(is_reserved(kind, key));
            CHECK_FALSE(is_reserved(SF_ROLE_RECONNECT, key));
        }
    }
    for (const char* key : {"role", "use"})
    {
        CAPTURE(key);
        CHECK(is_reserved(SF_ROLE_BACKPRESSURE, key));
        CHECK(is_reserved(SF_ROLE_RECONNECT, key));
        CHECK_FALSE(is_reserved(SF_ROLE_TRANSPORT, key));
    }
    CHECK_FALSE(is_reserved(SF_ROLE_TRANSPORT, "sndbuf"));
}

TEST_CASE("a plug-in without a name or without roles is refused")
{
    Sample sample;
    sample.plugin.name = "Not A Name";
    CHECK(contains(sample.problem(), "has no name"));
    sample.plugin.name = "sample";
    sample.roles.clear();
    CHECK(contains(sample.problem(), "offers no role"));
}

TEST_CASE("longer rows of next year's plug-in are read at their own distance")
{
    struct LongerOption
    {
        sf_option option;
        const char* more;
    };
    struct LongerRole
    {
        sf_role role;
        const char* more;
    };
    const std::array<LongerOption, 2> long_options{{{options[0], "x"}, {options[0], "y"}}};
    std::array<LongerOption, 2> rows = long_options;
    rows[1].option.key = "second";
    const std::array<LongerRole, 2> roles{
        {{{SF_ROLE_RECONNECT, sizeof(LongerOption), "one", "", &table, &rows[0].option, 2}, "x"},
         {{SF_ROLE_RECONNECT, sizeof(LongerOption), "two", "", &table, &rows[0].option, 1}, "y"}}};
    Sample sample;
    sample.plugin.roles = &roles[0].role;
    sample.plugin.role_count = 2;
    sample.plugin.role_size = sizeof(LongerRole);
    std::string problem;
    const auto plugin = read_plugin(sample.plugin, {}, problem);
    REQUIRE_MESSAGE(plugin != nullptr, problem);
    REQUIRE(plugin->roles.size() == 2);
    CHECK(plugin->roles[1].name == "two");
    CHECK(std::string(plugin->roles[0].options[1].key) == "second");
}

TEST_CASE("an entry that throws or returns nothing is a problem, not a crash")
{
    std::string problem;
    CHECK(read_plugin(
              []() -> const sf_plugin*
              {
                  throw std::runtime_error("no licence");
              },
              {}, problem) == nullptr);
    CHECK(problem == "its entry 'spaceframe_plugin' threw an exception: no licence");
    CHECK(read_plugin(
              []() -> const sf_plugin*
              {
                  throw 5;
              },
              {}, problem) == nullptr);
    CHECK(problem == "its entry 'spaceframe_plugin' threw an exception");
    CHECK(read_plugin(
              []() -> const sf_plugin*
              {
                  return nullptr;
              },
              {}, problem) == nullptr);
    CHECK(contains(problem, "returned no descriptor"));
}
