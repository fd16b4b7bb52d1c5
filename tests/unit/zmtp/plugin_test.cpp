#include "wire_bytes.hpp"

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#ifdef SPACEFRAME_PLUGIN_STATIC_NAME
#define ENTRY SPACEFRAME_PLUGIN_STATIC_NAME
#else
#define ENTRY spaceframe_plugin
#endif
extern "C" const sf_plugin* ENTRY();

using namespace zmtp_test;
using spaceframe::plugin::testing::FakeHost;
using spaceframe::plugin::testing::OptionValues;

TEST_CASE("the plug-in offers the protocol zmtp with its options")
{
    const sf_plugin* const plugin = ENTRY();
    REQUIRE(plugin != nullptr);
    CHECK(std::string_view(plugin->name) == "zmtp");
    REQUIRE(plugin->role_count == 1);
    const sf_role& role = plugin->roles[0];
    CHECK(role.role == SF_ROLE_PROTOCOL);
    CHECK(std::string_view(role.name) == "zmtp");
    std::vector<std::string> keys;
    for (std::size_t i = 0; i != role.option_count; ++i)
    {
        keys.emplace_back(role.options[i].key);
    }
    CHECK(keys ==
          std::vector<std::string>{"handshake_ivl", "heartbeat_ivl", "heartbeat_timeout", "heartbeat_ttl"});
}

TEST_CASE("options of heartbeats that are not sent are warned of, as nothing heeds them")
{
    const sf_role& role = ENTRY()->roles[0];
    const auto& table = *static_cast<const sf_protocol*>(role.table);
    const auto is_warned = [&](std::initializer_list<OptionValues::Setting> given)
    {
        FakeHost host;
        const OptionValues values(role, given);
        sf_protocol_instance* instance = nullptr;
        REQUIRE(table.create(host.table(), values.data(), values.size(), &instance) == SF_OK);
        table.destroy(instance);
        const auto lines = host.log_lines();
        return lines.size() == 1 && lines[0].level == SF_LOG_WARNING &&
               lines[0].text.find("expected beside heartbeat_ivl") != std::string::npos;
    };
    CHECK(is_warned({{"heartbeat_timeout", "2s"}}));
    CHECK(is_warned({{"heartbeat_ttl", "2s"}}));
    CHECK(is_warned({{"heartbeat_ivl", "infinite"}, {"heartbeat_timeout", "2s"}}));
    CHECK_FALSE(is_warned({}));
    CHECK_FALSE(is_warned({{"heartbeat_ivl", "1s"}, {"heartbeat_timeout", "2s"}, {"heartbeat_ttl", "3s"}}));
}

TEST_CASE("a session made through the table knows the options, and gives reasons through the host")
{
    FakeHost host;
    const sf_role& role = ENTRY()->roles[0];
    const auto& table = *static_cast<const sf_protocol*>(role.table);
    CHECK(table.flags == SF_PROTOCOL_BYTES);
    CHECK(table.frame_overhead == 9);

    const OptionValues values(role, {{"handshake_ivl", "20ms"}});
    sf_protocol_instance* instance = nullptr;
    REQUIRE(table.create(host.table(), values.data(), values.size(), &instance) == SF_OK);
    sf_session_config config{};
    config.size = sizeof config;
    config.socket_type = "PUSH";
    config.max_message_size = UINT64_MAX;
    config.max_frames = 10;
    sf_session* session = nullptr;
    REQUIRE(table.session_open(instance, &config, &session) == SF_OK);

    std::vector<std::uint8_t> block(SF_CONTROL_CAPACITY);
    sf_output control{block.data(), block.size(), 0};
    REQUIRE(table.start(session, 1000, &control) == SF_OK);
    CHECK(control.length == 11);
    sf_time next = 0;
    CHECK(table.tick(session, 1000, &control, &next) == SF_OK);
    CHECK(next == 20'001'000);

    std::string greeted = greeting(3, 1, "PLAIN");
    sf_decode call{};
    call.size = sizeof call;
    call.data = reinterpret_cast<std::uint8_t*>(greeted.data());
    call.length = greeted.size();
    call.control = control;
    CHECK(table.decode(session, &call) == SF_PROTOCOL);
    CHECK(host.last_error().status == SF_PROTOCOL);
    CHECK(host.last_error().text.find("'PLAIN'") != std::string::npos);

    table.session_close(session);
    config.socket_type = "";
    CHECK(table.session_open(instance, &config, &session) == SF_INVALID);
    table.destroy(instance);
}
