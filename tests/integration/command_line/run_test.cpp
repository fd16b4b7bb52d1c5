#include "program.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>
#include <spaceframe/manifest_builder.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <fstream>
#include <regex>
#include <sstream>

#include <signal.h>

using namespace std::chrono_literals;
using command_line::Folder;
using command_line::Program;
using command_line::run;

namespace
{

constexpr const char* listening =
    "spaceframe 1\nsockets { front { pattern router bind tcp://127.0.0.1:0 } }\n";

// The endpoint of "front bound tcp://127.0.0.1:41234".
std::string bound_endpoint(const std::string& line)
{
    const std::string word = "front bound ";
    const std::size_t from = line.find(word);
    REQUIRE(from != std::string::npos);
    const std::string rest = line.substr(from + word.size());
    return rest.substr(0, rest.find(' '));
}

} // namespace

TEST_CASE("run says what it bound, and SIGTERM and SIGINT end it with 0 and a summary")
{
    const Folder folder;
    const auto file = folder.write("m.info", listening);
    for (const int signal : {SIGTERM, SIGINT})
    {
        Program program({"run", file});
        const auto endpoint = bound_endpoint(program.wait_for("front bound "));
        CHECK(endpoint.starts_with("tcp://127.0.0.1:"));
        CHECK(!endpoint.ends_with(":0"));
        program.send(signal);
        const auto result = program.finish();
        CHECK(result.code == 0);
        CHECK(result.out.find("stopping: ") != std::string::npos);
        CHECK(result.out.find("front            router") != std::string::npos);
    }
}

TEST_CASE("a second signal ends the wait for messages that nobody takes, and the summary comes all the same")
{
    const Folder folder;
    for (const std::string threads : {"0", "1"})
    {
        CAPTURE(threads);
        const auto ipc = [&](const char* name)
        {
            return "ipc://" + (folder.path() / (name + threads)).string();
        };
        spaceframe::ManifestBuilder builder;
        builder.socket("push", "push").bind(ipc("in"));
        builder.socket("pull", "pull").bind(ipc("out"));
        spaceframe::Kernel ends(builder.build());
        ends.start();
        Program relay(
            {"run",
             folder.write("relay.info", "spaceframe 1\nkernel { threads " + threads +
                                            " }\nsockets\n{\nin { pattern pull connect " + ipc("in") +
                                            " }\nout { pattern push connect " + ipc("out") + " connect " +
                                            ipc("nobody") + " }\n}\nproxies { p { front in back out } }\n")});
        // Every other message is for the peer that is not there.
        for (int i = 0; i < 4; ++i)
        {
            ends.socket("push").send("message");
        }
        for (int i = 0; i < 2; ++i)
        {
            spaceframe::Message message;
            spaceframe::error_code error;
            REQUIRE(ends.socket("pull").receive(message, 30s, error));
        }
        relay.send(SIGTERM);
        relay.wait_for("stopping: SIGTERM");
        relay.send(SIGINT);
        relay.wait_for("closing at once: SIGINT");
        const auto result = relay.finish();
        CAPTURE(result.out);
        CAPTURE(result.err);
        CHECK(result.code == 0);
        CHECK(result.out.find("out              push") != std::string::npos);
        CHECK(result.err.find("closing discarded ") != std::string::npos);
    }
}

TEST_CASE("the summary shows both sides of each ledger")
{
    const Folder folder;
    Program relay(
        {"run",
         folder.write("relay.info", "spaceframe 1\nsockets { front { pattern router bind tcp://127.0.0.1:0 } "
                                    "back { pattern dealer } }\nproxies { p { front front back back } }\n")});
    relay.wait_for("front bound ");
    relay.send(SIGTERM);
    const auto out = relay.finish().out;
    CAPTURE(out);
    CHECK(out.find("arrived =   delivered +  pending +  dropped |    accepted =     written +   queued +  "
                   "dropped\n") != std::string::npos);
    CHECK(out.find("front            router            0") != std::string::npos);
}

TEST_CASE("SIGUSR1 prints the summary of a run as it is, as often as it is asked, and ends nothing")
{
    const Folder folder;
    const auto ipc = [&](const char* name)
    {
        return "ipc://" + (folder.path() / name).string();
    };
    spaceframe::ManifestBuilder builder;
    builder.socket("push", "push").bind(ipc("in"));
    builder.socket("pull", "pull").bind(ipc("out"));
    spaceframe::Kernel ends(builder.build());
    ends.start();
    Program relay(
        {"run", folder.write("relay.info", "spaceframe 1\nsockets\n{\nin { pattern pull connect " +
                                               ipc("in") + " }\nout { pattern push connect " + ipc("out") +
                                               " }\n}\nproxies { p { front in back out } }\n")});
    for (const std::string count : {"1", "2"})
    {
        ends.socket("push").send("message");
        ends.socket("pull").receive(30s);
        relay.send(SIGUSR1);
        relay.wait_for("in               pull              " + count + "             " + count);
    }
    relay.send(SIGTERM);
    const auto result = relay.finish();
    CHECK(result.code == 0);
    CHECK(result.out.find("stopping: SIGTERM") != std::string::npos);
}

TEST_CASE("each line of a run's log begins with its time in UTC, to the millisecond")
{
    const Folder folder;
    Program program(
        {"run", folder.write("m.info", "spaceframe 1\npolicies { unused { role reconnect use none } "
                                       "}\nsockets { front { pattern router bind "
                                       "tcp://127.0.0.1:0 connect ipc:///nowhere/x } }\n")});
    program.wait_for("front bound ");
    program.send(SIGTERM);
    const auto result = program.finish();
    const auto summary = result.out.find("socket ");
    REQUIRE(summary != std::string::npos);
    std::istringstream lines(result.out.substr(0, summary) + result.err);
    const std::regex timed("20\\d\\d-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-6]\\d\\.\\d{3}Z [^ ].*");
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count)
    {
        CHECK_MESSAGE(std::regex_match(line, timed), line);
    }
    CHECK(count >= 3);
    CHECK(result.err.find("Z warning: ") != std::string::npos);
    CHECK(result.err.find("nothing uses this policy") != std::string::npos);
}

TEST_CASE("a summary that cannot be written keeps run from starting, and the reason is said")
{
    const Folder folder;
    const auto file = folder.write("m.info", listening);
    const auto nowhere = (folder.path() / "no" / "summary.json").string();
    const auto result = run({"run", file, "--for", "20ms", "--summary", nowhere});
    CHECK(result.code == 1);
    CHECK(result.out.empty());
    CHECK(result.err ==
          "error: the summary cannot be written to " + nowhere + ": No such file or directory\n");
}

TEST_CASE("a summary that cannot be written at the end ends run with 1")
{
    const Folder folder;
    const auto result =
        run({"run", folder.write("m.info", listening), "--for", "20ms", "--summary", "/dev/full"});
    CHECK(result.code == 1);
    CHECK(result.err.find("error: the summary cannot be written to /dev/full: No space left on device\n") !=
          std::string::npos);
}

TEST_CASE("run --for ends by itself, and writes the summary where it is told")
{
    const Folder folder;
    const auto summary = (folder.path() / "summary.json").string();
    const auto result =
        run({"run", folder.write("m.info", listening), "--for", "20ms", "--summary", summary});
    CHECK(result.code == 0);
    const auto json = nlohmann::json::parse(std::ifstream(summary));
    REQUIRE(json["sockets"].size() == 1);
    const auto& socket = json["sockets"][0];
    CHECK(socket["name"] == "front");
    CHECK(socket["pattern"] == "router");
    CHECK(socket["ledger"]["arrived"] == 0);
    CHECK(socket["budget"]["waited"] == 0);
    CHECK(json["kernel"]["budget"]["limit"].is_null());
}

TEST_CASE("the summary as JSON tells the budget of the kernel")
{
    const Folder folder;
    const auto summary = (folder.path() / "summary.json").string();
    const auto result = run(
        {"run",
         folder.write("m.info", std::string(listening) + "kernel { backpressure all }\npolicies { all { "
                                                         "role backpressure use semaphore bytes 64KiB } }\n"),
         "--for", "20ms", "--summary", summary});
    CHECK(result.code == 0);
    const auto json = nlohmann::json::parse(std::ifstream(summary));
    CHECK(json["kernel"]["budget"] ==
          nlohmann::json{{"limit", 65536}, {"used", 0}, {"waiting", 0}, {"waited", 0}});
}

TEST_CASE("run without threads of its own ends as well")
{
    const Folder folder;
    const auto file = folder.write("m.info", std::string(listening) + "kernel { threads 0 }\n");
    Program program({"run", file});
    program.wait_for("front bound ");
    program.send(SIGTERM);
    CHECK(program.finish().code == 0);
}

TEST_CASE("run says to what it connected")
{
    const Folder folder;
    Program server({"run", folder.write("server.info", listening)});
    const auto endpoint = bound_endpoint(server.wait_for("front bound "));
    Program client(
        {"run", folder.write("client.info", "spaceframe 1\nsockets { back { pattern dealer connect " +
                                                endpoint + " } }\n")});
    client.wait_for("back connected " + endpoint);
    client.send(SIGTERM);
    CHECK(client.finish().code == 0);
    server.send(SIGTERM);
    CHECK(server.finish().code == 0);
}

TEST_CASE("a port in use ends run with 1, and the endpoint is named")
{
    const Folder folder;
    Program first({"run", folder.write("first.info", listening)});
    const auto endpoint = bound_endpoint(first.wait_for("front bound "));
    const auto result =
        run({"run", folder.write("second.info", "spaceframe 1\nsockets { front { pattern router bind " +
                                                    endpoint + " } }\n")});
    CHECK(result.code == 1);
    CHECK(result.err.find(endpoint) != std::string::npos);
    const std::string reason = "Address already in use";
    CHECK(result.err.find(reason) != std::string::npos);
    CHECK(result.err.find(reason) == result.err.rfind(reason));
    first.send(SIGTERM);
    CHECK(first.finish().code == 0);
}

TEST_CASE("run does not start a manifest that is wrong")
{
    const Folder folder;
    CHECK(run({"run", folder.write("m.info", "spaceframe 1\nsockets { a { pattern pig } }\n")}).code == 2);
}
