// A peer of libzmq's that is killed again and again while both sides are busy: each pattern goes on, the
// books balance, and nothing is left of the connections that were.
#include "allocations.hpp"
#include "busy.hpp"
#include "descriptors.hpp"
#include "fault_proxy.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>
#include <support/child.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::size_t enough = 20;
// Where nobody listens: the port of a peer that is gone may be another test's soon.
constexpr const char* nobody = "tcp://127.0.0.1:9";

class Peer
{
public:
    explicit Peer(const std::string& type) : child_("restart-peer", {RESTART_PEER, type})
    {}

    // Waits for a line that begins with `word`; the rest of it.
    std::string await(const std::string& word)
    {
        const auto line = child_.read_line(sample::Child::Clock::now() + limit);
        if (!line || !line->starts_with(word))
        {
            throw std::runtime_error("the peer said '" + line.value_or("nothing") + "' instead of '" + word +
                                     "'");
        }
        return line->substr(word.size());
    }

    // True once it has said so. Throws when it says something else, which is why it ended.
    bool has_received()
    {
        const auto line = child_.poll_line();
        if (line && *line != "received")
        {
            throw std::runtime_error(*line);
        }
        return line.has_value();
    }

private:
    sample::Child child_;
};

// While the kernel is driven. (A TestKernel would do that, and keep all events.)
void await(Kernel& kernel, const std::function<bool()>& holds)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds())
    {
        if (std::chrono::steady_clock::now() > deadline)
        {
            throw std::runtime_error("this did not come true");
        }
        kernel.run_for(std::chrono::milliseconds(1));
    }
}

// The pieces of memory that are in use vary with what is under way. Of the lives that begin and of those that
// end the test, after a few in which whatever is kept for good was made, the least are compared.
void check_growth(const std::vector<std::ptrdiff_t>& pieces)
{
    constexpr std::ptrdiff_t some = SPACEFRAME_RESTARTS / 4;
    const auto first = std::min_element(pieces.begin() + some, pieces.begin() + 2 * some);
    const auto last = std::min_element(pieces.end() - some, pieces.end());
    // A piece for each life shows when there are many.
    CHECK(*last - *first < (SPACEFRAME_RESTARTS >= 100 ? SPACEFRAME_RESTARTS / 4 : 1000));
}

bool receives(std::string_view pattern)
{
    return pattern != "push" && pattern != "pub";
}

void survive(const char* ours, const char* theirs)
{
    for (const unsigned threads : {0U, 1U})
    {
        CAPTURE(threads);
        const std::size_t open = open_descriptors();
        {
            std::string lines = "reconnect_ivl 1ms\nsend_hwm 100";
            const bool subscribes = std::string_view(ours) == "sub" || std::string_view(ours) == "xsub";
            lines += subscribes ? "\nsubscribe \"\"" : "";
            CheckedKernel kernel(
                manifest_of({.threads = threads, .sockets = socket_lines("ours", ours, lines)}),
                {.log = [](LogLevel, std::string_view) {}, .on_event = {}});
            kernel.start();
            Socket socket = kernel.socket("ours");
            std::vector<std::ptrdiff_t> pieces;
            FaultProxy network(nobody);
            socket.connect(network.endpoint());
            const Busy busy(socket);
            const bool we_see = receives(ours);
            const bool they_see = receives(theirs);
            for (int life = 0; life < SPACEFRAME_RESTARTS; ++life)
            {
                CAPTURE(life);
                Peer peer(theirs);
                network.set_target(peer.await("bound "));
                const std::size_t before = busy.received();
                bool they_have = !they_see;
                await(kernel,
                      [&]
                      {
                          they_have = they_have || peer.has_received();
                          return they_have && (!we_see || busy.received() >= before + enough);
                      });
                network.set_target(nobody);
                pieces.push_back(allocations_outstanding());
            }
            check_growth(pieces);
            CHECK(socket.ledger().connections >= SPACEFRAME_RESTARTS);
        }
        CHECK(open_descriptors() == open);
    }
}

} // namespace

TEST_CASE("a push goes on with a pull that is killed and comes again")
{
    survive("push", "pull");
}

TEST_CASE("a pull goes on with a push that is killed and comes again")
{
    survive("pull", "push");
}

TEST_CASE("a dealer goes on with a router that is killed and comes again")
{
    survive("dealer", "router");
}

TEST_CASE("a router goes on with a dealer that is killed and comes again")
{
    survive("router", "dealer");
}

TEST_CASE("a req goes on with a rep that is killed and comes again")
{
    survive("req", "rep");
}

TEST_CASE("a rep goes on with a req that is killed and comes again")
{
    survive("rep", "req");
}

TEST_CASE("a pub goes on with a sub that is killed and comes again")
{
    survive("pub", "sub");
}

TEST_CASE("a sub goes on with a pub that is killed and comes again")
{
    survive("sub", "pub");
}

TEST_CASE("an xpub goes on with an xsub that is killed and comes again, and each hears the other")
{
    survive("xpub", "xsub");
}

TEST_CASE("an xsub goes on with an xpub that is killed and comes again, and each hears the other")
{
    survive("xsub", "xpub");
}

TEST_CASE("a pair goes on with a pair that is killed and comes again")
{
    survive("pair", "pair");
}
