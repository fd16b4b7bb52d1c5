#include "program.hpp"

#include <spaceframe/version.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using command_line::Folder;
using command_line::run;

namespace
{

constexpr const char* good = R"(spaceframe 1
policies { budget { role backpressure use semaphore bytes 64MiB } }
sockets
{
    front { pattern router bind tcp://127.0.0.1:0 backpressure budget }
    back { pattern dealer connect ipc:///nowhere/x reconnect_ivl 50ms }
}
)";

} // namespace

TEST_CASE("check says that a manifest is fine, and opens no socket")
{
    const Folder folder;
    const auto file = folder.write("m.info", good);
    const auto result = run({"check", file});
    CHECK(result.code == 0);
    CHECK(result.out == file + ": fine\n");
    CHECK(result.err.empty());
}

TEST_CASE("check reports every error with its line, and ends with 2")
{
    const Folder folder;
    const auto file =
        folder.write("m.info", "spaceframe 1\nsockets\n{\na\n{\npattern dealr\nbind tcp://h:99999\n"
                               "sned_hwm 1\nprotocol zmpt\n}\n}\n");
    const auto result = run({"check", file});
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    for (const std::string part :
         {":6: sockets.a.pattern: ", ":7: sockets.a.bind: ", ":8: sockets.a.sned_hwm: ",
          ":9: sockets.a.protocol: no plug-in offers the protocol \"zmpt\""})
    {
        CAPTURE(result.err);
        CHECK(result.err.find("error: " + file + part) != std::string::npos);
    }
}

TEST_CASE("options that a policy refuses are an error of the manifest, for check as for run")
{
    const Folder folder;
    const auto file =
        folder.write("m.info", "spaceframe 1\nsockets\n{\na\n{\npattern push\nreconnect decorrelated\n"
                               "initial 2s\nmax 1s\nconnect ipc:///nowhere/x\n}\n}\n");
    for (const char* command : {"check", "run"})
    {
        const auto result = run({command, file});
        CAPTURE(result.err);
        CHECK(result.code == 2);
        CHECK(result.out.empty());
        CHECK(result.err.starts_with("error: " + file + ":10: sockets.a.connect: reconnect decorrelated: "));
        CHECK(result.err.find("max is less than initial") != std::string::npos);
    }
}

TEST_CASE("a command that there is not is answered with the nearest")
{
    const auto result = run({"chekc", "m.info"});
    CHECK(result.code == 1);
    CHECK(result.err ==
          "error: found the command \"chekc\", expected one of run, check, explain, plugins, reference; "
          "did you mean \"check\"?\n");
    CHECK(
        run({"something"}).err ==
        "error: found the command \"something\", expected one of run, check, explain, plugins, reference\n");
}

TEST_CASE("a policy that nobody uses is a warning")
{
    const Folder folder;
    const auto file = folder.write("m.info", "spaceframe 1\npolicies { x { role reconnect use none } }\n");
    const auto result = run({"check", file});
    CHECK(result.code == 0);
    CHECK(result.err == "warning: " + file + ":2: policies.x: nothing uses this policy\n");
}

TEST_CASE("a manifest that cannot be read ends with 2")
{
    const Folder folder;
    for (const std::string& file :
         {folder.path().string(), (folder.path() / "none").string(), folder.write("empty", ""),
          folder.write("binary", "\x7F"
                                 "ELF\x02\x01")})
    {
        const auto result = run({"check", file});
        CHECK(result.code == 2);
        CHECK(result.err.starts_with("error: " + file));
    }
}

TEST_CASE("a plug-in file that is broken ends with 3, and is named")
{
    const Folder folder;
    const auto plugin = folder.write("broken.so", "this is no library");
    const auto file = folder.write("m.info", "spaceframe 1\nplugins { search . }\n");
    const auto result = run({"check", file});
    CHECK(result.code == 3);
    CHECK(result.err.find(plugin) != std::string::npos);
}

TEST_CASE("a plug-in file that is broken goes before an error of the manifest")
{
    const Folder folder;
    folder.write("broken.so", "this is no library");
    const auto file = folder.write("m.info", "spaceframe 1\nplugins { search . }\nkernl { }\n");
    const auto result = run({"check", file});
    CHECK(result.code == 3);
    CHECK(result.err.find(":3: kernl: unknown key") != std::string::npos);
}

TEST_CASE("wrong usage ends with 1, help with 0")
{
    CHECK(run({}).code == 1);
    CHECK(run({"chek", "x"}).code == 1);
    CHECK(run({"check"}).code == 1);
    CHECK(run({"run", "x", "--for", "5"}).code == 1);
    CHECK(run({"--help"}).code == 0);
    CHECK(run({"run", "--help"}).out.find("--for DURATION") != std::string::npos);
}

TEST_CASE("--version prints the version of the library")
{
    const auto result = run({"--version"});
    CHECK(result.code == 0);
    CHECK(result.out == "spaceframe " SPACEFRAME_VERSION_STRING "\n");
}

TEST_CASE("explain prints the whole stack with plug-ins and versions, as a manifest")
{
    const Folder folder;
    const auto result = run({"explain", folder.write("m.info", good)});
    CHECK(result.code == 0);
    CAPTURE(result.out);
    CHECK(result.out.find("use semaphore ; semaphore of backpressure ") != std::string::npos);
    CHECK(result.out.find("endpoint tcp://127.0.0.1:0 ; tcp of transport-tcp ") != std::string::npos);
    CHECK(result.out.find("reconnect fixed ; fixed of reconnect ") != std::string::npos);
    CHECK(result.out.find("bytes 64MiB") != std::string::npos);
    const auto again = run({"explain", folder.write("again.info", result.out)});
    CHECK(again.code == 0);
    CHECK(again.err.empty());
    CHECK(again.out.substr(again.out.find('\n')) == result.out.substr(result.out.find('\n')));
}

TEST_CASE("explain --json prints the same as JSON")
{
    const Folder folder;
    const auto result = run({"explain", "--json", folder.write("m.info", good)});
    CHECK(result.code == 0);
    const auto json = nlohmann::json::parse(result.out);
    CHECK(json["sockets"]["front"]["backpressure"]["options"]["bytes"] == "64MiB");
    CHECK(json["sockets"]["front"]["endpoints"][0]["protocol"]["plugin"] == "zmtp");
    CHECK(json["sockets"]["back"]["endpoints"][0]["reconnect"]["options"]["interval"] == "50ms");
}

TEST_CASE("explain of a wrong manifest ends with 2")
{
    const Folder folder;
    CHECK(run({"explain", folder.write("m.info", "spaceframe 7\n")}).code == 2);
}
