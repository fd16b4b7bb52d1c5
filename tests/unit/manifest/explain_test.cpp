#include "fake_plugins.hpp"

#include <doctest/doctest.h>
#include <framework/manifest/explain.hpp>
#include <nlohmann/json.hpp>

using fake_plugins::check;
using namespace spaceframe::manifest;

namespace
{

constexpr const char* source = R"(spaceframe 1
kernel { threads 0 }
policies { budget { role backpressure use semaphore bytes 64MiB } }
sockets
{
    front { pattern router bind tcp://*:0 backpressure budget identity "a b;$${X}\"" }
    back { pattern dealer connect { endpoint ipc:///x reconnect_ivl 5ms } heartbeat_ivl 1s }
    later { pattern push backpressure semaphore }
}
proxies { p { front front back back } }
)";

bool contains(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("explain prints every default, and who serves each strut")
{
    const auto outcome = check(source);
    REQUIRE(outcome.description);
    const std::string text = explain_text(*outcome.description);
    CAPTURE(text);
    CHECK(contains(text, "    threads 0\n    spin 50us"));
    CHECK(
        contains(text, "        use semaphore ; semaphore of fakes 1.2.3, built in\n        bytes 64MiB\n"));
    CHECK(contains(text, "        backpressure budget ; semaphore of fakes 1.2.3, built in\n"));
    CHECK(contains(text, "            endpoint tcp://*:0 ; tcp of fakes 1.2.3, built in\n"));
    CHECK(contains(text, "            handshake_ivl 30s\n"));
    CHECK(contains(
        text, "            reconnect fixed ; fixed of fakes 1.2.3, built in\n            interval 5ms\n"));
    CHECK(contains(text, "        linger infinite\n"));
    CHECK(contains(text, "            send_hwm 1000\n"));
}

TEST_CASE("what explain prints is a manifest that explains the same")
{
    const auto outcome = check(source);
    REQUIRE(outcome.description);
    const std::string text = explain_text(*outcome.description);
    CAPTURE(text);
    const auto again = check(text);
    CHECK(again.errors == std::vector<std::string>{});
    REQUIRE(again.description);
    CHECK(explain_text(*again.description) == text);
}

TEST_CASE("explain as JSON has the same content")
{
    const auto outcome = check(source);
    REQUIRE(outcome.description);
    const auto json = nlohmann::json::parse(explain_json(*outcome.description));
    CHECK(json["kernel"]["threads"] == 0);
    CHECK(json["policies"]["budget"]["options"]["bytes"] == "64MiB");
    const auto& front = json["sockets"]["front"];
    CHECK(front["pattern"] == "router");
    CHECK(front["backpressure"]["policy"] == "budget");
    CHECK(front["backpressure"]["plugin"] == "fakes");
    CHECK(front["backpressure"]["version"] == "1.2.3");
    CHECK(front["endpoint_options"]["identity"] == "a b;${X}\"");
    CHECK(front["options"]["linger"] == "infinite");
    CHECK(front["endpoints"][0]["reconnect"].is_null());
    CHECK(front["endpoints"][0]["options"]["send_hwm"] == 1000);
    CHECK(front["endpoints"][0]["transport"]["options"]["nodelay"] == true);
    CHECK(json["sockets"]["back"]["endpoints"][0]["reconnect"]["options"]["interval"] == "5ms");
    CHECK(json["sockets"]["later"]["endpoints"].empty());
    CHECK(json["proxies"]["p"]["back"] == "back");
}
