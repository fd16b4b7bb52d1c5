#include "fake_plugins.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using fake_plugins::check;

namespace
{

// The only error of a manifest.
std::string error_of(std::string text)
{
    const auto outcome = check(std::move(text));
    CHECK(outcome.description == nullptr);
    std::string all;
    for (const std::string& error : outcome.errors)
    {
        all += all.empty() ? error : "\n" + error;
    }
    return all;
}

constexpr const char* broker = R"(spaceframe 1
kernel { threads 2 spin 5us }
policies
{
    budget { role backpressure use semaphore bytes 64MiB }
    steady { role reconnect use exponential initial 200ms max 10s jitter 10% }
}
sockets
{
    frontend { pattern router bind tcp://127.0.0.1:5555 bind ipc:///run/x backpressure budget }
    backend
    {
        pattern dealer
        connect { endpoint tcp://localhost:5556 reconnect steady send_hwm 7 protocol plain }
        send_hwm 5
        heartbeat_ivl 3s
    }
}
proxies { p { front frontend back backend } }
)";

} // namespace

TEST_CASE("a whole manifest becomes a description")
{
    const auto outcome = check(broker);
    CHECK(outcome.errors == std::vector<std::string>{});
    CHECK(outcome.warnings.empty());
    REQUIRE(outcome.description);
    const auto& d = *outcome.description;
    CHECK(d.threads == 2);
    CHECK(d.spin == 5us);
    REQUIRE(d.sockets.size() == 2);
    const auto& front = d.sockets[0];
    CHECK(front.name == "frontend");
    CHECK(front.pattern == "router");
    CHECK(front.position == "m.info:10: sockets.frontend");
    CHECK(front.backpressure.policy == "budget");
    CHECK(front.backpressure.role->name == "semaphore");
    CHECK(front.backpressure.values.at(0).integer == 64 << 20);
    REQUIRE(front.endpoints.size() == 2);
    CHECK(front.endpoints[0].bind);
    CHECK(front.endpoints[0].uri == "tcp://127.0.0.1:5555");
    CHECK(front.endpoints[0].scheme == "tcp");
    CHECK(front.endpoints[0].address == "127.0.0.1:5555");
    CHECK(front.endpoints[0].reconnect.role == nullptr);
    CHECK(front.endpoints[0].protocol.role->name == "zmtp");
    CHECK(front.endpoints[0].settings.send_hwm == 1000);
    CHECK(front.endpoints[1].address == "/run/x");
    const auto& back = d.sockets[1];
    CHECK(back.backpressure.role->name == "noop");
    CHECK(back.backpressure.policy.empty());
    CHECK(back.settings.send_hwm == 5);
    REQUIRE(back.endpoints.size() == 1);
    const auto& endpoint = back.endpoints[0];
    CHECK(!endpoint.bind);
    CHECK(endpoint.position == "m.info:14: sockets.backend.connect");
    CHECK(endpoint.settings.send_hwm == 7);
    CHECK(endpoint.protocol.role->name == "plain");
    CHECK(endpoint.reconnect.policy == "steady");
    CHECK(endpoint.reconnect.values.at(0).integer == std::chrono::nanoseconds(200ms).count());
    CHECK(endpoint.reconnect.values.at(2).real == doctest::Approx(0.1));
    CHECK(back.protocol.values.at(0).integer == std::chrono::nanoseconds(3s).count());
    REQUIRE(d.proxies.size() == 1);
    CHECK(d.proxies[0].front == "frontend");
    CHECK(d.proxies[0].back == "backend");
}

TEST_CASE("callers who drive poll before they sleep, loops with threads do not, if the manifest does not say")
{
    const auto spin = [](const char* kernel)
    {
        const auto outcome = check("spaceframe 1\nkernel { " + std::string(kernel) +
                                   " }\nsockets { a { pattern pull connect tcp://h:1 } }");
        REQUIRE(outcome.description);
        return outcome.description->spin;
    };
    CHECK(spin("threads 0") == 50us);
    CHECK(spin("threads 2") == 0us);
    CHECK(spin("threads 0 spin 0us") == 0us);
    CHECK(spin("threads 2 spin 5us") == 5us);
}

TEST_CASE("what is left out has its default")
{
    const auto outcome = check("spaceframe 1\nsockets { a { pattern pull connect tcp://h:1 } }");
    REQUIRE(outcome.description);
    const auto& d = *outcome.description;
    CHECK(d.threads == 1);
    CHECK(d.spin == 0ns);
    const auto& endpoint = d.sockets.at(0).endpoints.at(0);
    CHECK(endpoint.protocol.role->name == "zmtp");
    CHECK(endpoint.reconnect.role->name == "exponential");
    CHECK(endpoint.reconnect.values.at(1).integer == std::chrono::nanoseconds(30s).count());
    CHECK(endpoint.settings.recv_hwm == 1000);
    CHECK(endpoint.settings.linger == spaceframe::manifest::infinite);
    CHECK(endpoint.settings.max_frames == 65536);
}

TEST_CASE("nothing but the version is a manifest")
{
    CHECK(check("spaceframe 1").description != nullptr);
}

TEST_CASE("the version is mandatory and has to be known")
{
    CHECK(error_of("kernel\n{\n}\n") ==
          "m.info:1: spaceframe: found nothing, expected the version of the format: \"spaceframe 1\"");
    CHECK(error_of("\nspaceframe 2\n") ==
          "m.info:2: spaceframe: found the version \"2\", expected 1; this program reads no other");
    CHECK(error_of("spaceframe\n") == "m.info:1: spaceframe: found no value, expected one");
}

TEST_CASE("an unknown section is reported with the nearest name")
{
    CHECK(error_of("spaceframe 1\nsokets\n{\n}\n") ==
          "m.info:2: sokets: unknown key; did you mean \"sockets\"?; expected one of spaceframe, kernel, "
          "plugins, "
          "policies, sockets, proxies");
}

TEST_CASE("sections, and names in them, are there once")
{
    CHECK(error_of("spaceframe 1\nkernel { threads 1 }\nkernel { threads 2 }\n") ==
          "m.info:3: kernel: given twice, expected once; line 2 gave it first");
    CHECK(error_of("spaceframe 1\nsockets\n{\na { pattern push }\na { pattern pull }\n}\n") ==
          "m.info:5: sockets.a: given twice, expected once; line 4 gave it first");
}

TEST_CASE("a section is a block and an option is a value")
{
    CHECK(error_of("spaceframe 1\nkernel 4\n") ==
          "m.info:2: kernel: found the value \"4\", expected a block");
    CHECK(error_of("spaceframe 1\nkernel\n") == "m.info:2: kernel: found nothing, expected a block");
    CHECK(error_of("spaceframe 1\nkernel 4 { }\n") ==
          "m.info:2: kernel: found the value \"4\" and a block; expected one of the two");
    CHECK(error_of("spaceframe 1\nkernel { threads { } }\n") ==
          "m.info:2: kernel.threads: found a block, expected a value");
}

TEST_CASE("kernel options are checked for key, type and range")
{
    CHECK(error_of("spaceframe 1\nkernel\n{\nthread 1\n}\n") ==
          "m.info:4: kernel.thread: unknown key; did you mean \"threads\"?; expected one of threads, spin, "
          "backpressure");
    CHECK(error_of("spaceframe 1\nkernel\n{\nthreads many\n}\n").starts_with("m.info:4: kernel.threads: "));
    CHECK(error_of("spaceframe 1\nkernel\n{\nthreads 65\n}\n").starts_with("m.info:4: kernel.threads: "));
    CHECK(error_of("spaceframe 1\nkernel\n{\nspin 3\n}\n").starts_with("m.info:4: kernel.spin: "));
    CHECK(error_of("spaceframe 1\nkernel\n{\nthreads 1\nthreads 2\n}\n") ==
          "m.info:5: kernel.threads: given twice, expected once; line 4 gave it first");
}

TEST_CASE("a folder of plug-ins has to be there, and starts at the manifest's folder")
{
    CHECK(error_of("spaceframe 1\nplugins\n{\nsearch no/such/folder\n}\n")
              .starts_with("m.info:4: plugins.search: found \"/"));
    CHECK(error_of("spaceframe 1\nplugins\n{\nserch .\n}\n") ==
          "m.info:4: plugins.serch: unknown key; did you mean \"search\"?; expected one of search");
    const auto outcome = check("spaceframe 1\nplugins\n{\nsearch .\nsearch ..\n}\n");
    REQUIRE(outcome.description);
    REQUIRE(outcome.description->search.size() == 2);
    CHECK(std::filesystem::path(outcome.description->search[0]).is_absolute());
}

TEST_CASE("a REQ or a REP is no end of a proxy")
{
    CHECK(error_of("spaceframe 1\nsockets { a { pattern req } b { pattern rep } }\n"
                   "proxies { p {\nfront b\nback a\n} }") ==
          "m.info:4: proxies.p.front: the socket \"b\" is a rep, which handles one request at a time, "
          "expected a router or dealer\n"
          "m.info:5: proxies.p.back: the socket \"a\" is a req, which handles one request at a time, "
          "expected a router or dealer");
}

TEST_CASE("messages of lost peers do not return to a proxy, where nobody receives them")
{
    CHECK(error_of("spaceframe 1\nsockets { a { pattern pull } b { pattern push\non_peer_loss return\n} }\n"
                   "proxies { p {\nfront a\nback b\n} }") ==
          "m.info:7: proxies.p.back: the socket \"b\" has on_peer_loss return, "
          "and nobody receives what returns "
          "to a proxy, expected keep, expire or drop");
}

TEST_CASE("one side of a proxy receives, and the other sends")
{
    const auto proxy = [](const std::string& front, const std::string& back)
    {
        return "spaceframe 1\nsockets { a { pattern " + front + " } b { pattern " + back +
               " } }\nproxies { p {\nfront a\nback b\n} }";
    };
    const std::string deaf = error_of(proxy("push", "push"));
    CAPTURE(deaf);
    CHECK(deaf.starts_with(
        "m.info:3: proxies.p: nothing can pass: the front \"a\" is a push and the back \"b\" "
        "a push, and neither receives, expected one of "));
    CHECK(deaf.find("pull, dealer, router") != std::string::npos);
    CHECK(deaf.find("rep") == std::string::npos);
    const std::string mute = error_of(proxy("pull", "pull"));
    CAPTURE(mute);
    CHECK(mute.starts_with(
        "m.info:3: proxies.p: nothing can pass: the front \"a\" is a pull and the back \"b\" "
        "a pull, and neither sends, expected one of "));
    CHECK(mute.find("push, dealer, router") != std::string::npos);
    for (const auto& ends : std::vector<std::pair<std::string, std::string>>{
             {"pull", "push"}, {"push", "pull"}, {"router", "push"}, {"pull", "dealer"}, {"push", "router"}})
    {
        CAPTURE(ends.first);
        CAPTURE(ends.second);
        CHECK(check(proxy(ends.first, ends.second)).description != nullptr);
    }
}

TEST_CASE("a proxy joins two sockets that are there and that no other proxy has")
{
    const std::string sockets =
        "spaceframe 1\nsockets { a { pattern dealer } b { pattern router } }\nproxies\n{\n";
    CHECK(check(sockets + "p { front a back b }\n}").description != nullptr);
    CHECK(error_of(sockets + "p\n{\nfront a\nback bb\n}\n}") ==
          "m.info:8: proxies.p.back: found the socket \"bb\", expected one of a, b");
    CHECK(error_of(sockets + "p\n{\nfront a\nback a\n}\n}") ==
          "m.info:8: proxies.p.back: the socket \"a\" is used by proxies.p.front already, expected another "
          "one");
    CHECK(error_of(sockets + "p { front a back b }\nq\n{\nfront b\nback c\n}\n}") ==
          "m.info:8: proxies.q.front: the socket \"b\" is used by proxies.p.back already, expected another "
          "one\n"
          "m.info:9: proxies.q.back: found the socket \"c\", expected one of a, b");
    CHECK(error_of(sockets + "p\n{\nfront a\n}\n}") ==
          "m.info:5: proxies.p: expected the key \"back\" in the block");
    CHECK(error_of(sockets + "p\n{\nfront a\nback b\ncapture b\n}\n}") ==
          "m.info:9: proxies.p.capture: unknown key; expected one of front, back");
    CHECK(error_of("spaceframe 1\nproxies { p { front a back b } }\n") ==
          "m.info:2: proxies.p.front: found the socket \"a\", but sockets defines none\n"
          "m.info:2: proxies.p.back: found the socket \"b\", but sockets defines none");
}

TEST_CASE("the pattern is mandatory and has to be known")
{
    CHECK(error_of("spaceframe 1\nsockets\n{\na\n{\n}\n}\n") ==
          "m.info:4: sockets.a: expected the key \"pattern\" in the block");
    const std::string unknown = error_of("spaceframe 1\nsockets\n{\na\n{\npattern ruter\n}\n}\n");
    CHECK(unknown.starts_with("m.info:6: sockets.a.pattern: found the pattern \"ruter\", expected one of "));
    CHECK(unknown.ends_with("; did you mean \"router\"?"));
    CHECK(error_of("spaceframe 1\nsockets\n{\na\n{\npattern Router\n}\n}\n")
              .ends_with("did you mean \"router\"?"));
}

TEST_CASE("names of any script may be given, others not")
{
    CHECK(check("spaceframe 1\nsockets { größe-2_x { pattern push } }").description != nullptr);
    CHECK(error_of("spaceframe 1\nsockets { \"a b\" { pattern push } }") ==
          "m.info:2: sockets.a b: found the name \"a b\", expected letters, digits, \"_\" and \"-\"");
    CHECK(error_of("spaceframe 1\nsockets { \"\" { pattern push } }").find("found the name \"\"") !=
          std::string::npos);
}

TEST_CASE("all errors are reported in one run, by line")
{
    const auto outcome = check(R"(spaceframe 1
proxies { p { front nobody back a } }
sockets
{
    a
    {
        pattern dealr
        bind tpc://127.0.0.1:1
        sned_hwm 3
        connect { endpoint tcp://h:99999 protocol zmpt }
        send_hwm -1
    }
}
policies { x { role pressure use semaphore } }
kernel { threads -1 }
)");
    REQUIRE(outcome.errors.size() == 9);
    const std::vector<std::string> starts{
        "m.info:2: proxies.p.front: ",
        "m.info:7: sockets.a.pattern: ",
        "m.info:8: sockets.a.bind: ",
        "m.info:9: sockets.a.sned_hwm: unknown key; did you mean \"send_hwm\"?",
        "m.info:10: sockets.a.connect.endpoint: ",
        "m.info:10: sockets.a.connect.protocol: ",
        "m.info:11: sockets.a.send_hwm: ",
        "m.info:14: policies.x.role: ",
        "m.info:15: kernel.threads: ",
    };
    for (std::size_t i = 0; i < starts.size(); ++i)
    {
        CAPTURE(outcome.errors[i]);
        CHECK(outcome.errors[i].starts_with(starts[i]));
    }
}

TEST_CASE("lines are right behind CRLF and multi-byte text")
{
    CHECK(error_of("spaceframe 1\r\n; größe 日本\r\nkernel\r\n{\r\n  \"thrëads\" 1\r\n}\r\n")
              .starts_with("m.info:5: kernel.thrëads: unknown key; did you mean \"threads\"?"));
}
