#include "plugin/registry.hpp"
#include "plugin/value.hpp"

#include <spaceframe/plugin/abi.h>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace spaceframe::plugin_host;

TEST_CASE("a plug-in in C, written against abi.h alone, loads and works")
{
    const auto registry = Registry::load({SPACEFRAME_C_PLUGIN_FOLDER});
    CHECK(registry->errors().empty());

    const Role* const role = registry->find(SF_ROLE_RECONNECT, "in-c");
    REQUIRE(role != nullptr);
    CHECK(role->plugin->name == "c-plugin");
    CHECK(role->plugin->version == "0.0.1");
    CHECK(role->plugin->tag == "C");
    CHECK(role->plugin->file.filename() == "c-plugin.so");

    const std::vector<Value> values = default_values(role->options);
    const std::vector<sf_value> given = to_abi(values);
    const auto& table = role->as<sf_reconnect>();
    sf_host host{};
    sf_schedule* schedule = nullptr;
    REQUIRE(table.create(&host, given.data(), given.size(), &schedule) == SF_OK);

    std::uint64_t delay = 0;
    sf_failure last{sizeof(sf_failure), SF_SYSTEM, 0, 0};
    CHECK(table.next_delay(schedule, 1, &last, &delay) == SF_OK);
    CHECK(delay == 250'000'000);
    last.status = SF_REFUSED;
    CHECK(table.next_delay(schedule, 2, &last, &delay) == SF_REFUSED);
    CHECK(table.query(&host, "anything/1") == nullptr);
    table.destroy(schedule);
}
