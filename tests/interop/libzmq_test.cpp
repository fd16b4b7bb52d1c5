// Spaceframe and libzmq exchange messages: every legal pair of socket types, both ways of connecting, tcp and
// ipc.
#include "exchange.hpp"
#include "peers/peer_process.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace
{

using namespace interop;

struct Pair
{
    const char* name;
    const char* ours;
    const char* theirs;
    void (*work)(spaceframe::Socket& socket, const Work& work);
    const char* their_task;
    Work details = {};
    bool named_peer = true; // libzmq's socket has an identity, "theirs"
    std::vector<std::string> their_options = {};
    const char* our_option = "";
};

Work with(Frames envelope, bool wait_for_peer = false, bool hello = false)
{
    Work work;
    work.envelope = std::move(envelope);
    work.wait_for_peer = wait_for_peer;
    work.hello = hello;
    return work;
}

constexpr const char* no_marks = "send_hwm 0\nrecv_hwm 0";

Work one_at_a_time()
{
    Work work;
    work.window = 1;
    return work;
}

Work from_nameless_req()
{
    Work work = with({"(made)", ""});
    work.made_identity = true;
    return work;
}

std::vector<Pair> pairs()
{
    return {
        {"we push, they pull", "push", "pull", send, "receive"},
        {"they push, we pull", "pull", "push", receive, "send"},
        {"our dealer asks their rep", "dealer", "rep", ask, "echo", with({""})},
        {"our dealer asks their router", "dealer", "router", ask, "echo"},
        {"our dealer asks their dealer", "dealer", "dealer", ask, "echo"},
        {"their dealer asks our dealer", "dealer", "dealer", echo, "ask"},
        {"their router asks our dealer", "dealer", "router", echo, "ask", with({}, false, true)},
        {"their dealer asks our router", "router", "dealer", echo, "ask", with({"theirs"})},
        {"their req asks our router", "router", "req", echo, "ask", with({"theirs", ""})},
        {"their req without an identity asks our router", "router", "req", echo, "ask", from_nameless_req(),
         false},
        {"our router asks their dealer", "router", "dealer", ask, "echo", with({"theirs"}, true)},
        {"our router asks their router", "router", "router", ask, "echo", with({"theirs"}, true)},
        {"our req asks their rep", "req", "rep", ask, "echo", one_at_a_time()},
        {"our correlating req asks their rep",
         "req",
         "rep",
         ask,
         "echo",
         one_at_a_time(),
         true,
         {},
         "req_correlate true"},
        {"our req with a timeout asks their rep",
         "req",
         "rep",
         ask,
         "echo",
         one_at_a_time(),
         true,
         {},
         "request_timeout 1min"},
        {"our req asks their router", "req", "router", ask, "echo", one_at_a_time(), true, {"--delimiter"}},
        {"our correlating req asks their router",
         "req",
         "router",
         ask,
         "echo",
         one_at_a_time(),
         true,
         {"--delimiter", "--named"},
         "req_correlate true"},
        {"their req asks our rep", "rep", "req", echo, "ask"},
        {"their correlating req asks our rep", "rep", "req", echo, "ask", {}, true, {"--correlate"}},
        {"their dealer asks our rep", "rep", "dealer", echo, "ask", {}, true, {"--delimiter"}},
        {"our pair asks theirs", "pair", "pair", ask, "echo"},
        {"their pair asks ours", "pair", "pair", echo, "ask"},
        {"we publish to their sub", "pub", "sub", publish, "subscribe", with({topic}), false, {}, no_marks},
        {"we publish to their xsub", "pub", "xsub", publish, "subscribe", with({topic}), false, {}, no_marks},
        {"our xpub serves their sub",
         "xpub",
         "sub",
         publish,
         "subscribe",
         with({topic}),
         false,
         {},
         no_marks},
        {"our xpub serves their xsub",
         "xpub",
         "xsub",
         publish,
         "subscribe",
         with({topic}),
         false,
         {},
         no_marks},
        {"we subscribe to their pub", "sub", "pub", subscribe, "publish", {}, false, {}, no_marks},
        {"we subscribe to their xpub", "sub", "xpub", subscribe, "publish", {}, false, {}, no_marks},
        {"our xsub hears their pub", "xsub", "pub", subscribe, "publish", {}, false, {}, no_marks},
        {"our xsub hears their xpub", "xsub", "xpub", subscribe, "publish", {}, false, {}, no_marks},
        {"their router asks our router", "router", "router", echo, "ask", with({"theirs"}, true, true)},
    };
}

class Folder
{
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "spaceframe-interop-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
        {
            throw std::system_error(errno, std::system_category(), name);
        }
        path_ = name;
    }

    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string endpoint() const
    {
        return "ipc://" + (path_ / "link").string();
    }

private:
    std::filesystem::path path_;
};

std::vector<std::string> their_arguments(const Pair& pair, const Work& work)
{
    std::vector<std::string> arguments{pair.theirs, pair.their_task,
                                       "--seed",    std::to_string(work.seed),
                                       "--count",   std::to_string(work.count)};
    if (std::string_view(pair.theirs) == "req")
    {
        arguments.insert(arguments.end(), {"--window", "1"});
    }
    if (std::string_view(pair.theirs) == "router")
    {
        arguments.insert(arguments.end(), {"--peer", "ours"});
    }
    arguments.insert(arguments.end(), pair.their_options.begin(), pair.their_options.end());
    if (pair.named_peer)
    {
        arguments.insert(arguments.end(), {"--identity", "theirs"});
    }
    return arguments;
}

void exchange(const Pair& pair, bool tcp, bool we_bind, unsigned threads, std::uint64_t seed)
{
    const Folder folder;
    const std::string wildcard = tcp ? "tcp://127.0.0.1:*" : folder.endpoint();
    Work work = pair.details;
    work.seed = seed;
    std::vector<std::string> arguments = their_arguments(pair, work);

    const auto run = [&](Ours& ours, PeerProcess& theirs)
    {
        work.on_probe = [&]
        {
            theirs.go();
        };
        try
        {
            pair.work(ours.socket(), work);
        }
        catch (const std::runtime_error& error)
        {
            throw std::runtime_error(std::string(error.what()) + "; libzmq's side said: " + theirs.said());
        }
        CHECK(ours.close() == "");
        CHECK(theirs.outcome() == "");
    };
    if (we_bind)
    {
        Ours ours(pair.ours, "bind " + wildcard + "\n" + pair.our_option, threads, "ours");
        arguments.insert(arguments.end(), {"--connect", ours.socket().last_endpoint()});
        PeerProcess theirs(arguments);
        run(ours, theirs);
    }
    else
    {
        arguments.insert(arguments.end(), {"--bind", wildcard});
        PeerProcess theirs(arguments);
        Ours ours(pair.ours, "connect " + theirs.bound() + "\n" + pair.our_option, threads, "ours");
        run(ours, theirs);
    }
}

void exchange_all(bool tcp, bool we_bind, unsigned threads)
{
    const std::uint64_t seed = std::random_device{}();
    for (const Pair& pair : pairs())
    {
        CAPTURE(seed);
        CAPTURE(std::string(pair.name));
        CHECK_NOTHROW(exchange(pair, tcp, we_bind, threads, seed));
    }
}

} // namespace

TEST_CASE("libzmq connects to us over tcp, nobody but the caller drives")
{
    exchange_all(true, true, 0);
}

TEST_CASE("libzmq connects to us over tcp, one thread drives")
{
    exchange_all(true, true, 1);
}

TEST_CASE("libzmq connects to us over ipc, nobody but the caller drives")
{
    exchange_all(false, true, 0);
}

TEST_CASE("libzmq connects to us over ipc, one thread drives")
{
    exchange_all(false, true, 1);
}

TEST_CASE("we connect to libzmq over tcp, nobody but the caller drives")
{
    exchange_all(true, false, 0);
}

TEST_CASE("we connect to libzmq over tcp, one thread drives")
{
    exchange_all(true, false, 1);
}

TEST_CASE("we connect to libzmq over ipc, nobody but the caller drives")
{
    exchange_all(false, false, 0);
}

TEST_CASE("we connect to libzmq over ipc, one thread drives")
{
    exchange_all(false, false, 1);
}
