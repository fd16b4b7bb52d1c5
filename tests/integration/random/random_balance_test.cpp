// Sockets of all patterns, with marks and budgets, whose applications, peers and ends are left to chance. In
// the end the books must balance: those of the kernel, and those that the applications kept. Environment
// variable SPACEFRAME_SEED: the only seed to run.
#include "actor.hpp"
#include "raw_peer.hpp"
#include "world.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <deque>
#include <exception>
#include <future>
#include <random>
#include <string_view>

// Given by CMakeLists.txt: how many seeds, and the first of them, or 0 for another one each time.
#if !defined(SPACEFRAME_RANDOM_SEEDS) || !defined(SPACEFRAME_RANDOM_FIRST)
#error "say which"
#endif

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

constexpr std::uint64_t seeds = SPACEFRAME_RANDOM_SEEDS;
constexpr std::uint64_t first_seed = SPACEFRAME_RANDOM_FIRST;

// A peer without manners. Whatever fails is what it deserves.
void intrude(const std::string& endpoint, const std::string& pattern, Chance chance,
             const std::shared_future<void>& end)
{
    try
    {
        RawPeer peer(endpoint, chance.percent(50) ? 16384 : 0);
        peer.shake_hands(partner_of(pattern, chance), chance.any_of<std::string>({"", "Ada", "raw"}));
        std::string bytes;
        for (std::size_t count = chance.below(20); count > 0; --count)
        {
            bytes += frame(chance.any_of<std::string>({"", "\1a", std::string("\0a", 2), "text"}),
                           chance.percent(30));
        }
        bytes.resize(bytes.size() - std::min(bytes.size(), chance.below(3)));
        peer.send(bytes);
        switch (chance.below(4))
        {
        case 0:
            peer.reset();
            break;
        case 1:
            peer.close();
            break;
        case 2:
            end.wait_for(limit);
            peer.reset();
            break;
        default:
            peer.read_to_end();
            break;
        }
    }
    catch (const std::exception&)
    {
        return;
    }
}

void check_accounts(TestKernel& kernel, const World& world, const std::deque<Account>& accounts)
{
    for (std::size_t i = 0; i < world.members.size(); ++i)
    {
        const World::Member& member = world.members[i];
        const Ledger ledger = kernel[member.name].ledger();
        const std::uint64_t own = member.probes || member.welcomes ? ledger.connections : 0;
        CAPTURE(member.name);
        CAPTURE(member.pattern);
        CHECK(ledger.accepted == accounts[i].sent + own);
        CHECK(ledger.accepted_bytes ==
              accounts[i].sent_bytes +
                  (member.welcomes ? ledger.connections * std::string_view("welcome").size() : 0));
        CHECK(ledger.delivered == accounts[i].received);
        CHECK(ledger.returned == accounts[i].returned);
    }
}

void run(std::uint64_t seed)
{
    CAPTURE(seed);
    Chance chance(seed);
    const World world(chance);
    std::deque<Account> accounts(world.members.size());
    std::deque<Actor> actors;
    TestKernel kernel(world.plan());
    std::vector<std::string> endpoints;
    for (const World::Member& member : world.members)
    {
        endpoints.push_back(kernel[member.name].last_endpoint());
    }
    for (const World::Link& link : world.links)
    {
        kernel[world.members[link.from].name].connect(endpoints[link.to]);
    }

    std::promise<void> end;
    const std::shared_future<void> over = end.get_future().share();
    Threads intruders;
    Threads threads;
    std::atomic<std::size_t> acting{0};
    for (std::size_t i = 0; i < world.members.size(); ++i)
    {
        const World::Member& member = world.members[i];
        for (std::size_t count = 1 + chance.below(2); count > 0; --count)
        {
            actors.emplace_back(kernel[member.name], accounts[i], endpoints, chance.seed());
        }
        for (std::size_t count = chance.below(3); count > 0; --count)
        {
            intruders.start(
                [endpoint = endpoints[i], &member, theirs = Chance(chance.seed()), over]
                {
                    intrude(endpoint, member.pattern, theirs, over);
                });
        }
    }
    const bool early = chance.percent(50);
    const Timeout deadline = chance.any_of<Timeout>({0ms, 2ms, 20ms});
    acting = actors.size();
    for (Actor& actor : actors)
    {
        threads.start(
            [&, seed]
            {
                CAPTURE(seed);
                try
                {
                    actor.act(30);
                }
                catch (...)
                {
                    // Whoever waits for all learns of it when he joins the threads.
                    --acting;
                    throw;
                }
                --acting;
            });
    }
    kernel.await_state(
        [&]
        {
            return acting == 0;
        },
        "all have done what they wanted");
    threads.join();
    if (early)
    {
        end.set_value();
    }
    kernel.close(deadline);
    if (!early)
    {
        end.set_value();
    }
    intruders.join();
    for (Actor& actor : actors)
    {
        CHECK(actor.finish());
    }
    check_accounts(kernel, world, accounts);
}

} // namespace

TEST_CASE("whatever sockets of any pattern go through, ledgers and budgets balance in the end")
{
    if (const char* const seed = std::getenv("SPACEFRAME_SEED")) // NOLINT(concurrency-mt-unsafe)
    {
        run(std::stoull(seed));
        return;
    }
    const std::uint64_t first = first_seed != 0 ? first_seed : std::random_device{}();
    MESSAGE(seeds, " seeds from ", first);
    for (std::uint64_t seed = first; seed < first + seeds; ++seed)
    {
        run(seed);
    }
}
