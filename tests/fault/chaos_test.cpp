// A network that does whatever it likes, between sockets that are busy all the time: when it is well again so
// are they, whatever the seed, and the books balance.
#include "busy.hpp"
#include "descriptors.hpp"
#include "fault_proxy.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using Passage = FaultProxy::Passage;
using End = FaultProxy::End;
using Side = FaultProxy::Side;

struct Partners
{
    const char* one;
    const char* other;
};

constexpr std::array<Partners, 5> all_partners{
    {{"push", "pull"}, {"dealer", "router"}, {"req", "rep"}, {"pub", "sub"}, {"pair", "pair"}}};

class Chance
{
public:
    explicit Chance(std::uint64_t seed) : engine_(seed)
    {}

    std::size_t below(std::size_t bound)
    {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_);
    }

    bool flip()
    {
        return below(2) == 0;
    }

private:
    std::mt19937_64 engine_;
};

std::string options(const char* pattern, Chance& chance)
{
    std::string lines = "heartbeat_ivl 50ms\nhandshake_ivl 200ms\nreconnect_ivl 1ms\nsend_hwm " +
                        std::to_string(1 + chance.below(50)) + "\nrecv_hwm " +
                        std::to_string(1 + chance.below(50));
    lines += chance.flip() ? "\nbackpressure budget" : "";
    lines += std::string(pattern) == "sub" ? "\nsubscribe \"\"" : "";
    return lines;
}

void disturb(FaultProxy& network, Chance& chance)
{
    switch (chance.below(5))
    {
    case 0:
        network.end(chance.flip() ? End::orderly : End::reset);
        return;
    case 1:
        network.end_next_after(chance.below(3000), chance.flip() ? End::orderly : End::reset);
        network.end(End::reset);
        return;
    case 2:
        network.vanish(chance.flip() ? Side::dialer : Side::target);
        return;
    default:
        constexpr std::array<Passage, 4> passages{Passage::whole, Passage::trickle, Passage::late,
                                                  Passage::none};
        network.set_passage(passages[chance.below(passages.size())]);
        return;
    }
}

void survive(std::uint64_t seed)
{
    Chance chance(seed);
    const Partners partners = all_partners[chance.below(all_partners.size())];
    const bool turned = chance.flip();
    const char* const binds = turned ? partners.other : partners.one;
    const char* const dials = turned ? partners.one : partners.other;
    const auto threads = static_cast<unsigned>(chance.below(3));
    CAPTURE(binds);
    CAPTURE(dials);
    CAPTURE(threads);
    TestKernel kernel(
        {.threads = threads,
         .sockets = socket_lines("server", binds, options(binds, chance) + "\nbind tcp://127.0.0.1:*") +
                    socket_lines("client", dials, options(dials, chance)),
         .more = "policies {\nbudget {\nrole backpressure\nuse semaphore\nbytes 2KiB\n}\n}\n"});
    Socket server = kernel["server"];
    Socket client = kernel["client"];
    FaultProxy network(server.last_endpoint());
    client.connect(network.endpoint());
    const Busy at_server(server);
    const Busy at_client(client);
    const auto progress = [&](std::size_t more)
    {
        const std::size_t before = at_server.received() + at_client.received();
        kernel.await_state(
            [&]
            {
                return at_server.received() + at_client.received() >= before + more;
            },
            "messages come again");
    };
    for (std::size_t faults = 1 + chance.below(6); faults > 0; --faults)
    {
        disturb(network, chance);
        if (chance.flip())
        {
            network.set_passage(Passage::whole);
            progress(1);
        }
    }
    network.set_passage(Passage::whole);
    progress(100);
}

} // namespace

TEST_CASE("sockets get over whatever a network does")
{
    const std::size_t open = open_descriptors();
    const char* const given = std::getenv("SPACEFRAME_SEED");
    const std::uint64_t first = given != nullptr ? std::stoull(given) : std::random_device{}();
    const std::uint64_t count = given != nullptr ? 1 : SPACEFRAME_CHAOS_SEEDS;
    for (std::uint64_t seed = first; seed < first + count; ++seed)
    {
        CAPTURE(seed);
        survive(seed);
    }
    CHECK(open_descriptors() == open);
}
