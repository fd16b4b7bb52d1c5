#include "transport_fixture.hpp"

#include <spaceframe/plugin/posix/descriptor.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>

namespace spaceframe::transport_test
{

namespace
{

// While it lives, no further descriptor can be opened.
class NoMoreDescriptors
{
public:
    NoMoreDescriptors()
    {
        const plugin::posix::Descriptor next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        rlimit lower = before_;
        lower.rlim_cur = static_cast<rlim_t>(next.get());
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    }

    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

    ~NoMoreDescriptors()
    {
        CHECK(::setrlimit(RLIMIT_NOFILE, &before_) == 0);
    }

private:
    rlimit before_{};
};

} // namespace

TEST_CASE("when descriptors run out, accepting is reported, pauses, and goes on when there are some again")
{
    const TemporaryFolder folder;
    for (const Kind& kind : kinds(folder))
    {
        CAPTURE(kind.name);
        const NoDescriptorLeaks leaks;
        FakeHost host(plugin::testing::Clock::manual);
        Transport transport(host, kind.role);
        Listening listening(transport, kind.bind);
        REQUIRE(listening.started == SF_OK);
        FakeHost client_host;
        Transport client(client_host, kind.role);
        Dialing dialing(client, listening.address());
        REQUIRE(dialing.finish());
        REQUIRE(dialing.outcome.status == SF_OK);
        const auto wait = [&host](int milliseconds)
        {
            host.advance(std::chrono::milliseconds(milliseconds));
            host.drain();
        };
        {
            const NoMoreDescriptors limit;
            wait(0);
            CHECK(listening.failures.size() == 1);
            wait(99);
            CHECK(listening.failures.size() == 1);
            wait(1);
            CHECK(listening.failures.size() == 2);
            wait(199);
            CHECK(listening.failures.size() == 2);
            wait(1);
            CHECK(listening.failures.size() == 3);
        }
        CHECK(listening.streams.empty());
        wait(400);
        CHECK(listening.failures.size() == 3);
        CHECK(listening.streams.size() == 1);
        CHECK(listening.failures[0].status == SF_SYSTEM);
        CHECK(listening.failures[0].os_error == EMFILE);
        CHECK(listening.failures[0].text ==
              "cannot accept a connection on " + listening.address() +
                  ": Too many open files; raise the process's limit of open files: see "
                  "`ulimit -n`");
    }
}

TEST_CASE("a listener can be closed while it pauses")
{
    const NoDescriptorLeaks leaks;
    FakeHost host(plugin::testing::Clock::manual);
    Transport transport(host, tcp_role);
    Listening listening(transport, "127.0.0.1:0");
    FakeHost client_host;
    Transport client(client_host, tcp_role);
    Dialing dialing(client, listening.address());
    REQUIRE(dialing.finish());
    {
        const NoMoreDescriptors limit;
        host.drain();
    }
    REQUIRE(listening.failures.size() == 1);
    listening.close();
    host.advance(std::chrono::seconds(10));
    host.drain();
    CHECK(listening.streams.empty());
    CHECK(listening.failures.size() == 1);
}

TEST_CASE("nothing is accepted after a listener was closed, from inside the callback either")
{
    const TemporaryFolder folder;
    for (const Kind& kind : kinds(folder))
    {
        CAPTURE(kind.name);
        const NoDescriptorLeaks leaks;
        FakeHost host;
        Transport transport(host, kind.role);
        Listening listening(transport, kind.bind);
        FakeHost client_host;
        Transport client(client_host, kind.role);
        Dialing first(client, listening.address());
        Dialing second(client, listening.address());
        REQUIRE(first.finish());
        REQUIRE(second.finish());
        listening.close_when_accepting = true;
        host.drain();
        CHECK(listening.streams.size() == 1);
    }
}

TEST_CASE("a crowd of connections is accepted to the last")
{
    const TemporaryFolder folder;
    for (const Kind& kind : kinds(folder))
    {
        CAPTURE(kind.name);
        const NoDescriptorLeaks leaks;
        FakeHost host;
        Transport transport(host, kind.role, {{"backlog", "200"}});
        Listening listening(transport, kind.bind);
        std::vector<std::unique_ptr<Dialing>> crowd;
        for (int i = 0; i != 150; ++i)
        {
            crowd.push_back(std::make_unique<Dialing>(transport, listening.address()));
        }
        CHECK(host.run_until(
            [&]
            {
                return listening.streams.size() == crowd.size();
            }));
        for (const auto& dialing : crowd)
        {
            CHECK(dialing->finish());
            CHECK(dialing->outcome.status == SF_OK);
        }
    }
}

TEST_CASE("a listener's address that does not fit is refused, not cut")
{
    FakeHost host;
    Transport transport(host, tcp_role);
    sf_listener* listener = nullptr;
    const auto ignore = [](void*, sf_status, sf_stream*) {};
    REQUIRE(transport->listen(transport.instance(), host.loop(), "127.0.0.1:0", ignore, nullptr, &listener) ==
            SF_OK);
    char small[4] = {};
    CHECK(transport->listener_address(listener, small, sizeof small) == -SF_TOO_LARGE);
    transport->listener_close(listener);
}

} // namespace spaceframe::transport_test
