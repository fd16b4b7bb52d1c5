#include "engine/hook_gate.hpp"

#include <doctest/doctest.h>

#include <future>
#include <thread>

using namespace spaceframe::engine;

TEST_CASE("a gate that is shut lets no hook through")
{
    HookGate gate;
    int passed = 0;
    const auto hook = [&]
    {
        ++passed;
    };
    gate.pass(hook);
    gate.shut();
    gate.pass(hook);
    CHECK(passed == 1);
}

TEST_CASE("a hook may shut its own gate, from any depth")
{
    HookGate outer;
    HookGate inner;
    bool over = false;
    outer.pass(
        [&]
        {
            inner.pass(
                [&]
                {
                    outer.pass(
                        [&]
                        {
                            outer.shut();
                            inner.shut();
                            over = true;
                        });
                });
        });
    CHECK(over);
}

TEST_CASE("shutting waits for the hooks of other threads")
{
    HookGate gate;
    std::promise<void> inside;
    std::promise<void> go_on;
    std::atomic<bool> over{false};
    std::thread hooked(
        [&]
        {
            gate.pass(
                [&]
                {
                    inside.set_value();
                    go_on.get_future().wait();
                    over = true;
                });
        });
    inside.get_future().wait();
    std::thread releases(
        [&]
        {
            go_on.set_value();
        });
    gate.shut();
    CHECK(over);
    releases.join();
    hooked.join();
}
