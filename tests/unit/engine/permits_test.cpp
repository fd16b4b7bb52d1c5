// Two budgets that are taken one after the other. The budgets are scripted: a grant comes when the test says
// so.
#include "engine/permits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <random>
#include <utility>
#include <vector>

using namespace spaceframe::engine;

namespace
{

// First in, first out; grants are told by deliver(), as a loop would.
struct Script
{
    struct Ticket
    {
        sf_ticket id;
        std::uint64_t bytes;
        sf_callback granted;
        void* context;
    };

    std::uint64_t limit;
    std::uint64_t used = 0;
    sf_status refusal = SF_OK; // of the next wait
    sf_ticket last = 0;
    std::deque<Ticket> waiting{};
    std::deque<Ticket> granted{};

    void grant()
    {
        while (!waiting.empty() && waiting.front().bytes <= limit - used)
        {
            used += waiting.front().bytes;
            granted.push_back(waiting.front());
            waiting.pop_front();
        }
    }

    std::size_t deliver()
    {
        const std::deque<Ticket> now = std::exchange(granted, {});
        for (const Ticket& ticket : now)
        {
            ticket.granted(ticket.context, SF_OK);
        }
        return now.size();
    }
};

Script& script_of(sf_budget* budget)
{
    return *reinterpret_cast<Script*>(budget);
}

const sf_backpressure& table(std::uint32_t flags = 0)
{
    static sf_backpressure tables[2] = {};
    sf_backpressure& made = tables[flags];
    made.flags = flags;
    made.destroy = [](sf_budget*) {};
    made.try_acquire = [](sf_budget* budget, std::uint64_t bytes) -> sf_status
    {
        Script& script = script_of(budget);
        if (bytes > script.limit)
        {
            return SF_TOO_LARGE;
        }
        if (!script.waiting.empty() || bytes > script.limit - script.used)
        {
            return SF_WOULD_BLOCK;
        }
        script.used += bytes;
        return SF_OK;
    };
    made.wait = [](sf_budget* budget, std::uint64_t bytes, sf_callback granted, void* context,
                   sf_ticket* ticket) -> sf_status
    {
        Script& script = script_of(budget);
        if (script.refusal != SF_OK)
        {
            return std::exchange(script.refusal, SF_OK);
        }
        *ticket = ++script.last;
        script.waiting.push_back({*ticket, bytes, granted, context});
        script.grant();
        return SF_OK;
    };
    made.cancel = [](sf_budget* budget, sf_ticket ticket) -> sf_status
    {
        Script& script = script_of(budget);
        const bool removed = std::erase_if(script.waiting,
                                           [ticket](const Script::Ticket& waiting)
                                           {
                                               return waiting.id == ticket;
                                           }) > 0;
        script.grant();
        return removed ? SF_OK : SF_NOT_FOUND;
    };
    made.release = [](sf_budget* budget, std::uint64_t bytes)
    {
        script_of(budget).used -= bytes;
        script_of(budget).grant();
    };
    made.state = [](sf_budget* budget, sf_budget_state* state)
    {
        const Script& script = script_of(budget);
        *state = {script.limit, script.used, script.waiting.size(), script.last};
    };
    return made;
}

std::unique_ptr<Budget> budget(Script& script, std::uint32_t flags = 0)
{
    return std::make_unique<Budget>(table(flags), reinterpret_cast<sf_budget*>(&script));
}

struct Fixture
{
    Script own{100};
    Script shared{100};
    Permits permits{budget(own), budget(shared)};
};

// What became of a wait.
struct Outcome
{
    int calls = 0;
    sf_status status = SF_OK;

    static void tell(void* context, sf_status status)
    {
        auto& self = *static_cast<Outcome*>(context);
        ++self.calls;
        self.status = status;
    }
};

} // namespace

TEST_CASE("a budget without a limit is not asked")
{
    Script unused{0};
    Script limited{10};
    Permits none(budget(unused, SF_BACKPRESSURE_UNLIMITED), nullptr);
    CHECK(none.unlimited());
    CHECK(none.try_acquire(1'000) == SF_OK);
    none.release(1'000);
    CHECK(none.state().limit == UINT64_MAX);

    for (const bool shared : {false, true})
    {
        CAPTURE(shared);
        Permits one(shared ? budget(unused, SF_BACKPRESSURE_UNLIMITED) : budget(limited),
                    shared ? budget(limited) : nullptr);
        CHECK_FALSE(one.unlimited());
        CHECK(one.try_acquire(11) == SF_TOO_LARGE);
        CHECK(one.try_acquire(6) == SF_OK);
        CHECK(one.try_acquire(6) == SF_WOULD_BLOCK);
        CHECK(limited.used == 6);
        Outcome outcome;
        sf_ticket ticket = 0;
        CHECK(one.wait(6, &Outcome::tell, &outcome, ticket) == SF_OK);
        CHECK(one.cancel(ticket) == SF_OK);
        CHECK(one.wait(6, &Outcome::tell, &outcome, ticket) == SF_OK);
        one.release(6);
        CHECK(limited.deliver() == 1);
        CHECK(outcome.calls == 1);
        CHECK(one.cancel(ticket) == SF_NOT_FOUND);
        one.release(6);
        CHECK(limited.used == 0);
    }
}

TEST_CASE("both budgets are taken, or none")
{
    Fixture f;
    CHECK(f.permits.try_acquire(60) == SF_OK);
    CHECK(f.own.used == 60);
    CHECK(f.shared.used == 60);
    CHECK(f.permits.state().used == 60);
    f.shared.used += 30;
    CHECK(f.permits.try_acquire(20) == SF_WOULD_BLOCK);
    CHECK(f.own.used == 60);
    f.shared.limit = 19;
    CHECK(f.permits.try_acquire(20) == SF_TOO_LARGE);
    CHECK(f.own.used == 60);
    f.permits.release(60);
    CHECK(f.own.used == 0);
    CHECK(f.shared.used == 30);
}

TEST_CASE("a wait goes from the first budget to the second, and is told once it has both")
{
    Fixture f;
    f.own.used = 50;
    f.shared.used = 50;
    Outcome outcome;
    sf_ticket ticket = 0;
    REQUIRE(f.permits.wait(60, &Outcome::tell, &outcome, ticket) == SF_OK);
    CHECK(f.own.deliver() == 0);
    CHECK(f.shared.waiting.empty());
    table().release(reinterpret_cast<sf_budget*>(&f.own), 50);
    CHECK(f.own.deliver() == 1);
    CHECK(outcome.calls == 0);
    CHECK(f.shared.waiting.size() == 1);
    table().release(reinterpret_cast<sf_budget*>(&f.shared), 50);
    CHECK(f.shared.deliver() == 1);
    CHECK(outcome.calls == 1);
    CHECK(outcome.status == SF_OK);
    CHECK(f.permits.cancel(ticket) == SF_NOT_FOUND);
    f.permits.release(60);
    CHECK(f.own.used == 0);
    CHECK(f.shared.used == 0);
}

TEST_CASE("a wait that is cancelled gives back what it has, whatever it waits for")
{
    Fixture f;
    Outcome outcome;
    sf_ticket ticket = 0;

    f.own.used = 100;
    REQUIRE(f.permits.wait(60, &Outcome::tell, &outcome, ticket) == SF_OK);
    CHECK(f.permits.cancel(ticket) == SF_OK);
    CHECK(f.own.waiting.empty());
    f.own.used = 0;

    f.shared.used = 100;
    REQUIRE(f.permits.wait(60, &Outcome::tell, &outcome, ticket) == SF_OK);
    CHECK(f.own.deliver() == 1);
    CHECK(f.own.used == 60);
    CHECK(f.permits.cancel(ticket) == SF_OK);
    CHECK(f.own.used == 0);
    CHECK(f.shared.waiting.empty());
    f.shared.used = 0;
    CHECK(outcome.calls == 0);

    // Granted by the first, which has not told it yet.
    REQUIRE(f.permits.wait(60, &Outcome::tell, &outcome, ticket) == SF_OK);
    CHECK(f.permits.cancel(ticket) == SF_NOT_FOUND);
    CHECK(f.own.deliver() == 1);
    CHECK(outcome.calls == 1);
    CHECK(outcome.status == SF_CANCELLED);
    CHECK(f.own.used == 0);
    CHECK(f.shared.used == 0);

    // Granted by both.
    REQUIRE(f.permits.wait(60, &Outcome::tell, &outcome, ticket) == SF_OK);
    CHECK(f.own.deliver() == 1);
    CHECK(f.permits.cancel(ticket) == SF_NOT_FOUND);
    CHECK(f.shared.deliver() == 1);
    CHECK(outcome.calls == 2);
    CHECK(outcome.status == SF_OK);
    f.permits.release(60);
    CHECK(f.shared.used == 0);
}

TEST_CASE("what the second budget refuses is told, and the first has its bytes again")
{
    Fixture f;
    Outcome outcome;
    sf_ticket ticket = 0;
    REQUIRE(f.permits.wait(60, &Outcome::tell, &outcome, ticket) == SF_OK);
    f.shared.refusal = SF_TOO_LARGE;
    CHECK(f.own.deliver() == 1);
    CHECK(outcome.calls == 1);
    CHECK(outcome.status == SF_TOO_LARGE);
    CHECK(f.own.used == 0);
    f.own.refusal = SF_NO_MEMORY;
    CHECK(f.permits.wait(60, &Outcome::tell, &outcome, ticket) == SF_NO_MEMORY);
    CHECK(f.permits.cancel(ticket) == SF_NOT_FOUND);
}

TEST_CASE("a wait whose loop is no more is settled: the permit is the caller's only where both were granted")
{
    Fixture f;
    Outcome outcome;
    sf_ticket ticket = 0;
    REQUIRE(f.permits.wait(60, &Outcome::tell, &outcome, ticket) == SF_OK);
    REQUIRE(f.permits.cancel(ticket) == SF_NOT_FOUND);
    CHECK(f.permits.settle(ticket) == SF_CANCELLED);
    CHECK(f.own.used == 0);
    f.own.granted.clear();

    REQUIRE(f.permits.wait(60, &Outcome::tell, &outcome, ticket) == SF_OK);
    CHECK(f.own.deliver() == 1);
    REQUIRE(f.permits.cancel(ticket) == SF_NOT_FOUND);
    CHECK(f.permits.settle(ticket) == SF_OK);
    f.permits.release(60);
    CHECK(f.own.used == 0);
    CHECK(f.shared.used == 0);
}

TEST_CASE("whatever sockets take, wait for and cancel, nobody is stuck and the budgets are whole in the end")
{
    const unsigned seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t limit)
    {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    struct Pending
    {
        Permits* permits;
        std::uint64_t bytes;
        sf_ticket ticket = 0;
        Outcome outcome{};
    };
    for (int round = 0; round < 200; ++round)
    {
        CAPTURE(round);
        Script shared{1 + below(200)};
        const std::shared_ptr<Budget> common = budget(shared);
        std::array<Script, 3> own{Script{1 + below(200)}, Script{1 + below(200)}, Script{1 + below(200)}};
        std::deque<Permits> sockets;
        for (Script& script : own)
        {
            sockets.emplace_back(budget(script), common);
        }
        std::vector<std::pair<Permits*, std::uint64_t>> held;
        std::deque<Pending> pending;
        const auto collect = [&]
        {
            for (Pending& wait : pending)
            {
                if (wait.outcome.calls == 1 && std::exchange(wait.permits, nullptr) != nullptr &&
                    wait.outcome.status == SF_OK)
                {
                    held.emplace_back(&sockets[wait.ticket >> 32U], wait.bytes);
                }
            }
        };
        for (int step = 0; step < 200; ++step)
        {
            const std::size_t socket = below(sockets.size());
            Permits& permits = sockets[socket];
            const std::uint64_t bytes = 1 + below(std::min(shared.limit, own[socket].limit));
            switch (below(6))
            {
            case 0:
                if (permits.try_acquire(bytes) == SF_OK)
                {
                    held.emplace_back(&permits, bytes);
                }
                break;
            case 1:
            {
                Pending& wait = pending.emplace_back(Pending{&permits, bytes});
                REQUIRE(permits.wait(bytes, &Outcome::tell, &wait.outcome, wait.ticket) == SF_OK);
                wait.ticket |= static_cast<sf_ticket>(socket) << 32U;
                break;
            }
            case 2:
                if (!pending.empty())
                {
                    Pending& wait = pending[below(pending.size())];
                    if (wait.permits != nullptr && wait.permits->cancel(wait.ticket & UINT32_MAX) == SF_OK)
                    {
                        wait.permits = nullptr;
                    }
                }
                break;
            case 3:
                if (!held.empty())
                {
                    std::swap(held[below(held.size())], held.back());
                    held.back().first->release(held.back().second);
                    held.pop_back();
                }
                break;
            case 4:
                own[socket].deliver();
                collect();
                break;
            default:
                shared.deliver();
                collect();
            }
        }
        // Whoever holds something lets go of it; then everybody who waits must have his turn.
        for (bool progress = true; progress;)
        {
            progress = shared.deliver() > 0;
            for (Script& script : own)
            {
                progress = script.deliver() > 0 || progress;
            }
            collect();
            progress = progress || !held.empty();
            for (const auto& [permits, bytes] : std::exchange(held, {}))
            {
                permits->release(bytes);
            }
        }
        CHECK(std::ranges::none_of(pending,
                                   [](const Pending& wait)
                                   {
                                       return wait.permits != nullptr;
                                   }));
        CHECK(shared.used == 0);
        for (const Script& script : own)
        {
            CHECK(script.used == 0);
        }
    }
}
