#include "fake_plugins.hpp"

#include <doctest/doctest.h>
#include <framework/manifest/settings.hpp>

#include <set>

using fake_plugins::check_socket;
using namespace spaceframe::manifest;

namespace
{

std::string error_of(std::string_view body)
{
    const auto outcome = check_socket(body);
    CHECK(outcome.description == nullptr);
    return outcome.errors.size() == 1 ? outcome.errors[0] : std::to_string(outcome.errors.size()) + " errors";
}

} // namespace

TEST_CASE(
    "every default of the kernel's tables is a value that the table accepts, and that Settings starts with")
{
    std::set<std::string> keys;
    for (const SettingRow& row : setting_rows())
    {
        CAPTURE(row.option.key);
        CHECK(keys.insert(row.option.key).second);
        std::string problem;
        const auto value =
            spaceframe::plugin_host::parse_value(row.option, row.option.default_value, problem);
        REQUIRE(value);
        if (!std::holds_alternative<std::monostate>(row.field) && !is_list(row))
        {
            Settings settings;
            assign(settings, row, *value);
            CHECK(format_setting(settings, row) == format_setting(Settings{}, row));
        }
    }
    for (const sf_option& option : kernel_options())
    {
        std::string problem;
        CHECK(spaceframe::plugin_host::parse_value(option, option.default_value, problem));
    }
}

TEST_CASE("each setting arrives in its field")
{
    const auto outcome = fake_plugins::check(R"(spaceframe 1
sockets { a { pattern router send_hwm 1 recv_hwm 2 send_hwm_bytes 3KiB recv_hwm_bytes 2MiB max_message_size 4MB max_frames 5 identity me
immediate on probe_router yes send_timeout 6ms recv_timeout 0 linger 7s flush batch router_mandatory true
router_handover true } })");
    CHECK(outcome.errors == std::vector<std::string>{});
    REQUIRE(outcome.description);
    const Settings& s = outcome.description->sockets.at(0).settings;
    using namespace std::chrono_literals;
    CHECK(s.send_hwm == 1);
    CHECK(s.recv_hwm == 2);
    CHECK(s.send_hwm_bytes == 3072);
    CHECK(s.recv_hwm_bytes == 2'097'152);
    CHECK(s.max_message_size == 4'000'000);
    CHECK(s.max_frames == 5);
    CHECK(s.identity == "me");
    CHECK(s.immediate);
    CHECK(s.probe_router);
    CHECK(s.send_timeout == 6ms);
    CHECK(s.recv_timeout == 0ms);
    CHECK(s.linger == 7s);
    CHECK(s.flush == Flush::batch);
    CHECK(s.router_mandatory);
    CHECK(s.router_handover);
}

TEST_CASE("a cap on subscriptions is the socket's, or an endpoint's, and means something to publishers only")
{
    const auto outcome = fake_plugins::check(R"(spaceframe 1
sockets { a { pattern pub max_subscriptions 1000 bind tcp://a:1 bind { endpoint tcp://b:1 max_subscriptions 5 } } })");
    CHECK(outcome.errors == std::vector<std::string>{});
    REQUIRE(outcome.description);
    const auto& socket = outcome.description->sockets.at(0);
    CHECK(socket.settings.max_subscriptions == 1000);
    CHECK(socket.endpoints.at(0).settings.max_subscriptions == 1000);
    CHECK(socket.endpoints.at(1).settings.max_subscriptions == 5);
    CHECK(fake_plugins::check("spaceframe 1\nsockets { a { pattern sub max_subscriptions 1 } }")
              .errors.size() == 1);
}

TEST_CASE("a timeout of requests turns their correlation on")
{
    using namespace std::chrono_literals;
    const auto settings_of = [](const std::string& lines)
    {
        const auto outcome =
            fake_plugins::check("spaceframe 1\nsockets { a { pattern req\n" + lines + "\n} }");
        CHECK(outcome.errors == std::vector<std::string>{});
        REQUIRE(outcome.description);
        return outcome.description->sockets.at(0).settings;
    };
    CHECK_FALSE(settings_of("req_relaxed true").req_correlate);
    CHECK(settings_of("req_relaxed true").req_relaxed);
    CHECK(settings_of("req_correlate true").request_timeout == infinite);
    CHECK(settings_of("request_timeout 5ms").request_timeout == 5ms);
    CHECK(settings_of("request_timeout 5ms").req_correlate);
}

TEST_CASE("an option is looked up in all roles in use")
{
    const auto outcome =
        check_socket("sndbuf 1MiB\nmode shared\nheartbeat_ivl 1s\nbytes 1MiB\nbackpressure semaphore\n"
                     "initial 5ms\nbind tcp://h:1\nbind ipc://x");
    CHECK(outcome.errors == std::vector<std::string>{});
    REQUIRE(outcome.description);
    const auto& socket = outcome.description->sockets.at(0);
    CHECK(socket.backpressure.values.at(0).integer == 1 << 20);
    CHECK(socket.endpoints.at(0).transport.values.at(0).integer == 1 << 20);
    CHECK(socket.endpoints.at(1).transport.values.at(0).text == "shared");
    CHECK(socket.endpoints.at(1).protocol.values.at(0).integer == 1'000'000'000);
    CHECK(socket.reconnect.values.at(0).integer == 5'000'000);
}

TEST_CASE("an endpoint overrides its socket")
{
    const auto outcome =
        check_socket("backlog 7\nsend_hwm 1\nbind\n{\nendpoint tcp://h:1\nbacklog 8\nsend_hwm 2\n}\n"
                     "bind tcp://h:2");
    REQUIRE(outcome.description);
    const auto& socket = outcome.description->sockets.at(0);
    CHECK(socket.endpoints.at(0).transport.values.at(1).integer == 8);
    CHECK(socket.endpoints.at(0).settings.send_hwm == 2);
    CHECK(socket.endpoints.at(1).transport.values.at(1).integer == 7);
    CHECK(socket.endpoints.at(1).settings.send_hwm == 1);
}

TEST_CASE("an unknown option is reported with the nearest of all that are legal there")
{
    CHECK(error_of("sned_hwm 5") == "m.info:7: sockets.a.sned_hwm: unknown key; did you mean \"send_hwm\"?");
    CHECK(error_of("heartbeat_ivls 5s") ==
          "m.info:7: sockets.a.heartbeat_ivls: unknown key; did you mean \"heartbeat_ivl\"?");
    CHECK(error_of("bind\n{\nendpoint tcp://h:1\nbacklogs 5\n}") ==
          "m.info:10: sockets.a.bind.backlogs: unknown key; did you mean \"backlog\"?");
    CHECK(error_of("colour red") == "m.info:7: sockets.a.colour: unknown key");
}

TEST_CASE("an option of a role that is not used here names the role")
{
    CHECK(error_of("bytes 1MiB") ==
          "m.info:7: sockets.a.bytes: is an option of the backpressure policy semaphore, "
          "which is not used here");
    CHECK(error_of("sndbuf 1MiB\nbind ipc://x") ==
          "m.info:7: sockets.a.sndbuf: is an option of the transport tcp, which is not used here");
    CHECK(error_of("bind\n{\nendpoint tcp://h:1\nmode shared\n}") ==
          "m.info:10: sockets.a.bind.mode: is an option of the transport ipc, which is not used here");
}

TEST_CASE("an option of the whole socket is refused at an endpoint")
{
    CHECK(error_of("bind\n{\nendpoint tcp://h:1\nlinger 1s\n}") ==
          "m.info:10: sockets.a.bind.linger: is an option of the whole socket; expected there, not at one "
          "endpoint");
    CHECK(
        error_of("connect\n{\nendpoint tcp://h:1\nbackpressure semaphore\n}") ==
        "m.info:10: sockets.a.connect.backpressure: is an option of the whole socket; expected there, not at "
        "one endpoint");
    CHECK(error_of("bind\n{\nendpoint tcp://h:1\npattern pull\n}") ==
          "m.info:10: sockets.a.bind.pattern: is an option of the whole socket; expected there, not at one "
          "endpoint");
}

TEST_CASE("an option that means nothing to the pattern is refused")
{
    CHECK(
        error_of("router_mandatory true") ==
        "m.info:7: sockets.a.router_mandatory: means nothing to the pattern dealer, expected at router only");
    CHECK(check_socket("probe_router true").description != nullptr);
}

TEST_CASE("what becomes of messages at peer loss: where there is a choice, and an expiry beside expire")
{
    CHECK(check_socket("on_peer_loss return").description != nullptr);
    CHECK(check_socket("on_peer_loss expire\npeer_loss_expiry 2s").warnings.empty());
    for (const std::string other : {"keep", "return", "drop"})
    {
        const auto outcome = check_socket("on_peer_loss " + other + "\npeer_loss_expiry 2s");
        CHECK(outcome.description != nullptr);
        CHECK(outcome.warnings == std::vector<std::string>{"m.info:8: sockets.a.peer_loss_expiry: nothing "
                                                           "expires; expected beside on_peer_loss expire"});
    }
    CHECK(error_of("bind\n{\nendpoint tcp://h:1\non_peer_loss drop\n}") ==
          "m.info:10: sockets.a.bind.on_peer_loss: is an option of the whole socket; expected there, not at "
          "one endpoint");
    for (const std::string pattern : {"pub", "xpub", "sub", "xsub", "pull", "req", "rep"})
    {
        const auto outcome = fake_plugins::check("spaceframe 1\nsockets\n{\na\n{\npattern " + pattern +
                                                 "\non_peer_loss keep\n}\n}\n");
        CHECK(outcome.errors ==
              std::vector<std::string>{"m.info:7: sockets.a.on_peer_loss: means nothing to the pattern " +
                                       pattern + ", expected at push dealer pair router only"});
    }
}

TEST_CASE("a wrong type and a value out of range say what was expected")
{
    for (const char* body : {"send_hwm many", "send_hwm -1", "send_hwm 1.5", "linger 5", "linger 5parsecs",
                             "immediate maybe", "flush never", "max_frames 0", "send_hwm_bytes 1XB",
                             "heartbeat_ivl 2h", "backlog 0\nbind tcp://h:1", "mode public\nbind ipc://x"})
    {
        CAPTURE(body);
        const std::string error = error_of(body);
        const std::string key(body, std::string_view(body).find(' '));
        CHECK(error.starts_with("m.info:7: sockets.a." + key + ": "));
        CHECK(error.find("expected") != std::string::npos);
    }
}

TEST_CASE("an option is given once and is a value")
{
    CHECK(error_of("send_hwm 1\nsend_hwm 2") ==
          "m.info:8: sockets.a.send_hwm: given twice, expected once; line 7 gave it first");
    CHECK(error_of("send_hwm { }") == "m.info:7: sockets.a.send_hwm: found a block, expected a value");
}

TEST_CASE("an identity has at most 255 bytes")
{
    CHECK(check_socket("identity " + std::string(255, 'x')).description != nullptr);
    CHECK(error_of("identity " + std::string(256, 'x')) ==
          "m.info:7: sockets.a.identity: found 256 bytes, expected at most 255 that do not start with a zero "
          "byte");
}

TEST_CASE("where a role is missing, options that may be meant for it are not called unknown")
{
    const auto outcome = check_socket("protocol zmpt\nheartbeat_ivl 1s\nprefix 2\nhartbeat 1s");
    REQUIRE(outcome.errors.size() == 2);
    CHECK(outcome.errors[0].starts_with("m.info:7: sockets.a.protocol: "));
    CHECK(outcome.errors[1].starts_with("m.info:10: sockets.a.hartbeat: unknown key"));
}

TEST_CASE("marks for sending beside conflate are warned of, as nothing heeds them")
{
    const auto outcome =
        check_socket("conflate topic\nsend_hwm 5\nrecv_hwm 6\nsend_hwm_bytes 0\n"
                     "connect\n{\nendpoint tcp://h:1\nsend_hwm_bytes 1MiB\nsend_hwm 1000\n}");
    CHECK(outcome.description != nullptr);
    const std::string text = "no high-water mark for sending holds beside conflate; leave it out";
    CHECK(outcome.warnings ==
          std::vector<std::string>{"m.info:8: sockets.a.send_hwm: " + text,
                                   "m.info:14: sockets.a.connect.send_hwm_bytes: " + text});
    CHECK(check_socket("conflate false\nsend_hwm 5\nrecv_hwm 5").warnings.empty());
    // There it bounds what returns.
    CHECK(check_socket("conflate true\non_peer_loss return\nsend_hwm 5").warnings.empty());
}
