#include "engine/watch.hpp"
#include "recorder.hpp"

#include <doctest/doctest.h>

#include <array>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace spaceframe::engine;

namespace
{

using Statuses = std::vector<sf_status>;

class Fixture
{
public:
    Fixture()
    {
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
        REQUIRE(watch_open(nullptr, &loop, fds[0], &watch) == SF_OK);
    }

    ~Fixture()
    {
        close(fds[0]);
        close(fds[1]);
    }

    void wait(std::uint32_t direction, Recorder& to)
    {
        watch_wait(nullptr, watch, direction, &Recorder::called, &to);
    }

    std::array<int, 2> fds{-1, -1};
    Loop loop{0, std::chrono::nanoseconds(0)};
    sf_watch* watch = nullptr;
    Recorder reading;
    Recorder writing;
};

} // namespace

TEST_CASE("a watch calls back once when its descriptor is ready, each direction for itself")
{
    Fixture f;
    f.wait(SF_READABLE, f.reading);
    f.wait(SF_WRITABLE, f.writing);
    CHECK(f.writing.statuses.empty());
    REQUIRE(f.writing.await(f.loop, 1));
    f.loop.poll();
    CHECK(f.reading.statuses.empty());
    REQUIRE(write(f.fds[1], "xy", 2) == 2);
    REQUIRE(f.reading.await(f.loop, 1));
    f.loop.poll();
    CHECK(f.reading.statuses == Statuses{SF_OK});
    CHECK(f.writing.statuses == Statuses{SF_OK});
    watch_close(nullptr, f.watch);
}

TEST_CASE("bytes that are still there call back again")
{
    Fixture f;
    REQUIRE(write(f.fds[1], "x", 1) == 1);
    f.wait(SF_READABLE, f.reading);
    REQUIRE(f.reading.await(f.loop, 1));
    f.wait(SF_READABLE, f.reading);
    REQUIRE(f.reading.await(f.loop, 2));
    CHECK(f.reading.statuses == Statuses{SF_OK, SF_OK});
    watch_close(nullptr, f.watch);
}

TEST_CASE("closing a watch cancels its waits later, and leaves the descriptor open")
{
    Fixture f;
    f.wait(SF_READABLE, f.reading);
    watch_close(nullptr, f.watch);
    CHECK(f.reading.statuses.empty());
    REQUIRE(f.reading.await(f.loop, 1));
    CHECK(f.reading.statuses == Statuses{SF_CANCELLED});
    CHECK(fcntl(f.fds[0], F_GETFD) >= 0);
    CHECK(write(f.fds[0], "x", 1) == 1);
}

TEST_CASE("a descriptor may be closed at once after its watch, also when it was ready")
{
    Fixture f;
    f.wait(SF_WRITABLE, f.writing);
    watch_close(nullptr, f.watch);
    close(f.fds[0]);
    f.fds[0] = dup(f.fds[1]);
    REQUIRE(f.writing.await(f.loop, 1));
    CHECK(f.writing.statuses == Statuses{SF_CANCELLED});
}

TEST_CASE("a watch may be closed by its own callback while another wait is outstanding")
{
    Fixture f;
    const auto closer = [](void* context, sf_status status)
    {
        Fixture& self = *static_cast<Fixture*>(context);
        self.writing.statuses.push_back(status);
        watch_close(nullptr, self.watch);
    };
    f.wait(SF_READABLE, f.reading);
    watch_wait(nullptr, f.watch, SF_WRITABLE, closer, &f);
    REQUIRE(f.reading.await(f.loop, 1));
    CHECK(f.writing.statuses == Statuses{SF_OK});
    CHECK(f.reading.statuses == Statuses{SF_CANCELLED});
}

TEST_CASE("a wait that was ready is cancelled when the watch is closed before it could call back")
{
    Fixture f;
    const auto closer = [](void* context, sf_status status)
    {
        Fixture& self = *static_cast<Fixture*>(context);
        if (self.reading.statuses.empty())
        {
            watch_close(nullptr, self.watch);
        }
        self.reading.statuses.push_back(status);
    };
    REQUIRE(write(f.fds[1], "x", 1) == 1);
    // Both are ready when the loop looks first.
    watch_wait(nullptr, f.watch, SF_READABLE, closer, &f);
    watch_wait(nullptr, f.watch, SF_WRITABLE, closer, &f);
    REQUIRE(f.reading.await(f.loop, 2));
    CHECK(f.reading.statuses == Statuses{SF_OK, SF_CANCELLED});
}

TEST_CASE("the end of the other side is something to read")
{
    Fixture f;
    f.wait(SF_READABLE, f.reading);
    shutdown(f.fds[1], SHUT_WR);
    REQUIRE(f.reading.await(f.loop, 1));
    CHECK(f.reading.statuses == Statuses{SF_OK});
    watch_close(nullptr, f.watch);
}

TEST_CASE("what is no descriptor cannot be watched")
{
    Loop loop(0, std::chrono::nanoseconds(0));
    sf_watch* watch = nullptr;
    CHECK(watch_open(nullptr, &loop, -1, &watch) == SF_SYSTEM);
    CHECK(watch == nullptr);
}
